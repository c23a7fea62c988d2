import type { Dispatcher } from 'undici';
import type { PsaLogger } from './adapter.js';
import { PsaError, PsaSurprise, PsaUnreachable } from './errors.js';
import {
  describeFailure,
  type GuardedPoolsOptions,
  guardedPools,
  mayHaveBeenSent,
  timedOut,
} from './guarded-pools.js';
import type { PsaHttp, PsaRequest, PsaResponse } from './http.js';

export interface GuardedHttpOptions extends GuardedPoolsOptions {
  logger: Pick<PsaLogger, 'debug'>;
  /** Told of every request that was made for a plugin, when it ended. */
  observe?(request: ObservedRequest): void;
  /** Where a request does not say otherwise: for the head of the answer, and for each next piece of its body. */
  timeoutMs?: number;
  /** Of a body as it is sent: none is asked to be compressed, and none is unpacked. */
  maxResponseBytes?: number;
}

export interface ObservedRequest {
  /** The plugin's id. */
  plugin: string;
  method: PsaRequest['method'];
  /** Undefined where no whole answer came. */
  status: number | undefined;
  seconds: number;
}

export interface GuardedHttp extends PsaHttp {
  /** The same way out, whose requests are observed under this plugin's id. */
  forPlugin(id: string): PsaHttp;
  close(): Promise<void>;
}

/**
 * The way out to PSAs. A partner types where it leads, so it leads only where guarded-pools.ts lets it, follows
 * no redirects, and is bounded in time and size.
 */
export function createGuardedHttp({
  logger,
  observe,
  timeoutMs = 30_000,
  maxResponseBytes = 8 * 1024 * 1024,
  ...guard
}: GuardedHttpOptions): GuardedHttp {
  const pools = guardedPools(guard);

  async function send(request: PsaRequest, plugin?: string): Promise<PsaResponse> {
    const url = new URL(request.url);
    const { method } = request;
    const began = performance.now();
    let status: number | undefined;
    try {
      const response = await exchange(pools.for(url), url, { timeoutMs, ...request }, maxResponseBytes);
      status = response.status;
      const ms = Math.round(performance.now() - began);
      logger.debug({ method, host: url.host, path: url.pathname, status, ms }, 'asked the PSA');
      return response;
    } catch (error) {
      throw asPsaError(error, url, request);
    } finally {
      if (plugin) observe?.({ plugin, method, status, seconds: (performance.now() - began) / 1000 });
    }
  }

  return {
    request: request => send(request),
    forPlugin: id => ({ request: request => send(request, id) }),
    close: () => pools.close(),
  };
}

async function exchange(
  pool: Dispatcher,
  url: URL,
  request: PsaRequest & { timeoutMs: number },
  maxBytes: number,
): Promise<PsaResponse> {
  const timeout = request.timeoutMs;
  const { statusCode, headers, body } = await pool.request({
    method: request.method,
    path: url.pathname + url.search,
    headers: request.headers,
    body: request.body,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    // A body that trickles resets bodyTimeout with every byte; this bounds the whole exchange.
    signal: AbortSignal.timeout(timeout * 2),
    ...(request.beforeSending ? { beforeSending: request.beforeSending } : {}),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      body.destroy();
      throw new PsaSurprise(`${url.host} answered with more than ${maxBytes} bytes`, {
        mayHaveBeenCarriedOut: request.method !== 'GET',
      });
    }
    chunks.push(chunk);
  }
  return { status: statusCode, headers, text: Buffer.concat(chunks).toString('utf8') };
}

function asPsaError(error: unknown, url: URL, request: PsaRequest): Error {
  if (error instanceof PsaError) return error;
  return new PsaUnreachable(describeFailure(error, url.host), {
    cause: error,
    mayHaveBeenCarriedOut: request.method !== 'GET' && mayHaveBeenSent(error),
    timedOut: timedOut(error),
  });
}
