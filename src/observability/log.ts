import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Redact } from '../text/redaction.js';

const fields = new AsyncLocalStorage<Record<string, string>>();

/**
 * Opens the log: one JSON object a line, on standard output unless another destination is given. Every line has the
 * fields that `withLogFields` added for the work that logs it. `redact` sees every line last, before it is written.
 */
export function openLog(level: string, destination?: DestinationStream, redact?: Redact): Logger {
  const options = {
    level,
    mixin: () => ({ ...fields.getStore() }),
    ...(redact ? { hooks: { streamWrite: redact } } : {}),
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Does `work`. Every line that is logged for it, by whatever it calls, has these fields too. */
export function withLogFields<T>(more: Record<string, string>, work: () => T): T {
  return fields.run({ ...fields.getStore(), ...more }, work);
}
