import { AdaptiveLimit, type Impression } from './adaptive-limit.js';
import { PsaUnreachable } from './errors.js';
import type { PsaHttp, PsaRequest, PsaResponse } from './http.js';
import { heldWriteRight } from './write-right.js';

/** Limits the requests to one account over time. */
export interface RequestBudget {
  /** Resolves when one more request is allowed. */
  take(): Promise<void>;
}

/**
 * Keeps the requests of one account within its budget, and within the number that its site can serve at once. A request
 * that writes needs a write right, which is checked immediately before its first byte is sent: a process that was
 * frozen, or a request that waited for its turn or its connection, may have lost the right meanwhile.
 */
export function pacedHttp(http: PsaHttp, budget: RequestBudget, mostAtOnce: number): PsaHttp {
  const limit = new AdaptiveLimit(mostAtOnce);
  return {
    request: request =>
      limit.run(async () => {
        await budget.take();
        return http.request(request.method === 'GET' ? request : checkingWriteRight(request));
      }, impressionOf),
  };
}

function checkingWriteRight(request: PsaRequest): PsaRequest {
  const right = heldWriteRight();
  return {
    ...request,
    beforeSending() {
      if (right && performance.now() < right.until) return;
      throw new PsaUnreachable('Nothing was sent: another worker has taken over.');
    },
  };
}

/** Some sites answer 503 when they are overloaded. A refused connection is an outage, which the delivery handles. */
function impressionOf(result: PsaResponse | { error: unknown }): Impression {
  if ('error' in result) {
    return result.error instanceof PsaUnreachable && result.error.timedOut ? 'overloaded' : 'good';
  }
  return result.status === 429 || result.status === 503 ? 'overloaded' : 'good';
}
