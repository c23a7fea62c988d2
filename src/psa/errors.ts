import { storableText } from '../text/storable-text.js';

/**
 * What a PSA adapter may throw, and nothing else. Each class stands for what the caller can do next.
 * `mayHaveBeenCarriedOut` says of a write whether the PSA may hold its effect although we saw no proper
 * answer: then the next attempt has to look the record up before it writes again.
 */
export abstract class PsaError extends Error {
  readonly mayHaveBeenCarriedOut: boolean;

  /** `message` may quote the PSA: what cannot be stored is left out. */
  constructor(message: string, options: { cause?: unknown; mayHaveBeenCarriedOut?: boolean } = {}) {
    super(storableText(message), { cause: options.cause });
    this.name = new.target.name;
    this.mayHaveBeenCarriedOut = options.mayHaveBeenCarriedOut ?? false;
  }
}

/** The PSA does not accept the login. Remedy: enter the credentials again. */
export class PsaLoginRefused extends PsaError {}

/** The login is good but lacks a right. `right` names it in the PSA's own words. */
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

/** The PSA understood this request and says no to it. Remedy: mend the data; the same request fails again. */
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

/** A PSA that asks for more is not taken at its word. */
const longestRetryAfterMs = 24 * 3_600_000;

/** The PSA asks us to slow down; nothing was carried out. */
export class PsaBusy extends PsaError {
  /** The PSA's own wish, where it told, of a day at most. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs: number | undefined, options: { cause?: unknown } = {}) {
    super(message, options);
    this.retryAfterMs = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestRetryAfterMs);
  }
}

/** No proper answer came: no connection, a time-out, a proxy's error page. Remedy: try again. */
export class PsaUnreachable extends PsaError {
  /** The site took the request and was too slow, which may mean that it has too much to do. */
  readonly timedOut: boolean;

  constructor(
    message: string,
    options: { cause?: unknown; mayHaveBeenCarriedOut?: boolean; timedOut?: boolean } = {},
  ) {
    super(message, options);
    this.timedOut = options.timedOut ?? false;
  }
}

/** An answer that this plugin does not understand. Remedy: report it, with the log. */
export class PsaSurprise extends PsaError {}
