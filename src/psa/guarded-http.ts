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
  /** Called at the end of every request of a plugin. */
  observe?(request: ObservedRequest): void;
  /** The default of a request: for the headers of the answer, and between two pieces of its body. */
  timeoutMs?: number;
  /** Size of a body as it is sent. Requests ask for no compression, and nothing is decompressed. */
  maxResponseBytes?: number;
}

export interface ObservedRequest {
  /** The plugin's id. */
  plugin: string;
  method: PsaRequest['method'];
  /** Undefined if there was no complete answer. */
  status: number | undefined;
  seconds: number;
}

export interface GuardedHttp extends PsaHttp {
  /** The same client; its requests are observed under this plugin's id. */
  forPlugin(id: string): PsaHttp;
  close(): Promise<void>;
}

/**
 * The HTTP client for PSAs. Partners type the hosts, so it connects only where guarded-pools.ts allows it, follows no
 * redirects, and limits time and size.
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
      logger.debug({ method, host: url.host, path: url.pathname, status, ms }, 'sent a request to the PSA');
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
    // Every byte of a slow body resets bodyTimeout; this limits the whole exchange.
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
