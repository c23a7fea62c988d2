import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

describe('the database schema', () => {
  it('is what the entities say', async () => {
    const difference = await database.orm.schema.getUpdateSchemaSQL({ wrap: false, safe: true });
    expect(difference.trim()).toBe('');
  });

  it('makes ids that sort by time', async () => {
    const [row] = await query<{ ids: string[] }>(
      database.orm.em.fork(),
      `select array_agg(id order by n) as ids from (select n, uuid_v7() as id from generate_series(1, 3) n, pg_sleep(0.002)) s`,
    );
    expect(
      row!.ids.every(id => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toBe(true);
  });
});
