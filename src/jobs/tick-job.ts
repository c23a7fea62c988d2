import type { MikroORM } from '@mikro-orm/postgresql';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { requeueOverdueWork } from '../pipelines/requeue-overdue-work.js';
import { startDueRuns } from '../pipelines/start-due-runs.js';
import type { ScheduledJob } from './job.js';

export interface TickDependencies {
  orm: MikroORM;
  now(): Date;
  /** "06:00", in each partner's zone: when the usage run of the invoice date starts. */
  usageRunTime: string;
  wakeUp: WakeUp;
}

/**
 * Starts the runs that are due, and wakes workers for overdue work. Once at start too: work that came due while no
 * worker ran is found at once.
 */
export const tickJob: ScheduledJob<TickDependencies> = {
  name: 'tick',
  every: '1 minute',
  atStart: true,
  async work({ orm, now, usageRunTime, wakeUp }) {
    await startDueRuns(orm.em, { now: now(), usageRunTime, wakeUp });
    await requeueOverdueWork(orm.em.fork(), wakeUp, now());
  },
};
