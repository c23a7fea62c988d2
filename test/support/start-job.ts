import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../../src/db/sql.js';

/**
 * Starts a job in the worker at once, as the passing of time would: a row in Agenda's table, and the notice without
 * which Agenda sees the row at its next poll, up to a second later.
 */
export async function startJob(em: EntityManager, name: string, data: object = {}): Promise<void> {
  await execute(
    em,
    `with added as (
       insert into agenda_jobs (name, next_run_at, data) values ($1::text, now(), $2::jsonb) returning id, next_run_at
     )
     select pg_notify('agenda:jobs', json_build_object('jobId', id, 'jobName', $1::text, 'nextRunAt', next_run_at,
       'priority', 0, 'timestamp', now())::text) from added`,
    [name, JSON.stringify(data)],
  );
}
