import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import type { HeldLease } from '../db/leases.js';
import { run, statement } from '../db/sql.js';
import { DeliveryKind, type DeliveryKindName } from '../domain/deliveries/delivery.js';
import type { Outcome } from './outcome.js';

const record = statement(
  z.object({ id: z.string(), kind: z.enum(DeliveryKind) }),
  `update delivery d set
     state = o.state,
     next_attempt_at = case when o.state = 'PENDING' then o."nextAttemptAt" end,
     unsure = coalesce(o.unsure, false),
     claim_fence = null,
     attempts = d.attempts - case when o."notTried" then 1 else 0 end,
     reason_code = o."reasonCode",
     last_error = case when o.state = 'DELIVERED' then null else coalesce(o.error, d.last_error) end,
     psa_record_id = coalesce(o."psaRecordId", d.psa_record_id),
     psa_record_url = coalesce(o."psaRecordUrl", d.psa_record_url),
     quantity_before = case when o."quantityAfter" is null then d.quantity_before else o."quantityBefore" end,
     quantity_after = coalesce(o."quantityAfter", d.quantity_after),
     target_key = coalesce(o.target ->> 'key', d.target_key),
     content = case when o.target is null then d.content else jsonb_set(d.content, '{target}', o.target) end,
     delivered_at = case when o.state = 'DELIVERED' then $4::timestamptz end
   from jsonb_to_recordset($1::jsonb) as o(
     id uuid, state text, "nextAttemptAt" timestamptz, unsure boolean, "notTried" boolean, "reasonCode" text,
     error text, "psaRecordId" text, "psaRecordUrl" text, "quantityBefore" numeric, "quantityAfter" numeric,
     target jsonb)
   where d.id = o.id and (d.state = 'PENDING' or (o.state = 'DELIVERED' and d.claim_fence = $3))
     and exists (select 1 from lease where name = $2 and fence = $3)
   returning d.id, d.kind`,
);

/**
 * Writes outcomes in one statement, but only under the lease: a worker that was frozen past it changes nothing. A
 * delivery that was skipped while its request was under way, because the integration was disconnected, is still
 * recorded as delivered if it arrived. Returns the outcomes that were written.
 */
export async function recordOutcomes(
  em: EntityManager,
  lease: HeldLease,
  outcomes: readonly Outcome[],
  now: Date,
): Promise<{ kind: DeliveryKindName; outcome: Outcome }[]> {
  const written = await run(em, record, [JSON.stringify(outcomes), lease.name, lease.fence, now]);
  const byId = new Map(outcomes.map(outcome => [outcome.id, outcome]));
  return written.map(({ id, kind }) => ({ kind, outcome: byId.get(id)! }));
}
