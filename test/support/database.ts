import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase } from '../../src/db/connection.js';
import { entities } from '../../src/domain/entities.js';
import { template } from './postgres.global.js';

export interface TestDatabase {
  url: string;
  orm: MikroORM;
  /** False: closes every connection to this database and rejects new ones, as if the server were down. */
  allowConnections(allowed: boolean): Promise<void>;
  /** Closes the connections and drops the database. */
  drop(): Promise<void>;
}

/** An empty database at the newest schema, for one test file alone. */
export async function freshDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('serverUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asOwner(serverUrl, `create database ${name} template ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const orm = await openDatabase({ url: url.href, entities });
  return {
    url: url.href,
    orm,
    async allowConnections(allowed) {
      await asOwner(serverUrl, `alter database ${name} allow_connections ${allowed}`);
      if (!allowed) {
        const others = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
        await asOwner(serverUrl, others);
      }
    },
    async drop() {
      await orm.close();
      await asOwner(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

async function asOwner(serverUrl: string, sql: string): Promise<void> {
  const owner = new pg.Client({ connectionString: serverUrl });
  await owner.connect();
  try {
    // PostgreSQL clones a template only while no other connection uses it: one at a time, across processes.
    await owner.query('select pg_advisory_lock(1)');
    await owner.query(sql);
  } finally {
    await owner.end();
  }
}
