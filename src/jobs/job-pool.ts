import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Agenda's own connections to PostgreSQL: it listens on one of them all the time. None is opened before it is used. */
export interface JobPool {
  pool: pg.Pool;
  close(): Promise<void>;
}

/** `logError` gets every error of an idle connection; without a listener such an error ends the process. */
export function createJobPool(databaseUrl: string, logError: (error: unknown) => void): JobPool {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 5, application_name: 'psa-bridge jobs' });
  pool.on('error', logError);
  return {
    pool,
    // A channel of Agenda 6.2.6 that is reconnecting takes a connection now and never gives it back: do not wait for it.
    close: () => Promise.race([pool.end(), pause(1_000)]),
  };
}
