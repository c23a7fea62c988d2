import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import type { IntegrationJob, WakeUp } from '../domain/integrations/wake-up.js';

/**
 * Wakes up by a row in Agenda's own table, in the transaction of the work: it is there if and only if the
 * work is. The notice makes the workers look at once instead of at their next poll.
 */
export const wakeUpInPostgres: WakeUp = (em, job, integrationIds) =>
  insertJobs(em, job, integrationIds, null);

/** As `wakeUpInPostgres`, at a later time; once is enough for all who want it by then. */
export async function wakeAtInPostgres(
  em: EntityManager,
  job: IntegrationJob,
  integrationId: string,
  at: Date,
): Promise<void> {
  await insertJobs(em, job, [integrationId], at);
}

async function insertJobs(
  em: EntityManager,
  job: IntegrationJob,
  integrationIds: readonly string[],
  at: Date | null,
): Promise<void> {
  if (integrationIds.length === 0) return;
  await query(
    em,
    `with added as (
       insert into agenda_jobs (name, next_run_at, data)
       select $1::text, coalesce($3::timestamptz, now()), jsonb_build_object('integrationId', i.id)
       from unnest($2::text[]) as i(id)
       where $3::timestamptz is null or not exists (
         select 1 from agenda_jobs j where j.name = $1::text and j.data->>'integrationId' = i.id
           and j.locked_at is null and j.next_run_at is not null and j.next_run_at > now() and j.next_run_at <= $3)
       returning id, next_run_at
     )
     select pg_notify('agenda:jobs', json_build_object('jobId', id, 'jobName', $1::text, 'nextRunAt', next_run_at,
       'priority', 0, 'timestamp', now())::text) from added`,
    [job, integrationIds, at],
  );
}

/**
 * Removes the other wake-ups that wait for the same work. To be called before looking at the work: whatever
 * they were about is committed and will be seen.
 */
export async function dropWaitingInPostgres(
  em: EntityManager,
  job: string,
  integrationId: string,
): Promise<void> {
  await query(
    em,
    `delete from agenda_jobs where id in (
       select id from agenda_jobs where name = $1 and data->>'integrationId' = $2 and locked_at is null
         and next_run_at is not null and next_run_at <= now() for update skip locked)`,
    [job, integrationId],
  );
}

/**
 * Wakes up by a notice alone, for a job store outside PostgreSQL: told on commit, to every worker that
 * listens. A notice that nobody heard is made up for by the tick.
 */
export const wakeUpByNotice: WakeUp = async (em, job, integrationIds) => {
  await query(
    em,
    `select pg_notify('psa_bridge', json_build_object('kind', 'wake', 'job', $1::text, 'integrationId', i.id)::text)
     from unnest($2::text[]) as i(id)`,
    [job, integrationIds],
  );
};
