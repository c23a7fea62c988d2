import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';
import { NotReady } from './readiness.js';

/** /healthz: this process runs. /readyz: 200 if `ready` resolves, otherwise 503 with what is missing. */
export function serveHealth(
  server: FastifyInstance,
  { ready, logger }: { ready(): Promise<void>; logger: Logger },
): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    try {
      await ready();
      return { status: 'ok' };
    } catch (error) {
      logger.warn({ err: error }, 'not ready');
      const missing = error instanceof NotReady ? error.missing : undefined;
      return reply.code(503).send({ status: 'unavailable', missing });
    }
  });
}

/** /metrics, for Prometheus. Needs no token. */
export function serveMetrics(server: FastifyInstance, metrics: Metrics): void {
  server.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics.scrape();
    return reply.type(contentType).send(text);
  });
}
