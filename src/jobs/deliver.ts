import type { Agenda } from 'agenda';
import { deliverIntegration } from '../pipelines/deliver/deliver-integration.js';
import { withHeartbeat } from './agenda.js';
import { dropWaitingInPostgres, wakeAtInPostgres } from './wake-up.js';
import { watched } from './watch-job.js';
import type { WorkerSurroundings } from './worker.js';

/** What is due later than this is left to the tick. */
const soonMs = 60_000;

/** Delivers what one integration owes for a slice of time, and has itself woken for the rest. */
export function defineDeliver(
  agenda: Agenda,
  surroundings: WorkerSurroundings,
  inMongo: boolean,
  stop: AbortSignal,
): void {
  const { orm, now, metrics } = surroundings;
  agenda.define(
    'deliver',
    watched(
      metrics,
      withHeartbeat(async job => {
        const { integrationId } = job.attrs.data as { integrationId: string };
        if (!inMongo) await dropWaitingInPostgres(orm.em.fork(), 'deliver', integrationId);
        const again = await deliverIntegration(surroundings, integrationId, stop);
        if (!again || again.getTime() - now().getTime() > soonMs) return;
        if (inMongo) await agenda.schedule(again, 'deliver', { integrationId });
        else await wakeAtInPostgres(orm.em.fork(), 'deliver', integrationId, again);
      }),
    ),
    { concurrency: 20, lockLimit: 40 },
  );
}
