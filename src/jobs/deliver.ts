import type { Agenda } from 'agenda';
import { deliverIntegration } from '../delivery/deliver-integration.js';
import { withHeartbeat } from './agenda.js';
import { wakeAgain } from './wake-again.js';
import { dropWaitingInPostgres } from './wake-up-in-postgres.js';
import { watched } from './watch-job.js';
import type { WorkerSurroundings } from './worker.js';

/** Delivers what one integration owes for a slice of time, and has itself woken for the rest. */
export function defineDeliver(
  agenda: Agenda,
  surroundings: WorkerSurroundings,
  inMongo: boolean,
  stop: AbortSignal,
): void {
  agenda.define(
    'deliver',
    watched(
      surroundings.metrics,
      withHeartbeat(async job => {
        const { integrationId } = job.attrs.data as { integrationId: string };
        if (!inMongo) await dropWaitingInPostgres(surroundings.orm.em.fork(), 'deliver', integrationId);
        const again = await deliverIntegration(surroundings, integrationId, stop);
        await wakeAgain(agenda, surroundings, inMongo, 'deliver', integrationId, again);
      }),
    ),
    { concurrency: 20, lockLimit: 40 },
  );
}
