import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrateDatabase } from '../../../src/db/migrate-database.js';
import { migrations } from '../../../src/db/migrations/list.js';
import { type EmptyDatabase, emptyDatabase, migrateUpTo } from '../../support/empty-database.js';
import { describeSchema, type SchemaDescription } from '../../support/schema-description.js';

const names = migrations.map(({ name }) => name);
const [firstRelease] = names as [string];

let fresh: SchemaDescription;
let database: EmptyDatabase;

beforeAll(async () => {
  const created = await emptyDatabase();
  await migrateDatabase(created.url);
  fresh = await describeSchema(created.url);
  await created.drop();
});

beforeEach(async () => {
  database = await emptyDatabase();
  return () => database.drop();
});

describe('an upgraded database is the same as a fresh one', () => {
  it.each(names)('from the schema that ends with %s', async name => {
    await migrateUpTo(database.url, name);
    await migrateDatabase(database.url);
    expect(await describeSchema(database.url)).toEqual(fresh);
  });

  it('where the initial migration already contained what was added after 0.1.0', async () => {
    await migrateDatabase(database.url);
    await database.query(
      `delete from mikro_orm_migrations where name = 'Migration20261123164500_since_0_1_0'`,
    );
    await migrateDatabase(database.url);
    expect(await describeSchema(database.url)).toEqual(fresh);
  });

  it('where no migration is pending', async () => {
    await migrateDatabase(database.url);
    await migrateDatabase(database.url);
    expect(await describeSchema(database.url)).toEqual(fresh);
  });
});

describe('an upgrade', () => {
  it('keeps the rows of the first release, with defaults for what was added', async () => {
    await migrateUpTo(database.url, firstRelease);
    await database.query(`
      with p as (insert into partner (external_id, name, time_zone, invoice_day) values ('p', 'P', 'UTC', 23) returning id),
      i as (insert into integration (partner_id, psa, account, credentials, daily_digest_time)
        select id, 'connectwise', 'a', 'sealed', '06:15' from p returning id),
      r as (insert into sync_run (integration_id, pipeline, trigger, started_at)
        select id, 'EVENTS', 'INGEST', now() from i returning id, integration_id)
      insert into delivery (integration_id, run_id, kind, key, summary, state, delivered_at)
      select integration_id, id, 'DIGEST', 'k', 'Summary', 'DELIVERED', now() from r`);
    await migrateDatabase(database.url);
    expect(
      await database.query(
        `select i.daily_digest_time, i.catch_up, i.notification_email, r.total, r.delivered, d.summary, d.released_by
         from integration i join sync_run r on r.integration_id = i.id join delivery d on d.run_id = r.id`,
      ),
    ).toEqual([
      {
        daily_digest_time: '06:15',
        catch_up: 'ALL',
        notification_email: null,
        total: 1,
        delivered: 1,
        summary: 'Summary',
        released_by: null,
      },
    ]);
  });
});
