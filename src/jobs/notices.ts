import type { Agenda } from 'agenda';
import { sendNotices } from '../notifications/send-notices.js';
import { withHeartbeat } from './agenda.js';
import { wakeAgain } from './wake-again.js';
import { dropWaitingInPostgres } from './wake-up-in-postgres.js';
import type { WorkerSurroundings } from './worker.js';

/** Tells people of what is due about one integration, and has itself woken for an attempt that is due soon. */
export function defineNotices(
  agenda: Agenda,
  surroundings: WorkerSurroundings,
  inMongo: boolean,
  stop: AbortSignal,
): void {
  agenda.define(
    'notices',
    withHeartbeat(async job => {
      const { integrationId } = job.attrs.data as { integrationId: string };
      if (!inMongo) await dropWaitingInPostgres(surroundings.orm.em.fork(), 'notices', integrationId);
      const next = await sendNotices(surroundings, integrationId, stop);
      await wakeAgain(agenda, surroundings, inMongo, 'notices', integrationId, next);
    }),
    { concurrency: 4, lockLimit: 8 },
  );
}
