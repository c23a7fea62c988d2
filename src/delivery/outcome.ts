import type { AttemptOutcome } from '../observability/metrics.js';
import type { BillingTarget } from '../psa/adapter.js';

/** What became of one attempt. */
export type Outcome =
  | {
      id: string;
      state: 'DELIVERED';
      psaRecordId: string;
      psaRecordUrl?: string;
      /** USAGE: what the PSA held before and holds since, exact decimals, and where; a retry may be the first to find it. */
      quantityBefore?: string | null;
      quantityAfter?: string;
      target?: BillingTarget;
    }
  | {
      id: string;
      state: 'PENDING';
      nextAttemptAt: Date;
      /** This attempt, or one before it, may have reached the PSA: it is looked up before the next one. */
      unsure: boolean;
      /** Nothing was tried after all, so the attempt does not count. */
      notTried?: boolean;
      error?: string;
    }
  | {
      id: string;
      state: 'SKIPPED' | 'FAILED';
      reasonCode: string;
      /** The reason for a person, and what to do. */
      error: string;
      unsure?: boolean;
      target?: BillingTarget;
    };

/** The outcome as metrics and traces name it. */
export function attemptOutcome(outcome: Outcome): AttemptOutcome {
  if (outcome.state !== 'PENDING') return outcome.state;
  return outcome.notTried ? 'NOT_TRIED' : 'RETRY';
}
