import type { Agenda } from 'agenda';
import { takeLease } from '../db/leases.js';
import { withHeartbeat } from './agenda.js';
import { thinFacts } from './delete-expired-records.js';
import type { WorkerSurroundings } from './worker.js';

const day = 24 * 3_600_000;

/** Once a day, by whichever worker comes first: deletes facts that are older than the setting says. */
export function defineRetention(
  agenda: Agenda,
  { orm, now, logger, owner, retentionDays }: WorkerSurroundings,
  stop: AbortSignal,
): void {
  agenda.define(
    'retention',
    withHeartbeat(async () => {
      if (retentionDays === 0) return;
      // The lease is left to run out: while it lasts, the day's work is done.
      if (!(await takeLease(orm.em.fork(), 'retention', owner, day))) return;
      const before = new Date(now().getTime() - retentionDays * day);
      const thinned = await thinFacts(orm.em, before, stop);
      logger.info({ before, ...thinned }, 'deleted old facts');
    }),
    { concurrency: 1, lockLimit: 1 },
  );
}
