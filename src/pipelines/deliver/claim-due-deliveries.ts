import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import type { QuantityContent, TicketContent } from '../../domain/deliveries/delivery.js';
import type { HeldLease } from './lease.js';
import type { ReasonCode } from './reasons.js';

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
}

/**
 * Takes the next due deliveries of the integration and marks their attempt as begun: from here on it counts
 * as unsure until its outcome is recorded, so that a killed process leaves the right trace. What this lease has
 * in hand already is not taken twice; what an earlier one left in hand is. Does nothing once the lease is lost.
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
       order by next_attempt_at, id
       limit $3
       for update skip locked
     ), claimed as (
       update delivery d
       set attempts = d.attempts + 1, unsure = true, claim_fence = $5::bigint
       from due where d.id = due.id
       returning d.*, due.unsure as was_unsure
     )
     select c.id, c.kind, c.run_id as "runId", c.summary, c.content, c.attempts, c.was_unsure as "wasUnsure",
       c.created_at as "createdAt", o.name as organization,
       case
         when c.kind in ('EVENT', 'DIGEST') and m.company_id is null then 'UNMAPPED'
         when c.kind = 'EVENT' and (case r.status
             when 'SUCCESS' then i.priority_success
             when 'WARNING' then i.priority_warning
             else i.priority_error end) is null then 'NO_PRIORITY'
         when c.kind in ('EVENT', 'DIGEST') and i.service_board is null then 'NO_SERVICE_BOARD'
         when c.kind = 'DIGEST' and not i.daily_digest_enabled then 'DIGEST_OFF'
         when c.kind = 'USAGE' and not i.billing_enabled then 'BILLING_OFF'
         when c.kind = 'USAGE' and not i.update_agreement_additions then 'ADDITIONS_OFF'
       end as "notOwed", m.company_id as "companyId",
       case when r.id is not null then json_build_object(
         'externalId', r.external_id, 'jobName', r.job_name, 'device', r.device, 'status', r.status,
         'startedAt', r.started_at, 'endedAt', r.ended_at, 'protectedBytes', r.protected_bytes::text,
         'message', r.message) end as job
     from claimed c
     join integration i on i.id = c.integration_id
     left join organization o on o.id = c.organization_id
     left join mapping m on m.integration_id = c.integration_id and m.organization_id = c.organization_id
     left join backup_job_result r on r.id = c.job_result_id
     order by c.id`,
    [integrationId, now, limit, lease.name, lease.fence],
  );
}
