import type { Agenda } from 'agenda';
import { planDigestRuns } from '../pipelines/digest/plan-digest-runs.js';
import { withHeartbeat } from './agenda.js';
import { dropWaitingInPostgres } from './wake-up-in-postgres.js';
import { watched } from './watch-job.js';
import type { WorkerSurroundings } from './worker.js';

/** Plans the digest runs of one integration. */
export function defineDigest(agenda: Agenda, surroundings: WorkerSurroundings, inMongo: boolean): void {
  agenda.define(
    'digest',
    watched(
      surroundings.metrics,
      withHeartbeat(async job => {
        const { integrationId } = job.attrs.data as { integrationId: string };
        if (!inMongo) await dropWaitingInPostgres(surroundings.orm.em.fork(), 'digest', integrationId);
        await planDigestRuns(surroundings, integrationId);
      }),
    ),
    { concurrency: 4, lockLimit: 8 },
  );
}
