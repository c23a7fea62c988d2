import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';

/** Agenda's own connections to PostgreSQL: it listens on one of them all the time. None is opened before it is used. */
export interface JobPool {
  pool: pg.Pool;
  close(): Promise<void>;
}

export function createJobPool(databaseUrl: string, logger: Logger): JobPool {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 5, application_name: 'psa-bridge jobs' });
  // An idle connection that breaks would end the process otherwise.
  pool.on('error', error => logger.error({ err: error }, 'a connection of the job queue was lost'));
  return {
    pool,
    // A channel of Agenda 6.2.6 that is reconnecting takes a connection now and never gives it back: do not wait for it.
    close: () => Promise.race([pool.end(), pause(1_000)]),
  };
}
