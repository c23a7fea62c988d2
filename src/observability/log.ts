import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Redact } from '../text/redaction.js';

const fields = new AsyncLocalStorage<Record<string, string>>();

/**
 * Opens the log: lines of JSON, on standard output unless another destination is given. Every line has the
 * fields that `withLogFields` gave to the work it comes from, and passes `redact` as the last wall before it
 * leaves.
 */
export function openLog(level: string, destination?: DestinationStream, redact?: Redact): Logger {
  const options = {
    level,
    mixin: () => ({ ...fields.getStore() }),
    ...(redact ? { hooks: { streamWrite: redact } } : {}),
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Does `work`; every line that is logged meanwhile on its behalf, wherever, has these fields too. */
export function withLogFields<T>(more: Record<string, string>, work: () => T): T {
  return fields.run({ ...fields.getStore(), ...more }, work);
}
