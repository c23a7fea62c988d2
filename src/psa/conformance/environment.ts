import type { PsaEnvironment, PsaLogger } from '../adapter.js';
import { createGuardedHttp } from '../guarded-http.js';

export interface ConformanceEnvironment extends PsaEnvironment {
  /** Closes the connections. */
  close(): Promise<void>;
}

const silent: PsaLogger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * What the service gives to a connection, for a test: the same guarded HTTP client, which connects only to
 * `allowedHosts` ("127.0.0.1:4010") and the public internet. Everything else can be replaced.
 */
export function conformanceEnvironment({
  allowedHosts,
  ...replaced
}: { allowedHosts: readonly string[] } & Partial<PsaEnvironment>): ConformanceEnvironment {
  const http = createGuardedHttp({ allowedHosts, logger: silent });
  return {
    http,
    logger: silent,
    now: () => new Date(),
    solutionName: 'Example Backup',
    clientId: undefined,
    ...replaced,
    close: () => http.close(),
  };
}
