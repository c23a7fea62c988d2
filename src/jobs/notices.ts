import type { Agenda } from 'agenda';
import { sendNotices } from '../pipelines/notices/send-notices.js';
import { withHeartbeat } from './agenda.js';
import { dropWaitingInPostgres, wakeAtInPostgres } from './wake-up.js';
import type { WorkerSurroundings } from './worker.js';

/** What is due later than this is left to the tick. */
const soonMs = 60_000;

/** Tells people of what is due about one integration, and has itself woken for an attempt that is due soon. */
export function defineNotices(
  agenda: Agenda,
  surroundings: WorkerSurroundings,
  inMongo: boolean,
  stop: AbortSignal,
): void {
  const { orm, now } = surroundings;
  agenda.define(
    'notices',
    withHeartbeat(async job => {
      const { integrationId } = job.attrs.data as { integrationId: string };
      if (!inMongo) await dropWaitingInPostgres(orm.em.fork(), 'notices', integrationId);
      const next = await sendNotices(surroundings, integrationId, stop);
      if (!next) return;
      const inMs = Math.max(next.getTime() - now().getTime(), 0);
      if (inMs > soonMs) return;
      // Agenda goes by the machine's clock, whatever `now` says.
      const again = new Date(Date.now() + inMs);
      if (inMongo) await agenda.schedule(again, 'notices', { integrationId });
      else await wakeAtInPostgres(orm.em.fork(), 'notices', integrationId, again);
    }),
    { concurrency: 4, lockLimit: 8 },
  );
}
