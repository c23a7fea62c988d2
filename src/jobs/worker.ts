import type { ChangeFeed } from '../db/changes.js';
import type { IntegrationJob } from '../domain/integrations/wake-up.js';
import type { NoticeDependencies } from '../notifications/send-notices.js';
import type { UsageSurroundings } from '../pipelines/usage/plan-usage-runs.js';
import { makeAgenda } from './agenda.js';
import { defineDeliver } from './deliver.js';
import { defineDigest } from './digest.js';
import { defineNotices } from './notices.js';
import { defineRetention } from './retention.js';
import { defineTick } from './tick.js';
import { defineUsage } from './usage.js';
import { integrationOf } from './watch-job.js';

export interface WorkerSurroundings extends UsageSurroundings, NoticeDependencies {
  databaseUrl: string;
  mongodbUrl: string | undefined;
  changes: ChangeFeed;
  usageRunTime: string;
  /** 0: facts are kept for ever. */
  retentionDays: number;
}

export interface Worker {
  /** Whether due jobs are looked for and begun. */
  takesJobs(): boolean;
  /** Ends what is running within the limit and hands back the rest. */
  stop(graceMs: number): Promise<void>;
}

/** Starts to work: what came due while nothing ran is looked for at once. */
export async function startWorker(surroundings: WorkerSurroundings): Promise<Worker> {
  const { databaseUrl, mongodbUrl, changes, logger } = surroundings;
  const stopping = new AbortController();
  const { agenda, takesJobs, stop } = makeAgenda({
    databaseUrl,
    mongodbUrl,
    logError: error => logger.error({ err: error }, 'the job queue reports an error'),
  });
  const inMongo = mongodbUrl !== undefined;
  defineTick(agenda, surroundings);
  defineUsage(agenda, surroundings, inMongo);
  defineDigest(agenda, surroundings, inMongo);
  defineDeliver(agenda, surroundings, inMongo, stopping.signal);
  defineNotices(agenda, surroundings, inMongo, stopping.signal);
  defineRetention(agenda, surroundings, stopping.signal);
  agenda.on('fail', (error, job) =>
    logger.error({ job: job.attrs.name, integration: integrationOf(job), err: error }, 'a job failed'),
  );
  await agenda.start();
  const unsubscribe = changes.on(change => {
    if (change.kind === 'wake' && inMongo) {
      agenda
        .now(change.job as IntegrationJob, { integrationId: change.integrationId })
        .catch(error =>
          logger.error({ err: error }, 'a wake-up could not be stored; the tick will find its work'),
        );
    }
  });
  await agenda.every('1 minute', 'tick', undefined, { skipImmediate: true });
  await agenda.every('1 hour', 'retention', undefined, { skipImmediate: true });
  await agenda.now('tick', {});
  return {
    takesJobs,
    async stop(graceMs) {
      unsubscribe();
      stopping.abort();
      await stop(graceMs);
    },
  };
}
