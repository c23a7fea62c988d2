import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { execute, run, statement } from '../db/sql.js';
import { recordAction } from '../domain/audit/record-action.js';
import type { DeliveryState } from '../domain/deliveries/delivery.js';
import { dueManually } from '../domain/deliveries/retry-pauses.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';

export interface RetryRequest {
  integrationId: string;
  /** Absent: all in `state`. */
  ids?: readonly string[];
  /** Absent with ids: those of the ids that can be retried; absent without ids: FAILED. */
  state?: DeliveryState;
  now: Date;
  wakeUp: WakeUp;
}

/** $1: integration; $2: ids, null for all; $3: state, null for any. */
const lockRetryable = statement(
  z.object({ id: z.string(), held: z.boolean() }),
  `select id, state = 'HELD' as held from delivery
   where integration_id = $1
     and ($2::uuid[] is null or id = any($2))
     and state <> 'DELIVERED'
     and ($3::text is null or state = $3)
     and not (state = 'PENDING' and attempts = 0)
   order by id for update`,
);

/**
 * Makes deliveries due now: failed and skipped ones are tried again, held ones are approved by it, pending ones need not
 * wait for their turn, except for the minute after an attempt that may have been carried out. Never those that are
 * delivered. Their runs continue, by the database's own rule. Returns how many.
 */
export function retryDeliveries(em: EntityManager, request: RetryRequest): Promise<number> {
  return em.transactional(async tx => {
    const { integrationId, ids, state, now, wakeUp } = request;
    const due = await run(tx, lockRetryable, [integrationId, ids ?? null, state ?? (ids ? null : 'FAILED')]);
    if (due.length === 0) return 0;
    const approved = due.filter(({ held }) => held).length;
    const releasedBy = await recordAction(tx, {
      action: 'deliveries.retried',
      integrationId,
      after: { deliveries: due.length, approved },
    });
    await execute(
      tx,
      `update delivery set state = 'PENDING', next_attempt_at = ${dueManually('$2')}, reason_code = null, released_by = $3
       where id = any($1)`,
      [due.map(({ id }) => id), now, releasedBy],
    );
    await wakeUp(tx, 'deliver', [integrationId]);
    return due.length;
  });
}
