import { reasons } from '../domain/deliveries/reasons.js';
import { giveUpAfterMs, retryPauseMs } from '../domain/deliveries/retry-pauses.js';
import {
  PsaBusy,
  PsaError,
  PsaLoginRefused,
  PsaRejected,
  PsaRightMissing,
  PsaUnreachable,
} from '../psa/errors.js';
import type { ClaimedDelivery } from './claimed-delivery.js';
import type { Outcome } from './outcome.js';

/** Something that concerns the whole integration, not this delivery: no use in trying the next one. */
export type Trouble =
  | { kind: 'NEEDS_ATTENTION'; reason: string }
  | { kind: 'REST'; until: Date; reason: string };

export interface FailedAttempt {
  outcome: Outcome;
  trouble?: Trouble;
  /** No answer came, and the next attempt is then: a few of these in a row mean that the PSA is down. */
  unanswered?: { until: Date; reason: string };
}

/**
 * What follows from an error of an attempt. What concerns the integration costs no attempt; what may have been carried
 * out is unsure and looked up before the next attempt. `chance` is a random number in [0, 1).
 */
export function outcomeOfError(
  error: unknown,
  delivery: Pick<ClaimedDelivery, 'id' | 'attempts' | 'wasUnsure' | 'createdAt'>,
  now: Date,
  chance: number,
): FailedAttempt {
  const { id, wasUnsure } = delivery;
  if (error instanceof PsaLoginRefused || error instanceof PsaRightMissing) {
    const { message } = error;
    return {
      outcome: {
        id,
        state: 'PENDING',
        nextAttemptAt: now,
        notTried: true,
        unsure: wasUnsure,
        error: message,
      },
      trouble: { kind: 'NEEDS_ATTENTION', reason: message },
    };
  }
  if (error instanceof PsaBusy) {
    const { message } = error;
    const until = new Date(now.getTime() + (error.retryAfterMs ?? retryPauseMs(1, chance)));
    return {
      outcome: {
        id,
        state: 'PENDING',
        nextAttemptAt: until,
        notTried: true,
        unsure: wasUnsure,
        error: message,
      },
      trouble: { kind: 'REST', until, reason: message },
    };
  }
  if (error instanceof PsaRejected) {
    return {
      outcome: {
        id,
        state: 'FAILED',
        unsure: wasUnsure,
        reasonCode: 'REJECTED',
        error: `${reasons.REJECTED} ${wordsOf(error)}`,
      },
    };
  }
  const unsure = error instanceof PsaError ? error.mayHaveBeenCarriedOut || wasUnsure : true;
  const message =
    error instanceof PsaError ? error.message : 'An unexpected error occurred here; see the log.';
  if (now.getTime() - new Date(delivery.createdAt).getTime() > giveUpAfterMs) {
    return {
      outcome: { id, state: 'FAILED', unsure, reasonCode: 'GAVE_UP', error: `${reasons.GAVE_UP} ${message}` },
    };
  }
  const nextAttemptAt = new Date(now.getTime() + retryPauseMs(delivery.attempts, chance, { unsure }));
  return {
    outcome: { id, state: 'PENDING', nextAttemptAt, unsure, error: message },
    unanswered: error instanceof PsaUnreachable ? { until: nextAttemptAt, reason: message } : undefined,
  };
}

/** What the PSA said, with each field that it rejects. */
function wordsOf({ message, fieldErrors }: PsaRejected): string {
  const details = fieldErrors.map(field => `${field.field}: ${field.message}`).join('; ');
  return details ? `${message} (${details})` : message;
}
