import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { migrations } from './migrations/list.js';
import { run, statement } from './sql.js';
import { UnknownSchemaError } from './unknown-schema-error.js';

const known = migrations.map(({ name }) => name);

const applied = statement(
  z.object({ name: z.string() }),
  'select name from mikro_orm_migrations order by id',
);

/** The migrations that the database has run, by name. Rejects where it was never migrated. */
export async function appliedMigrations(em: EntityManager): Promise<string[]> {
  return (await run(em, applied)).map(({ name }) => name);
}

/** The migrations of this version that are not among the applied ones. */
export function pendingMigrations(names: readonly string[]): string[] {
  return known.filter(name => !names.includes(name));
}

/**
 * Throws UnknownSchemaError where a newer version migrated the database. For a process that starts: one that runs
 * already continues, so that versions can be exchanged one process after the other.
 */
export function requireKnownSchema(names: readonly string[]): void {
  const unknown = names.filter(name => !known.includes(name));
  if (unknown.length > 0) throw new UnknownSchemaError(unknown);
}
