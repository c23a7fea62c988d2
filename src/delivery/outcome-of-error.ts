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
import type { ClaimedDelivery } from './claim-due-deliveries.js';
import type { Outcome } from './record-outcomes.js';

/** Something that concerns the whole integration, not this delivery: no use in trying the next one. */
export type Trouble =
  | { kind: 'NEEDS_ATTENTION'; reason: string }
  | { kind: 'REST'; until: Date; reason: string };

export interface FailedAttempt {
  outcome: Outcome;
  trouble?: Trouble;
  /** No answer came: a few of these in a row mean that the PSA is down. */
  unreachable?: boolean;
}

/**
 * What follows from an error of an attempt. What concerns the integration burns no attempt; what may have
 * been carried out is unsure and looked up before the next attempt.
 */
export function outcomeOfError(
  error: unknown,
  delivery: ClaimedDelivery,
  now: Date,
  chance: number,
): FailedAttempt {
  const { id } = delivery;
  if (error instanceof PsaLoginRefused || error instanceof PsaRightMissing) {
    return {
      outcome: {
        id,
        state: 'PENDING',
        nextAttemptAt: now,
        notTried: true,
        unsure: delivery.wasUnsure,
        error: error.message,
      },
      trouble: { kind: 'NEEDS_ATTENTION', reason: error.message },
    };
  }
  if (error instanceof PsaBusy) {
    const until = new Date(now.getTime() + (error.retryAfterMs ?? retryPauseMs(1, chance)));
    return {
      outcome: {
        id,
        state: 'PENDING',
        nextAttemptAt: until,
        notTried: true,
        unsure: delivery.wasUnsure,
        error: error.message,
      },
      trouble: { kind: 'REST', until, reason: error.message },
    };
  }
  if (error instanceof PsaRejected) {
    const details = error.fieldErrors.map(field => `${field.field}: ${field.message}`).join('; ');
    const words = details ? `${error.message} (${details})` : error.message;
    return {
      outcome: {
        id,
        state: 'FAILED',
        unsure: delivery.wasUnsure,
        reasonCode: 'REJECTED',
        error: `${reasons.REJECTED} ${words}`,
      },
    };
  }
  const unsure = error instanceof PsaError ? error.mayHaveBeenCarriedOut || delivery.wasUnsure : true;
  const message =
    error instanceof PsaError ? error.message : 'Something unexpected went wrong here; it is in the log.';
  if (now.getTime() - new Date(delivery.createdAt).getTime() > giveUpAfterMs) {
    return {
      outcome: { id, state: 'FAILED', unsure, reasonCode: 'GAVE_UP', error: `${reasons.GAVE_UP} ${message}` },
    };
  }
  const nextAttemptAt = new Date(now.getTime() + retryPauseMs(delivery.attempts, chance, { unsure }));
  return {
    outcome: { id, state: 'PENDING', nextAttemptAt, unsure, error: message },
    unreachable: error instanceof PsaUnreachable,
  };
}
