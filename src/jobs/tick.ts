import type { Agenda } from 'agenda';
import { wakeTheForgotten } from '../pipelines/requeue-overdue-work.js';
import { startDueRuns } from '../pipelines/start-due-runs.js';
import { withHeartbeat } from './agenda.js';
import { watched } from './watch-job.js';
import type { WorkerSurroundings } from './worker.js';

/**
 * Every minute and at start: starts the runs whose time has come and wakes what nobody was woken for. Two at
 * once do no harm.
 */
export function defineTick(
  agenda: Agenda,
  { orm, now, usageRunTime, wakeUp, metrics }: WorkerSurroundings,
): void {
  agenda.define(
    'tick',
    watched(
      metrics,
      withHeartbeat(async () => {
        await startDueRuns(orm.em, { now: now(), usageRunTime, wakeUp });
        await wakeTheForgotten(orm.em.fork(), wakeUp, now());
      }),
    ),
    { concurrency: 1, lockLimit: 1 },
  );
}
