/** What goes wrong. */
export type Fault =
  /** The connection breaks: before the request is processed, during the answer, or after the work without an answer. */
  | { kind: 'reset'; when: 'before' | 'during' | 'after' }
  /** There is never an answer; with `after`, the work is done. */
  | { kind: 'hang'; when: 'before' | 'after' }
  | { kind: 'status'; status: number; body: string; contentType?: string; headers?: Record<string, string> }
  /** A status after the work is done, as from a proxy in front of ConnectWise that timed out. */
  | { kind: 'statusAfter'; status: number; body: string; contentType?: string }
  | { kind: 'truncate' }
  /** The answer is sent in pieces over this time. */
  | { kind: 'slowBody'; ms: number }
  | { kind: 'latency'; ms: number }
  /** Only the current codebase exists, as after a cloud upgrade. */
  | { kind: 'upgraded' };

export interface FaultMatch {
  method?: string | RegExp;
  /** Tested against the path below `/apis/3.0`. */
  path?: RegExp;
  body?: RegExp;
}

interface Rule {
  match: FaultMatch;
  fault: Fault;
  /** How many matching requests succeed first. */
  skip: number;
  times: number;
  /** From 0 to 1: the share of matching requests that fail. */
  chance: number;
}

const html = (status: number, text: string) =>
  `<html><head><title>${status}</title></head><body><h1>${text}</h1></body></html>`;

/** Faults that were seen in practice. */
export const faults = {
  tooManyRequests: (retryAfterSeconds?: number): Fault => ({
    kind: 'status',
    status: 429,
    body: JSON.stringify({
      error: 'ConnectWiseAPI',
      message: `Too many requests. Please try again in ${retryAfterSeconds ?? 30} seconds.`,
    }),
    ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  }),
  ownTimeout: (): Fault => ({
    kind: 'status',
    status: 500,
    body: JSON.stringify({
      code: 'ConnectWiseApi',
      message: 'A timeout has occured. Please try again.',
      errors: null,
    }),
  }),
  unavailable: (status: 502 | 503 | 504 = 503): Fault => ({
    kind: 'status',
    status,
    body: html(status, 'Service Unavailable'),
    contentType: 'text/html',
  }),
  gatewayTimeoutAfterWrite: (): Fault => ({
    kind: 'statusAfter',
    status: 504,
    body: html(504, 'Gateway Time-out'),
    contentType: 'text/html',
  }),
  unauthorized: (): Fault => ({
    kind: 'status',
    status: 401,
    body: JSON.stringify({ code: 'Unauthorized', message: 'Unauthorized', errors: null }),
  }),
  forbidden: (): Fault => ({
    kind: 'status',
    status: 403,
    body: JSON.stringify({
      code: 'Security',
      message: 'You do not have security permission to perform this action.',
      errors: null,
    }),
  }),
  html404: (): Fault => ({
    kind: 'status',
    status: 404,
    body: html(404, 'Not Found'),
    contentType: 'text/html',
  }),
  invalid: (resource: string, field: string, message: string): Fault => ({
    kind: 'status',
    status: 400,
    body: JSON.stringify({
      code: 'InvalidObject',
      message: `${resource} object is invalid`,
      errors: [{ code: 'InvalidObject', message, resource, field }],
    }),
  }),
};

/** The faults of future requests; the first match applies. */
export class Faults {
  #rules: Rule[] = [];

  /** `random` decides about faults with a chance below 1; a seeded one makes a test repeatable. */
  constructor(private readonly random: () => number = Math.random) {}

  /**
   * Makes matching requests fail: once, `times` times, or until cleared (Infinity), after `skip` successful ones. With a
   * `chance` below 1, only that share of them fails. Returns a function that removes the fault.
   */
  inject(
    match: FaultMatch,
    fault: Fault,
    { times = 1, skip = 0, chance = 1 }: { times?: number; skip?: number; chance?: number } = {},
  ): () => void {
    const rule: Rule = { match, fault, times, skip, chance };
    this.#rules.push(rule);
    return () => {
      this.#rules = this.#rules.filter(other => other !== rule);
    };
  }

  clear(): void {
    this.#rules = [];
  }

  get size(): number {
    return this.#rules.length;
  }

  /** The fault of a request. Counts it as used. */
  take(method: string, path: string, body: string): Fault | undefined {
    if (this.#rules.length === 0) return undefined;
    const rule = this.#rules.find(
      ({ match, times, chance }) =>
        times > 0 &&
        (match.method === undefined ||
          (typeof match.method === 'string' ? match.method === method : match.method.test(method))) &&
        (match.path === undefined || match.path.test(path)) &&
        (match.body === undefined || match.body.test(body)) &&
        (chance === 1 || this.random() < chance),
    );
    if (!rule) return undefined;
    if (rule.skip > 0) {
      rule.skip -= 1;
      return undefined;
    }
    rule.times -= 1;
    if (rule.times <= 0) this.#rules = this.#rules.filter(other => other !== rule);
    return rule.fault;
  }
}
