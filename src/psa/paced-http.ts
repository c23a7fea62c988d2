import { AdaptiveLimit, type Impression } from './adaptive-limit.js';
import { PsaUnreachable } from './errors.js';
import type { PsaHttp, PsaResponse } from './http.js';

/** What may be asked of one account in a while. */
export interface RequestBudget {
  /** Resolves when one more request is allowed. */
  take(): Promise<void>;
}

/**
 * Keeps one account's requests under its budget, and only as many at once as its site bears. `mayWrite` is asked
 * at the last moment: a process that was frozen, or a request that waited for its connection, may have lost its turn
 * meanwhile.
 */
export function pacedHttp(
  http: PsaHttp,
  budget: RequestBudget,
  mostAtOnce: number,
  mayWrite: () => boolean,
): PsaHttp {
  const limit = new AdaptiveLimit(mostAtOnce);
  const beforeSending = () => {
    if (!mayWrite()) throw new PsaUnreachable('Nothing was sent: another worker has taken over.');
  };
  return {
    request: request =>
      limit.run(async () => {
        await budget.take();
        return http.request(request.method === 'GET' ? request : { ...request, beforeSending });
      }, impressionOf),
  };
}

/** 503 is how some sites say "too much". A refused connection is an outage, which is dealt with elsewhere. */
function impressionOf(end: PsaResponse | { error: unknown }): Impression {
  if ('error' in end) {
    return end.error instanceof PsaUnreachable && end.error.timedOut ? 'overloaded' : 'good';
  }
  return end.status === 429 || end.status === 503 ? 'overloaded' : 'good';
}
