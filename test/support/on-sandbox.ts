import { pino } from 'pino';
import { plugin } from '../../plugins/connectwise/plugin.js';
import { SANDBOX_LOGIN, SANDBOX_SOLUTION } from '../../plugins/connectwise/sandbox/seed.js';
import type { PsaAdapter, PsaEnvironment } from '../../src/psa/adapter.js';
import { createGuardedHttp, type GuardedHttpOptions } from '../../src/psa/guarded-http.js';
import { installedPlugin } from '../../src/psa/installed-plugin.js';

export interface Outside extends PsaEnvironment {
  /** Everything that was logged, as lines of JSON. */
  log: string[];
  close(): Promise<void>;
}

/** The environment that a plugin gets, with the real guarded HTTP and a log that tests can read. */
export function psaEnvironment(allowedHosts: string[], http: Partial<GuardedHttpOptions> = {}): Outside {
  const log: string[] = [];
  const logger = pino({ level: 'trace' }, { write: line => log.push(line) });
  const guarded = createGuardedHttp({ allowedHosts, logger, ...http });
  return {
    http: guarded,
    logger,
    now: () => new Date('2026-11-23T12:00:00Z'),
    solutionName: SANDBOX_SOLUTION,
    clientId: '00000000-0000-4000-8000-000000000001',
    log,
    close: () => guarded.close(),
  };
}

/** The ConnectWise plugin connected with the sandbox's keys, unless others are typed. */
export function connectWise(
  site: string,
  environment: PsaEnvironment,
  typed: Record<string, string> = {},
): PsaAdapter {
  const read = plugin.readCredentials({
    site,
    companyId: SANDBOX_LOGIN.companyId,
    ...SANDBOX_LOGIN.keys,
    ...typed,
  });
  if (!('credentials' in read)) throw new Error(JSON.stringify(read.problems));
  return installedPlugin(plugin).connect(read.credentials, environment);
}
