import type { lookup } from 'node:dns';
import { LRUCache } from 'lru-cache';
import { type Dispatcher, errors, Pool } from 'undici';
import { ForbiddenAddress, forbidPrivateLiteral, publicLookup } from './address-guard.js';
import { portOf, allowedHosts as readAllowedHosts } from './allowed-hosts.js';
import { callBeforeSending } from './before-sending.js';

export interface GuardedPoolsOptions {
  /** Hosts that may have private addresses and may use plain http; allowed-hosts.ts has the syntax. */
  allowedHosts: readonly string[];
  /** The ports of every other host. */
  ports?: readonly number[];
  /** An upper bound only: a cloud host serves many partners, and each partner has a limit of its own. */
  connectionsPerSite?: number;
  connectTimeoutMs?: number;
  /** Replaces the system's DNS resolver. */
  resolve?: typeof lookup;
}

export interface GuardedPools {
  /** The connections to the URL's origin. Throws ForbiddenAddress if the guard does not allow it. */
  for(url: URL): Dispatcher;
  close(): Promise<void>;
}

/** The number of sites whose connections are kept. The least recently used one is closed first. */
const mostPools = 500;

/**
 * Connections to hosts that other people typed: https only, with a certificate that the system trusts, to the
 * listed ports and to public addresses only. The address that is checked is the one that is connected to. Hosts on
 * the operator's list are excepted, except from the check of the certificate. Redirects are not followed, and the
 * proxies of environment variables are not used: both would connect to addresses that the guard does not see.
 */
export function guardedPools({
  allowedHosts,
  ports = [443],
  connectionsPerSite = 256,
  connectTimeoutMs = 10_000,
  resolve,
}: GuardedPoolsOptions): GuardedPools {
  const allowed = readAllowedHosts(allowedHosts, ports);
  const lookup = publicLookup(resolve);
  const pools = new LRUCache<string, Dispatcher>({
    max: mostPools,
    // Closing waits for the requests that are running. `close` destroys those that are left.
    dispose: (pool, _origin, reason) => {
      if (reason === 'evict') void pool.close();
    },
  });
  return {
    for(url) {
      // The origin alone decides what follows, so the decision holds for every request to it.
      const known = pools.get(url.origin);
      if (known) return known;
      const trusted = allowed.allows(url);
      if (!trusted) forbidUnlessPublic(url, ports);
      const pool = new Pool(url.origin, {
        connections: connectionsPerSite,
        pipelining: 1,
        keepAliveTimeout: 30_000,
        keepAliveMaxTimeout: 60_000,
        maxHeaderSize: 16 * 1024,
        // The limits above are those of HTTP/1.1.
        allowH2: false,
        connect: {
          timeout: connectTimeoutMs,
          // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default.
          rejectUnauthorized: true,
          ...(trusted ? { lookup: resolve } : { lookup }),
        },
      }).compose(callBeforeSending);
      pools.set(url.origin, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map(pool => pool.destroy()));
    },
  };
}

function forbidUnlessPublic(url: URL, ports: readonly number[]): void {
  const { host, hostname, protocol } = url;
  if (protocol !== 'https:') {
    throw new ForbiddenAddress(
      `${host} must be reached by https; this service does not connect to it otherwise.`,
    );
  }
  if (!ports.includes(portOf(url))) {
    const some = ports.length === 1 ? `port ${ports[0]}` : `one of the ports ${ports.join(', ')}`;
    throw new ForbiddenAddress(`${hostname} must be reached on ${some}; this service connects to no other.`);
  }
  forbidPrivateLiteral(hostname);
}

/** Why there was no answer, in a sentence for a person. */
export function describeFailure(error: unknown, host: string): string {
  const cause = causeOf(error);
  if (cause instanceof ForbiddenAddress) return cause.message;
  return `${host} does not answer: ${describe(codeOf(cause), cause)}.`;
}

/** Codes of failures before the first byte was sent: nothing was carried out. */
const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether the request may have reached its host although there was no answer. */
export function mayHaveBeenSent(error: unknown): boolean {
  const cause = causeOf(error);
  const code = codeOf(cause);
  return !(cause instanceof ForbiddenAddress || beforeSending.has(code) || isTls(code));
}

/** Whether the host accepted the request and was too slow. */
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
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'the headers of its answer are too large';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'no connection in time';
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError)
    return 'no answer in time';
  if (cause instanceof DOMException && cause.name === 'TimeoutError') return 'no complete answer in time';
  if (isTls(code)) return `its certificate is not trusted (${code})`;
  return 'the connection broke';
}
