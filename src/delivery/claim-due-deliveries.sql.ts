import type { EntityManager } from '@mikro-orm/postgresql';
import type { HeldLease } from '../db/leases.js';
import { run, statement } from '../db/sql.js';
import { type ClaimedDelivery, claimedDelivery } from './claimed-delivery.js';

/**
 * Rows are locked with SKIP LOCKED, although the lease lets one worker claim at a time: a worker that lost its lease in
 * the middle of a claim must not make its successor wait. `delivery_due` includes next_attempt_at, so rows
 * that are not due yet are skipped in the index. The order is by id, not by next_attempt_at: an organization's tickets
 * are sent in the order in which they were created.
 *
 * Quantities are claimed only with a new usage version. The integration's row is locked while a usage plan is committed:
 * then quantities are left for the next claim. Waiting for the lock would end in a deadlock, because the plan updates
 * deliveries that are locked here.
 */
const claim = statement(
  claimedDelivery,
  `with due as (
     select id, unsure, kind from delivery
     where integration_id = $1 and state = 'PENDING' and next_attempt_at <= $2
       and claim_fence is distinct from $5::bigint
       and exists (select 1 from lease where name = $4 and fence = $5::bigint)
     order by id
     limit $3
     for update skip locked
   ), writing as (
     update integration set usage_version = usage_version + 1
     where id = (select id from integration where id = $1 and exists (select 1 from due where kind = 'USAGE')
       for no key update skip locked)
     returning id
   ), claimed as (
     update delivery d
     set attempts = d.attempts + 1, unsure = true, claim_fence = $5::bigint
     from due where d.id = due.id and (due.kind <> 'USAGE' or exists (select 1 from writing))
     returning d.id, d.kind, d.summary, d.content, d.attempts, d.created_at, d.organization_id, due.unsure as was_unsure
   )
   select id, kind, summary, content, attempts, was_unsure as "wasUnsure", created_at as "createdAt",
     organization_id as "organizationId"
   from claimed order by id`,
);

/**
 * Takes the next due deliveries of the integration, the oldest first, and marks their attempt as begun: from here on
 * it counts as unsure until its outcome is recorded, so that a killed process leaves the right trace. What this lease
 * is processing is not taken twice; what an earlier lease left behind is. No quantities are taken while a usage plan is
 * committed. Does nothing once the lease is lost.
 */
export function claimDueDeliveries(
  em: EntityManager,
  lease: HeldLease,
  integrationId: string,
  now: Date,
  limit: number,
): Promise<ClaimedDelivery[]> {
  return run(em, claim, [integrationId, now, limit, lease.name, lease.fence]);
}
