import type { MikroORM } from '@mikro-orm/postgresql';
import { migrations } from '../db/migrations/list.js';
import { query } from '../db/sql.js';
import { within } from '../db/within.js';

/** What has to be mended before this process can do its work. */
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

const patienceMs = 3_000;

/**
 * Resolves when this process can do its work: the database answers and has every migration of this version
 * (later ones do no harm), and the worker, if it is one, takes jobs. Rejects with NotReady, within seconds.
 */
export async function checkReadiness(orm: MikroORM, worker?: { takesJobs(): boolean }): Promise<void> {
  let applied: { name: string }[];
  try {
    applied = await within(patienceMs, query(orm.em.fork(), 'select name from mikro_orm_migrations'));
  } catch (error) {
    throw new NotReady('database', 'the database does not answer', { cause: error });
  }
  const names = new Set(applied.map(({ name }) => name));
  const pending = migrations.filter(({ name }) => !names.has(name));
  if (pending.length > 0) {
    throw new NotReady('migrations', `not applied: ${pending.map(({ name }) => name).join(', ')}`);
  }
  if (worker && !worker.takesJobs()) throw new NotReady('worker', 'the worker does not take jobs');
}
