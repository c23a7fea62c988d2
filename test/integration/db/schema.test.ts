import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ormOptions } from '../../../src/db/orm-options.js';
import { query } from '../../../src/db/sql.js';
import { entities } from '../../../src/domain/entities.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

describe('the database schema', () => {
  it('matches the entities', async () => {
    const difference = await database.orm.schema.getUpdateSchemaSQL({ wrap: false, safe: true });
    expect(difference.trim()).toBe('');
  });

  it('has nothing that the entities do not declare, except triggers', async () => {
    const difference = await database.orm.schema.getUpdateSchemaSQL({ wrap: false, dropTables: false });
    const rest = difference
      .split('\n')
      .filter(line => !/^(drop (trigger|function) if exists .*;)?$/.test(line));
    expect(rest).toEqual([]);
  });

  it('matches the snapshot from which the next migration is created', async () => {
    vi.stubEnv('MIKRO_ORM_CLI', '1');
    const orm = new MikroORM(ormOptions({ clientUrl: database.url, entities, poolSize: 1 }));
    vi.unstubAllEnvs();
    try {
      expect(await orm.migrator.checkSchema()).toBe(false);
    } finally {
      await orm.close();
    }
  });

  it('generates ids that sort by time', async () => {
    const [row] = await query<{ ids: string[] }>(
      database.orm.em.fork(),
      `select array_agg(id order by n) as ids from (select n, uuid_v7() as id from generate_series(1, 3) n, pg_sleep(0.002)) s`,
    );
    expect(
      row!.ids.every(id => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toBe(true);
  });
});
