import { PostgresBackend, type PostgresNotificationChannel } from '@agendajs/postgres-backend';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { execute } from '../db/sql.js';
import type { IntegrationJobName, WakeUp } from '../domain/integrations/wake-up.js';
import { createJobPool } from './job-pool.js';
import type { JobStore } from './job-store.js';

/** Keeps Agenda's jobs in the service's own database, in the table `agenda_jobs`. */
export function jobStoreInPostgres({
  databaseUrl,
  orm,
  logger,
}: {
  databaseUrl: string;
  orm: MikroORM;
  logger: Logger;
}): JobStore {
  const { pool, close } = createJobPool(databaseUrl, logger);
  // The table is part of the service's migrations.
  const backend = new PostgresBackend({ pool, ensureSchema: false });
  return {
    backend,
    channel: backend.notificationChannel as PostgresNotificationChannel,
    wakeUp: wakeUpInPostgres,
    wakeAt: (job, integrationId, at) => insertJobs(orm.em.fork(), job, [integrationId], at),
    async dropWaiting(job, integrationId) {
      await execute(
        orm.em.fork(),
        `delete from agenda_jobs where id in (
           select id from agenda_jobs where name = $1 and data->>'integrationId' = $2 and locked_at is null
             and next_run_at is not null and next_run_at <= now() for update skip locked)`,
        [job, integrationId],
      );
    },
    // A wake-up is a job from the beginning.
    takeWakeUps: () => () => {},
    async handBack(agendaName) {
      await pool.query(
        `update agenda_jobs set locked_at = null, next_run_at = coalesce(next_run_at, now())
         where last_modified_by = $1 and locked_at is not null`,
        [agendaName],
      );
    },
    close,
  };
}

/** Wakes up by a row in Agenda's own table: the row exists if and only if the transaction is committed. */
export const wakeUpInPostgres: WakeUp = (em, job, integrationIds) =>
  insertJobs(em, job, integrationIds, null);

/** `at` null: now, even where another wake-up waits, because that one may be taken before this transaction ends. */
async function insertJobs(
  em: EntityManager,
  job: IntegrationJobName,
  integrationIds: readonly string[],
  at: Date | null,
): Promise<void> {
  if (integrationIds.length === 0) return;
  await execute(
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
