import type { Logger } from 'pino';
import { errors, Pool } from 'undici';
import { ForbiddenAddress, forbidPrivateLiteral, lookupPublic } from './address-guard.js';
import { PsaSurprise, PsaUnreachable } from './errors.js';
import type { PsaHttp, PsaRequest, PsaResponse } from './http.js';

export interface GuardedHttpOptions {
  /** Hosts (`host` or `host:port`) that may have private addresses and speak plain http. */
  allowedHosts: readonly string[];
  logger: Logger;
  /** Told of every request that was made for a plugin, when it ended. */
  observe?(request: ObservedRequest): void;
  /** A cloud host serves many partners, and each has its own limit, so this one is only a last bound. */
  connectionsPerSite?: number;
  connectTimeoutMs?: number;
  /** Where a request does not say otherwise: for the head of the answer, and for each next piece of its body. */
  timeoutMs?: number;
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

/** Sites whose connections are kept; the one used longest ago is closed first. */
const mostPools = 500;

/**
 * The way out to PSAs. A partner types where it leads, so it is https only, to public addresses only, checked
 * on the address that is really connected to, and follows no redirects; exceptions are the operator's list.
 */
export function createGuardedHttp({
  allowedHosts,
  logger,
  observe,
  connectionsPerSite = 256,
  connectTimeoutMs = 10_000,
  timeoutMs = 30_000,
  maxResponseBytes = 32 * 1024 * 1024,
}: GuardedHttpOptions): GuardedHttp {
  const allowed = new Set(allowedHosts.map(host => host.toLowerCase()));
  const pools = new Map<string, Pool>();

  function poolFor(url: URL): Pool {
    const known = pools.get(url.origin);
    if (known) {
      pools.delete(url.origin);
      pools.set(url.origin, known);
      return known;
    }
    const trusted = allowed.has(url.host) || allowed.has(url.hostname);
    if (!trusted) {
      if (url.protocol !== 'https:') throw new ForbiddenAddress(`${url.host} must be reached by https`);
      forbidPrivateLiteral(url.hostname);
    }
    const pool = new Pool(url.origin, {
      connections: connectionsPerSite,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
      connect: { timeout: connectTimeoutMs, ...(trusted ? {} : { lookup: lookupPublic }) },
    });
    pools.set(url.origin, pool);
    if (pools.size > mostPools) {
      const [origin, oldest] = pools.entries().next().value!;
      pools.delete(origin);
      void oldest.close();
    }
    return pool;
  }

  async function send(request: PsaRequest, plugin?: string): Promise<PsaResponse> {
    const url = new URL(request.url);
    const { method } = request;
    const began = performance.now();
    let status: number | undefined;
    try {
      const response = await exchange(poolFor(url), url, { timeoutMs, ...request }, maxResponseBytes);
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
    async close() {
      await Promise.all([...pools.values()].map(pool => pool.destroy()));
    },
  };
}

async function exchange(
  pool: Pool,
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

/** Failures before the request can have left: nothing was carried out. */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function asPsaError(error: unknown, url: URL, request: PsaRequest): Error {
  if (error instanceof PsaSurprise) return error;
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  if (cause instanceof ForbiddenAddress) {
    return new PsaUnreachable(`${cause.message}; this service does not connect to it.`, { cause });
  }
  const code: string = (cause as { code?: string }).code ?? '';
  const notSent = beforeSending.has(code) || /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code);
  return new PsaUnreachable(`${url.host} does not answer: ${describe(code, cause)}.`, {
    cause,
    mayHaveBeenCarriedOut: request.method !== 'GET' && !notSent,
    timedOut: isTimeOut(cause),
  });
}

function isTimeOut(cause: unknown): boolean {
  return (
    cause instanceof errors.HeadersTimeoutError ||
    cause instanceof errors.BodyTimeoutError ||
    (cause instanceof DOMException && cause.name === 'TimeoutError')
  );
}

function describe(code: string, cause: unknown): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of this name';
  if (code === 'ECONNREFUSED') return 'it refuses the connection';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'no connection within the time';
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError)
    return 'no answer within the time';
  if (cause instanceof DOMException && cause.name === 'TimeoutError')
    return 'no whole answer within the time';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) return `its certificate is not trusted (${code})`;
  return 'the connection broke';
}
