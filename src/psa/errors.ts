import { storableText } from '../text/storable-text.js';

/**
 * An adapter throws subclasses of this and nothing else. Each class stands for what the caller can do next.
 * `mayHaveBeenCarriedOut`: whether the PSA may have carried out a write although there was no usable answer. The next
 * attempt then looks up the record before it writes again.
 */
export abstract class PsaError extends Error {
  readonly mayHaveBeenCarriedOut: boolean;

  /** `message` may quote the PSA: characters that cannot be stored are removed. */
  constructor(message: string, options: { cause?: unknown; mayHaveBeenCarriedOut?: boolean } = {}) {
    super(storableText(message), { cause: options.cause });
    this.name = new.target.name;
    this.mayHaveBeenCarriedOut = options.mayHaveBeenCarriedOut ?? false;
  }
}

/** The PSA rejects the login. Remedy: enter the credentials again. */
export class PsaLoginRefused extends PsaError {}

/** The login is valid and lacks a right. `right` is its name in the PSA's own words. */
export class PsaRightMissing extends PsaError {
  constructor(
    message: string,
    readonly right: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

export interface PsaFieldError {
  field: string;
  message: string;
}

/** The PSA understands the request and rejects it. Remedy: fix the data; the same request fails again. */
export class PsaRejected extends PsaError {
  readonly fieldErrors: readonly PsaFieldError[];

  constructor(
    message: string,
    fieldErrors: readonly PsaFieldError[] = [],
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
    this.fieldErrors = fieldErrors.map(({ field, message }) => ({
      field: storableText(field),
      message: storableText(message),
    }));
  }
}

/** Longer waits are cut to this. */
const longestRetryAfterMs = 24 * 3_600_000;

/** The PSA asks to slow down; nothing was carried out. */
export class PsaBusy extends PsaError {
  /** How long the PSA asks to wait, one day at most; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs: number | undefined, options: { cause?: unknown } = {}) {
    super(message, options);
    this.retryAfterMs = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestRetryAfterMs);
  }
}

/** No usable answer: no connection, a time-out, a proxy's error page. Remedy: try again. */
export class PsaUnreachable extends PsaError {
  /** The site accepted the request and was too slow: it may be overloaded. */
  readonly timedOut: boolean;

  constructor(
    message: string,
    options: { cause?: unknown; mayHaveBeenCarriedOut?: boolean; timedOut?: boolean } = {},
  ) {
    super(message, options);
    this.timedOut = options.timedOut ?? false;
  }
}

/** The plugin does not understand the answer. Remedy: report it, with the log. */
export class PsaSurprise extends PsaError {}
