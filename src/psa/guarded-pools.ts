import { type Dispatcher, errors, Pool } from 'undici';
import { ForbiddenAddress, forbidPrivateLiteral, lookupPublic } from './address-guard.js';
import { callBeforeSending } from './before-sending.js';

export interface GuardedPoolsOptions {
  /** Hosts (`host` or `host:port`) that may have private addresses and speak plain http. */
  allowedHosts: readonly string[];
  /** A cloud host serves many partners, and each has its own limit, so this one is only a last bound. */
  connectionsPerSite?: number;
  connectTimeoutMs?: number;
}

export interface GuardedPools {
  /** The connections to the URL's origin. Throws ForbiddenAddress where the guard does not lead there. */
  for(url: URL): Dispatcher;
  close(): Promise<void>;
}

/** Sites whose connections are kept; the one used longest ago is closed first. */
const mostPools = 500;

/**
 * Connections to where other people's settings lead: https only, to public addresses only, checked on the
 * address that is really connected to. Exceptions are the operator's list. Redirects are not followed.
 */
export function guardedPools({
  allowedHosts,
  connectionsPerSite = 256,
  connectTimeoutMs = 10_000,
}: GuardedPoolsOptions): GuardedPools {
  const allowed = new Set(allowedHosts.map(host => host.toLowerCase()));
  const pools = new Map<string, Dispatcher>();
  return {
    for(url) {
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
      }).compose(callBeforeSending);
      pools.set(url.origin, pool);
      if (pools.size > mostPools) {
        const [origin, oldest] = pools.entries().next().value!;
        pools.delete(origin);
        void oldest.close();
      }
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map(pool => pool.destroy()));
    },
  };
}

/** Why no answer came, in a sentence for a person. */
export function describeFailure(error: unknown, host: string): string {
  const cause = causeOf(error);
  if (cause instanceof ForbiddenAddress) return `${cause.message}; this service does not connect to it.`;
  return `${host} does not answer: ${describe(codeOf(cause), cause)}.`;
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

/** Whether the request may have reached its host although no answer came. */
export function mayHaveBeenSent(error: unknown): boolean {
  const cause = causeOf(error);
  const code = codeOf(cause);
  return !(cause instanceof ForbiddenAddress || beforeSending.has(code) || isTls(code));
}

/** Whether the host took the request and was too slow. */
export function timedOut(error: unknown): boolean {
  const cause = causeOf(error);
  return (
    cause instanceof errors.HeadersTimeoutError ||
    cause instanceof errors.BodyTimeoutError ||
    (cause instanceof DOMException && cause.name === 'TimeoutError')
  );
}

function causeOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}

function codeOf(cause: unknown): string {
  return (cause as { code?: string }).code ?? '';
}

function isTls(code: string): boolean {
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code);
}

function describe(code: string, cause: unknown): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of this name';
  if (code === 'ECONNREFUSED') return 'it refuses the connection';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'no connection within the time';
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError)
    return 'no answer within the time';
  if (cause instanceof DOMException && cause.name === 'TimeoutError')
    return 'no whole answer within the time';
  if (isTls(code)) return `its certificate is not trusted (${code})`;
  return 'the connection broke';
}
