import { MongoBackend, type MongoJobRepository } from '@agendajs/mongo-backend';
import { PostgresNotificationChannel } from '@agendajs/postgres-backend';
import type { Logger } from 'pino';
import type { ChangeFeed } from '../db/changes.js';
import { execute } from '../db/sql.js';
import type { IntegrationJobName, WakeUp } from '../domain/integrations/wake-up.js';
import { createJobPool } from './job-pool.js';
import type { JobStore } from './job-store.js';

/** Keeps Agenda's jobs in MongoDB. Workers notify each other of new jobs through PostgreSQL, where the wake-ups come from. */
export function jobStoreInMongodb({
  mongodbUrl,
  databaseUrl,
  changes,
  logger,
}: {
  mongodbUrl: string;
  databaseUrl: string;
  changes: ChangeFeed;
  logger: Logger;
}): JobStore {
  const { pool, close } = createJobPool(databaseUrl, logger);
  const backend = new MongoBackend({ address: mongodbUrl });
  const channel = new PostgresNotificationChannel({ pool, channelName: 'agenda_mongo' });
  /** Known once the backend is connected. */
  const jobs = () => (backend.repository as MongoJobRepository).collection;

  /** Adds a job and notifies all workers, as `agenda.schedule` does; nothing where `unless` matches one that is there. */
  async function insertJob(
    job: IntegrationJobName,
    integrationId: string,
    at: Date,
    unless?: Record<string, unknown>,
  ): Promise<void> {
    const saved = await backend.repository.saveJob(
      {
        name: job,
        data: { integrationId },
        nextRunAt: at,
        type: 'normal',
        priority: 0,
        ...(unless && { unique: unless, uniqueOpts: { insertOnly: true } }),
      },
      undefined,
    );
    if (channel.state !== 'connected') return;
    await channel.publish({
      jobId: saved._id!,
      jobName: job,
      nextRunAt: saved.nextRunAt,
      priority: 0,
      timestamp: new Date(),
    });
  }

  return {
    backend,
    channel,
    wakeUp: wakeUpByNotice,
    wakeAt: (job, integrationId, at) =>
      insertJob(job, integrationId, at, {
        'data.integrationId': integrationId,
        lockedAt: null,
        nextRunAt: { $gt: new Date(), $lte: at },
      }),
    async dropWaiting(job, integrationId) {
      await jobs().deleteMany({
        name: job,
        'data.integrationId': integrationId,
        lockedAt: null,
        nextRunAt: { $lte: new Date() },
      });
    },
    takeWakeUps: () =>
      changes.on(change => {
        if (change.kind !== 'wake') return;
        insertJob(change.job as IntegrationJobName, change.integrationId, new Date()).catch(error =>
          logger.error({ err: error }, 'a wake-up could not be stored; the tick will find its work'),
        );
      }),
    async handBack(agendaName) {
      const taken = { lastModifiedBy: agendaName, lockedAt: { $ne: null } };
      await jobs().updateMany({ ...taken, nextRunAt: null }, { $set: { nextRunAt: new Date() } });
      await jobs().updateMany(taken, { $set: { lockedAt: null } });
    },
    close,
  };
}

/**
 * Wakes up by a notice of PostgreSQL alone, delivered on commit to every worker that listens; `takeWakeUps` makes it a
 * job. The tick makes up for a notice that no worker hears.
 */
export const wakeUpByNotice: WakeUp = async (em, job, integrationIds) => {
  await execute(
    em,
    `select pg_notify('psa_bridge', json_build_object('kind', 'wake', 'job', $1::text, 'integrationId', i.id)::text)
     from unnest($2::text[]) as i(id)`,
    [job, integrationIds],
  );
};
