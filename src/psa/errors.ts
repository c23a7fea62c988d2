/**
 * What a PSA adapter may throw, and nothing else. Each class stands for what the caller can do next.
 * `mayHaveBeenCarriedOut` says of a write whether the PSA may hold its effect although we saw no proper
 * answer: then the next attempt has to look the record up before it writes again.
 */
export abstract class PsaError extends Error {
  readonly mayHaveBeenCarriedOut: boolean;

  constructor(message: string, options: { cause?: unknown; mayHaveBeenCarriedOut?: boolean } = {}) {
    super(message, { cause: options.cause });
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
  constructor(
    message: string,
    readonly fieldErrors: readonly PsaFieldError[] = [],
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** The PSA asks us to slow down; nothing was carried out. `retryAfterMs` is the PSA's own wish, where it told. */
export class PsaBusy extends PsaError {
  constructor(
    message: string,
    readonly retryAfterMs: number | undefined,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
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
