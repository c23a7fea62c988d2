import { PostgresBackend } from '@agendajs/postgres-backend';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { agendaTableAdditions } from './agenda-table.sql.js';
import { requireKnownSchema } from './applied-migrations.js';
import { ormOptions } from './orm-options.js';

const lockKey = 7_282_664; // any number, the same for every process

/**
 * Brings the database to the schema of this version. Several processes may start at once: one migrates, the
 * others wait for it. Agenda's own table is created here too, because its `create … if not exists` would race if
 * every process ran it at startup. Throws UnknownSchemaError, and changes nothing, where a newer version migrated it.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const lock = new pg.Client({ connectionString: url });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [lockKey]);
    const orm = new MikroORM({
      ...ormOptions({ clientUrl: url, entities: [], poolSize: 2 }),
      logger: () => {},
    });
    try {
      requireKnownSchema((await orm.migrator.getExecuted()).map(({ name }) => name));
      await orm.migrator.up();
    } finally {
      await orm.close();
    }
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    try {
      await new PostgresBackend({ pool, disableNotifications: true }).connect();
      await pool.query(agendaTableAdditions);
    } finally {
      await pool.end();
    }
  } finally {
    await lock.end();
  }
}
