import type { EntityManager } from '@mikro-orm/postgresql';
import type { HeldLease } from '../db/leases.js';
import { query } from '../db/sql.js';
import type { QuantityContent, TicketContent } from '../domain/deliveries/delivery.js';
import type { ReasonCode } from '../domain/deliveries/reasons.js';

/** A delivery with all that its attempt needs. */
export interface ClaimedDelivery {
  id: string;
  kind: 'EVENT' | 'DIGEST' | 'USAGE' | 'TEST';
  runId: string | null;
  summary: string;
  content: Partial<TicketContent & QuantityContent>;
  /** This attempt included. */
  attempts: number;
  /** An earlier attempt may have reached the PSA. */
  wasUnsure: boolean;
  createdAt: string;
  /** What the integration's options and mappings, as they are now, say against it. */
  notOwed: ReasonCode | null;
  organizationId: string | null;
  organization: string | null;
  /** The company that the organization is mapped to now. */
  companyId: string | null;
  /** EVENT only. */
  job: {
    externalId: string;
    jobName: string;
    device: string | null;
    status: 'SUCCESS' | 'WARNING' | 'ERROR';
    startedAt: string;
    endedAt: string;
    protectedBytes: string | null;
    message: string | null;
  } | null;
  /** EVENT of a job whose earlier results were left out: how many, by their outcome. */
  leftOut: { failed: number; warned: number; succeeded: number } | null;
}

/** Results that waited this long came while the PSA could not be reached. */
const longWaitMs = 3_600_000;

/**
 * Takes the next due deliveries of the integration and marks their attempt as begun: from here on it counts
 * as unsure until its outcome is recorded, so that a killed process leaves the right trace. What this lease has
 * in hand already is not taken twice; what an earlier one left in hand is. Does nothing once the lease is lost.
 * The oldest come first, whenever their next attempt was due.
 */
export function claimDueDeliveries(
  em: EntityManager,
  lease: HeldLease,
  integrationId: string,
  now: Date,
  limit: number,
): Promise<ClaimedDelivery[]> {
  return query<ClaimedDelivery>(
    em,
    `with due as (
       select id, unsure from delivery
       where integration_id = $1 and state = 'PENDING' and next_attempt_at <= $2
         and claim_fence is distinct from $5::bigint
         and exists (select 1 from lease where name = $4 and fence = $5::bigint)
       order by id
       limit $3
       for update skip locked
     ), claimed as (
       update delivery d
       set attempts = d.attempts + 1, unsure = true, claim_fence = $5::bigint
       from due where d.id = due.id
       returning d.*, due.unsure as was_unsure
     )
     select c.id, c.kind, c.run_id as "runId", c.summary, c.content, c.attempts, c.was_unsure as "wasUnsure",
       c.created_at as "createdAt", c.organization_id as "organizationId", o.name as organization,
       case
         when c.kind in ('EVENT', 'DIGEST') and m.company_id is null then 'UNMAPPED'
         when caught_up.superseded then 'SUPERSEDED'
         when c.kind = 'EVENT' and (case r.status
             when 'SUCCESS' then i.priority_success
             when 'WARNING' then i.priority_warning
             else i.priority_error end) is null then 'NO_PRIORITY'
         when c.kind in ('EVENT', 'DIGEST') and i.service_board is null then 'NO_SERVICE_BOARD'
         when c.kind = 'DIGEST' and not i.daily_digest_enabled then 'DIGEST_OFF'
         when c.kind = 'USAGE' and exists (
           select 1 from sync_run mine join sync_run newer on newer.integration_id = mine.integration_id
             and newer.pipeline = 'USAGE' and not newer.dry_run and newer.planned_at is not null
             and (newer.for_date, newer.planned_at) > (mine.for_date, mine.planned_at)
           where mine.id = c.run_id) then 'OUTDATED'
         when c.kind = 'USAGE' and (exists (
           select 1 from usage_line l left join mapping now
             on now.integration_id = c.integration_id and now.organization_id = l.organization_id
           where l.delivery_id = c.id
             and (now.company_id, now.billing_level) is distinct from (l.company_id, l.billing_level))
           or exists (
           select 1 from mapping back where back.integration_id = c.integration_id
             and (back.company_id, back.billing_level) = (c.content ->> 'companyId', c.content ->> 'formerLevel')))
           then 'REMAPPED'
         when c.kind = 'USAGE' and not i.billing_enabled then 'BILLING_OFF'
         when c.kind = 'USAGE' and not i.update_agreement_additions then 'ADDITIONS_OFF'
       end as "notOwed", m.company_id as "companyId",
       case when r.id is not null then json_build_object(
         'externalId', r.external_id, 'jobName', r.job_name, 'device', r.device, 'status', r.status,
         'startedAt', r.started_at, 'endedAt', r.ended_at, 'protectedBytes', r.protected_bytes::text,
         'message', r.message) end as job,
       case when caught_up.failed + caught_up.warned + caught_up.succeeded > 0 and i.catch_up = 'LAST_WITH_COUNT' then
         json_build_object('failed', caught_up.failed, 'warned', caught_up.warned, 'succeeded', caught_up.succeeded)
       end as "leftOut"
     from claimed c
     join integration i on i.id = c.integration_id
     left join organization o on o.id = c.organization_id
     left join mapping m on m.integration_id = c.integration_id and m.organization_id = c.organization_id
     left join backup_job_result r on r.id = c.job_result_id
     left join lateral (
       select coalesce(bool_or(other.state in ('PENDING', 'DELIVERED') and (o2.ended_at, o2.id) > (r.ended_at, r.id)), false) as superseded,
         count(*) filter (where before.earlier and o2.status = 'ERROR')::int as failed,
         count(*) filter (where before.earlier and o2.status = 'WARNING')::int as warned,
         count(*) filter (where before.earlier and o2.status = 'SUCCESS')::int as succeeded
       from backup_job_result o2
       join delivery other on other.integration_id = c.integration_id and other.key = 'event:' || o2.id,
       lateral (select (o2.ended_at, o2.id) < (r.ended_at, r.id) and other.created_at <= $6
         and (other.state = 'PENDING' or other.reason_code = 'SUPERSEDED')
         and other.created_at > coalesce((select max(told.created_at) from delivery told
           join backup_job_result t on t.id = told.job_result_id
           where told.integration_id = c.integration_id and told.organization_id = c.organization_id
             and told.state = 'DELIVERED' and t.job_name = r.job_name and t.device is not distinct from r.device),
           '-infinity') as earlier) as before
       -- in here, so that nothing is looked for where it does not matter
       where i.catch_up <> 'ALL' and c.kind = 'EVENT' and c.created_at <= $6
         and o2.organization_id = r.organization_id and o2.job_name = r.job_name
         and o2.device is not distinct from r.device and o2.id <> r.id
     ) as caught_up on true
     order by c.id`,
    [integrationId, now, limit, lease.name, lease.fence, new Date(now.getTime() - longWaitMs)],
  );
}
