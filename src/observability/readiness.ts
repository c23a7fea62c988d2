import type { MikroORM } from '@mikro-orm/postgresql';
import { appliedMigrations, pendingMigrations } from '../db/applied-migrations.js';
import { within } from '../db/within.js';

/** What has to be fixed before this process can work. */
export type Missing = 'database' | 'migrations' | 'worker';

export class NotReady extends Error {
  constructor(
    readonly missing: Missing,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const timeLimitMs = 3_000;

/**
 * Resolves when this process can work: the database answers and has every migration of this version, and the worker,
 * if the process has one, takes jobs. Rejects with NotReady, at the latest after three seconds.
 *
 * Migrations of a newer version do not matter here: during an upgrade the old processes serve until they are replaced.
 * A process that starts then refuses; see migrateDatabase.
 */
export async function checkReadiness(orm: MikroORM, worker?: { takesJobs(): boolean }): Promise<void> {
  let pending: string[];
  try {
    pending = pendingMigrations(await within(timeLimitMs, appliedMigrations(orm.em.fork())));
  } catch (error) {
    throw new NotReady('database', 'the database does not answer', { cause: error });
  }
  if (pending.length > 0) throw new NotReady('migrations', `not applied: ${pending.join(', ')}`);
  if (worker && !worker.takesJobs()) throw new NotReady('worker', 'the worker does not take jobs');
}
