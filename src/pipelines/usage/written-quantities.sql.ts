import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../../db/sql.js';
import { storedTarget } from '../../domain/deliveries/delivery-content.js';
import type { BillingTarget } from '../../psa/adapter.js';
import { usageRuns } from './usage-runs.js';

/** A quantity that we wrote earlier and that still stands in the PSA, by our record of deliveries. */
export interface WrittenQuantity {
  target: BillingTarget;
  companyId: string;
  usageType: string;
  level: string;
  /** Exact decimal. */
  quantity: string;
  /** Whether the PSA said that it stands there; false: an attempt was cut off, and nothing was written there since. */
  sure: boolean;
}

const written = statement(
  z.object({
    // Null: an older version wrote it to a place that was found by a retry, and did not keep the place.
    target: storedTarget.nullable(),
    companyId: z.string(),
    usageType: z.string(),
    level: z.string().nullable(),
    quantity: z.string(),
    sure: z.boolean(),
  }),
  `with written as (
     select distinct on (target_key) target_key, content, quantity_after as quantity, delivered_at
     from delivery
     where integration_id = $1 and kind = 'USAGE' and state = 'DELIVERED' and target_key is not null
     order by target_key, delivered_at desc
   ), cut_off as (
     select distinct on (target_key) target_key, content, (content ->> 'quantity')::numeric as quantity
     from delivery d
     where run_id in (${usageRuns('$1')}) and state <> 'DELIVERED' and unsure and target_key is not null
       and not exists (select 1 from written w
         where w.target_key = d.target_key and (w.quantity <> 0 or w.delivered_at > d.created_at))
     order by target_key, created_at desc
   ), standing as (
     select target_key, content, quantity, true as sure from written
     union all
     select target_key, content, quantity, false from cut_off
   )
   select content -> 'target' as target, content ->> 'companyId' as "companyId",
     content ->> 'usageType' as "usageType", content ->> 'level' as level, quantity::text, sure
   from standing order by target_key`,
);

/** The newest quantity that we wrote at each place, or may have written. */
export async function writtenQuantities(
  em: EntityManager,
  integrationId: string,
): Promise<WrittenQuantity[]> {
  const rows = await run(em, written, [integrationId]);
  return rows.flatMap(({ level, target, ...row }) =>
    level === null || target === null ? [] : [{ ...row, level, target }],
  );
}
