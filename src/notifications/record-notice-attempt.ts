import type { EntityManager } from '@mikro-orm/postgresql';
import { NoticeDeliveryState } from '../domain/notices/notice-delivery.js';
import { noticePauseMs } from '../domain/notices/notice-pauses.js';
import { rowsOf } from '../domain/tables.js';
import type { ClaimedNotice } from './claim-due-notices.sql.js';
import type { SendOutcome } from './send-outcome.js';

/**
 * Records the outcome of an attempt: delivered, given up, or the time of the next attempt. A later attempt of another
 * worker counts more than a failure of this one; a success always counts. Where the receiver is gone, all other
 * pending deliveries to it fail.
 */
export async function recordNoticeAttempt(
  em: EntityManager,
  { id, channel, target, attempts }: ClaimedNotice,
  outcome: SendOutcome,
  now: Date,
): Promise<void> {
  const next = stateAfter(outcome, attempts, now);
  await rowsOf(em, tables =>
    tables
      .updateTable('notice_delivery')
      .set({
        state: next.state,
        next_attempt_at: next.at,
        last_error: outcome.state === 'DELIVERED' ? null : outcome.error,
        delivered_at: outcome.state === 'DELIVERED' ? now : null,
      })
      .where('notice_id', '=', id)
      .where('channel', '=', channel)
      .where('target', '=', target)
      .where('state', '=', NoticeDeliveryState.PENDING)
      .$if(outcome.state !== 'DELIVERED', update => update.where('attempts', '=', attempts)),
  );
  if (outcome.state !== 'GONE') return;
  await rowsOf(em, tables =>
    tables
      .updateTable('notice_delivery')
      .set({ state: NoticeDeliveryState.FAILED, next_attempt_at: null, last_error: outcome.error })
      .where('channel', '=', channel)
      .where('target', '=', target)
      .where('state', '=', NoticeDeliveryState.PENDING),
  );
}

function stateAfter(
  { state }: SendOutcome,
  attempts: number,
  now: Date,
): { state: NoticeDeliveryState; at: Date | null } {
  if (state !== 'RETRY') return { state: NoticeDeliveryState[state], at: null };
  const pause = noticePauseMs(attempts);
  return pause === undefined
    ? { state: NoticeDeliveryState.FAILED, at: null }
    : { state: NoticeDeliveryState.PENDING, at: new Date(now.getTime() + pause) };
}
