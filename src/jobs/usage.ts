import type { Agenda } from 'agenda';
import { planUsageRuns } from '../pipelines/usage/plan-usage-runs.js';
import { withHeartbeat } from './agenda.js';
import { dropWaitingInPostgres } from './wake-up-in-postgres.js';
import { watched } from './watch-job.js';
import type { WorkerSurroundings } from './worker.js';

/** Plans the usage runs of one integration. */
export function defineUsage(agenda: Agenda, surroundings: WorkerSurroundings, inMongo: boolean): void {
  agenda.define(
    'usage',
    watched(
      surroundings.metrics,
      withHeartbeat(async job => {
        const { integrationId } = job.attrs.data as { integrationId: string };
        if (!inMongo) await dropWaitingInPostgres(surroundings.orm.em.fork(), 'usage', integrationId);
        await planUsageRuns(surroundings, integrationId);
      }),
    ),
    { concurrency: 4, lockLimit: 8 },
  );
}
