import { randomUUID } from 'node:crypto';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { inject } from 'vitest';
import { ormOptions } from '../../src/db/orm-options.js';

export interface EmptyDatabase {
  url: string;
  /** Runs SQL that answers no more than `rows`. */
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A database without any table. */
export async function emptyDatabase(): Promise<EmptyDatabase> {
  const serverUrl = inject('serverUrl');
  const name = `empty_${randomUUID().replaceAll('-', '')}`;
  await queryAt(serverUrl, `create database ${name} template template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: sql => queryAt(url.href, sql),
    async drop() {
      await queryAt(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

/** Runs the migrations up to the named one, as the versions that ended with it did. */
export async function migrateUpTo(url: string, migration: string): Promise<void> {
  const orm = new MikroORM({
    ...ormOptions({ clientUrl: url, entities: [], poolSize: 1 }),
    logger: () => {},
  });
  try {
    await orm.migrator.up({ to: migration });
  } finally {
    await orm.close();
  }
}

async function queryAt<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
