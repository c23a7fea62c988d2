import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { takeLease } from '../db/leases.js';
import { deleteExpiredRecords } from './delete-expired-records.js';
import type { ScheduledJob } from './job.js';

export interface RetentionDependencies {
  orm: MikroORM;
  logger: Logger;
  now(): Date;
  /** Names this process in leases. */
  owner: string;
  /** How long records are kept; 0: for ever. */
  retentionDays: number;
}

const dayMs = 24 * 3_600_000;

/** Deletes expired records once a day, although it is started every hour, by whichever worker comes first. */
export const retentionJob: ScheduledJob<RetentionDependencies> = {
  name: 'retention',
  every: '1 hour',
  atStart: false,
  async work({ orm, logger, now, owner, retentionDays }, stop) {
    if (retentionDays === 0) return;
    // The lease is never released: until it ends, the work of the day is done.
    if (!(await takeLease(orm.em.fork(), 'retention', owner, dayMs))) return;
    const before = new Date(now().getTime() - retentionDays * dayMs);
    const deleted = await deleteExpiredRecords(orm.em, before, stop);
    logger.info({ before, ...deleted }, 'deleted expired records');
  },
};
