import { AdaptiveLimit, type Impression } from './adaptive-limit.js';
import { PsaUnreachable } from './errors.js';
import type { PsaHttp, PsaRequest, PsaResponse } from './http.js';
import { heldWriteRight } from './write-right.js';

/** What may be asked of one account in a while. */
export interface RequestBudget {
  /** Resolves when one more request is allowed. */
  take(): Promise<void>;
}

/**
 * Keeps one account's requests under its budget, and only as many at once as its site bears. A request that writes
 * needs a write right, which is asked for when its first byte is about to leave: a process that was frozen, or a
 * request that waited for its turn or its connection, may have lost it meanwhile.
 */
export function pacedHttp(http: PsaHttp, budget: RequestBudget, mostAtOnce: number): PsaHttp {
  const limit = new AdaptiveLimit(mostAtOnce);
  return {
    request: request =>
      limit.run(async () => {
        await budget.take();
        return http.request(request.method === 'GET' ? request : withRightAsked(request));
      }, impressionOf),
  };
}

function withRightAsked(request: PsaRequest): PsaRequest {
  const right = heldWriteRight();
  return {
    ...request,
    beforeSending() {
      if (right && performance.now() < right.until) return;
      throw new PsaUnreachable('Nothing was sent: another worker has taken over.');
    },
  };
}

/** 503 is how some sites say "too much". A refused connection is an outage, which is dealt with elsewhere. */
function impressionOf(end: PsaResponse | { error: unknown }): Impression {
  if ('error' in end) {
    return end.error instanceof PsaUnreachable && end.error.timedOut ? 'overloaded' : 'good';
  }
  return end.status === 429 || end.status === 503 ? 'overloaded' : 'good';
}
