import type { Logger } from 'pino';
import type { Pool } from 'undici';
import { PsaSurprise, PsaUnreachable } from './errors.js';
import { describeFailure, type GuardedPoolsOptions, guardedPools, mayHaveBeenSent } from './guarded-pools.js';
import type { PsaHttp, PsaRequest, PsaResponse } from './http.js';

export interface GuardedHttpOptions extends GuardedPoolsOptions {
  logger: Logger;
  maxResponseBytes?: number;
}

/**
 * The way out to PSAs. A partner types where it leads, so it is https only, to public addresses only, checked
 * on the address that is really connected to, and follows no redirects; exceptions are the operator's list.
 */
export function createGuardedHttp({
  allowedHosts,
  logger,
  connectionsPerSite,
  connectTimeoutMs,
  maxResponseBytes = 32 * 1024 * 1024,
}: GuardedHttpOptions): PsaHttp & { close(): Promise<void> } {
  const pools = guardedPools({ allowedHosts, connectionsPerSite, connectTimeoutMs });
  return {
    async request(request) {
      const url = new URL(request.url);
      const began = performance.now();
      try {
        const response = await exchange(pools.for(url), url, request, maxResponseBytes);
        logger.debug(
          {
            method: request.method,
            host: url.host,
            path: url.pathname,
            status: response.status,
            ms: Math.round(performance.now() - began),
          },
          'asked the PSA',
        );
        return response;
      } catch (error) {
        throw asPsaError(error, url, request);
      }
    },
    close: () => pools.close(),
  };
}

async function exchange(pool: Pool, url: URL, request: PsaRequest, maxBytes: number): Promise<PsaResponse> {
  const timeout = request.timeoutMs ?? 30_000;
  const { statusCode, headers, body } = await pool.request({
    method: request.method,
    path: url.pathname + url.search,
    headers: request.headers,
    body: request.body,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    // A body that trickles resets bodyTimeout with every byte; this bounds the whole exchange.
    signal: AbortSignal.timeout(timeout * 2),
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
  if (error instanceof PsaSurprise) return error;
  return new PsaUnreachable(describeFailure(error, url.host), {
    cause: error,
    mayHaveBeenCarriedOut: request.method !== 'GET' && mayHaveBeenSent(error),
  });
}
