import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import { serveHealth, serveMetrics } from './health-routes.js';
import type { Metrics } from './metrics.js';

/** Serves only /metrics, /healthz and /readyz, on a separate port; port 0 takes any free one. */
export async function startObservabilityServer({
  host,
  port,
  metrics,
  logger,
  ready,
}: {
  host: string;
  port: number;
  metrics: Metrics;
  logger: Logger;
  ready(): Promise<void>;
}): Promise<{ url: string; close(): Promise<void> }> {
  const server: FastifyInstance = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });
  serveHealth(server, { ready, logger });
  serveMetrics(server, metrics);
  const url = await server.listen({ host, port });
  return { url, close: () => server.close() };
}
