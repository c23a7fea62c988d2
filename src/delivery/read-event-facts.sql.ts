import { z } from 'zod';
import { statement } from '../db/sql.js';
import { reportedJob } from '../domain/backups/event-ticket.js';

/** The job results that event deliveries are about. $1: ids of deliveries. */
export const readJobResults = statement(
  reportedJob.extend({ deliveryId: z.string() }),
  `select d.id as "deliveryId", r.external_id as "externalId", r.job_name as "jobName", r.device, r.status,
     r.started_at as "startedAt", r.ended_at as "endedAt", r.protected_bytes::text as "protectedBytes", r.message
   from delivery d join backup_job_result r on r.id = d.job_result_id
   where d.id = any($1)`,
);
export type JobResult = z.infer<typeof readJobResults.row>;

/**
 * What became of the other results of the same jobs: asked where a partner wants only the last of those that waited.
 * $1: ids of event deliveries that waited long; $2: the instant before which a delivery waited long.
 * Superseded: a later result of the job waits, was sent, or makes no ticket because of its status. Left out: the
 * results since the job's last ticket that waited too and have no ticket of their own; those without a priority count
 * from the first one that waited.
 */
export const readCatchUp = statement(
  z.object({
    deliveryId: z.string(),
    superseded: z.boolean(),
    failed: z.number(),
    warned: z.number(),
    succeeded: z.number(),
  }),
  `with mine as (
     select d.id, d.integration_id, d.organization_id, r.id as result_id, r.ended_at, r.job_name, r.device
     from delivery d join backup_job_result r on r.id = d.job_result_id
     where d.id = any($1)
   ), other as (
     select mine.id, o.status, d.state, d.reason_code, d.created_at,
       (o.ended_at, o.id) > (mine.ended_at, mine.result_id) as later,
       (o.ended_at, o.id) < (mine.ended_at, mine.result_id) and d.created_at <= $2 and d.created_at > last.ticket_at
         as earlier,
       d.state = 'PENDING' or d.reason_code = 'SUPERSEDED' as waited
     from mine
     join backup_job_result o on o.organization_id = mine.organization_id and o.job_name = mine.job_name
       and o.device is not distinct from mine.device and o.id <> mine.result_id
     join delivery d on d.integration_id = mine.integration_id and d.key = 'event:' || o.id
     cross join lateral (
       select coalesce(max(sent.created_at), '-infinity') as ticket_at
       from delivery sent join backup_job_result r on r.id = sent.job_result_id
       where sent.integration_id = mine.integration_id and sent.organization_id = mine.organization_id
         and sent.state = 'DELIVERED' and r.job_name = mine.job_name and r.device is not distinct from mine.device
     ) as last
   ), counted as (
     select id, status, state, reason_code, later,
       earlier and (waited or (reason_code = 'NO_PRIORITY'
         and created_at >= min(created_at) filter (where earlier and waited) over (partition by id))) as left_out
     from other
   )
   select mine.id as "deliveryId",
     coalesce(bool_or(later and (state in ('PENDING', 'DELIVERED') or reason_code = 'NO_PRIORITY')), false) as superseded,
     count(*) filter (where left_out and status = 'ERROR')::int as failed,
     count(*) filter (where left_out and status = 'WARNING')::int as warned,
     count(*) filter (where left_out and status = 'SUCCESS')::int as succeeded
   from mine left join counted on counted.id = mine.id
   group by mine.id`,
);
export type CatchUpFacts = z.infer<typeof readCatchUp.row>;
