import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import { writeDown } from '../domain/audit/actor.js';
import type { DeliveryState } from '../domain/deliveries/delivery.js';
import { dueByHand } from '../domain/deliveries/retry-pauses.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';

export interface RetryRequest {
  integrationId: string;
  /** Left out: all in `state`. */
  ids?: readonly string[];
  /** Left out with ids: those of the ids that can be retried; left out without ids: FAILED. */
  state?: DeliveryState;
  now: Date;
  wakeUp: WakeUp;
}

/**
 * Makes deliveries due now: failed and skipped ones are tried again, held ones are approved by it, pending
 * ones need not wait for their turn, but for the minute after an attempt that may have been carried out. Never those
 * that are delivered. Their runs go on, by the database's own rule. Returns how many.
 */
export function retryDeliveries(em: EntityManager, request: RetryRequest): Promise<number> {
  return em.transactional(async tx => {
    const { integrationId, ids, state, now, wakeUp } = request;
    const due = await query<{ id: string; held: boolean }>(
      tx,
      `select id, state = 'HELD' as held from delivery
       where integration_id = $1
         and ($2::uuid[] is null or id = any($2))
         and state <> 'DELIVERED'
         and ($3::text is null or state = $3)
         and not (state = 'PENDING' and attempts = 0)
       order by id for update`,
      [integrationId, ids ?? null, state ?? (ids ? null : 'FAILED')],
    );
    if (due.length === 0) return 0;
    const approved = due.filter(({ held }) => held).length;
    const releasedBy = await writeDown(tx, {
      action: 'deliveries.retried',
      integrationId,
      after: { deliveries: due.length, approved },
    });
    await query(
      tx,
      `update delivery set state = 'PENDING', next_attempt_at = ${dueByHand('$2')}, reason_code = null, released_by = $3
       where id = any($1)`,
      [due.map(({ id }) => id), now, releasedBy],
    );
    await wakeUp(tx, 'deliver', [integrationId]);
    return due.length;
  });
}
