import type { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { askAsPartner, partnerRole } from '../../../src/domain/access/partner-rows.js';
import { wakeUpInPostgres } from '../../../src/jobs/job-store-in-postgres.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { addMarkedPartner, type MarkedPartner } from '../../support/two-partners.js';

let database: TestDatabase;
let api: TestApi;
let mine: MarkedPartner;
let theirs: MarkedPartner;
/** Queries the database as a partner's request does, without a resolver in between. */
let asMe: EntityManager;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database);
  mine = await addMarkedPartner(database, api, 'mine');
  theirs = await addMarkedPartner(database, api, 'theirs');
  asMe = database.orm.em.fork();
  askAsPartner(asMe, mine.partnerId);
  const system = database.orm.em.fork();
  for (const { integrationId } of [mine, theirs]) await wakeUpInPostgres(system, 'digest', [integrationId]);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

/** Tables that belong to no partner: the bookkeeping of MikroORM. */
const withoutRows = ['mikro_orm_migrations'];
/** Tables that no partner may read. */
const closed = ['lease', 'request_allowance', 'notice_delivery', 'agenda_logs'];

async function tables(): Promise<string[]> {
  const rows = await query<{ name: string }>(
    database.orm.em.fork(),
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  return rows.map(({ name }) => name).filter(name => !withoutRows.includes(name));
}

describe('PostgreSQL, queried as a partner', () => {
  it('shows of every table that partners may read the partner’s own rows only', async () => {
    const seen: Record<string, string> = {};
    for (const table of (await tables()).filter(name => !closed.includes(name))) {
      const own = await query<{ row: string }>(asMe, `select t::text as row from ${table} t`);
      const text = own.map(({ row }) => row).join('\n');
      const foreign = [theirs.mark, theirs.partnerId, theirs.integrationId, theirs.organizationId];
      if (foreign.some(mark => text.includes(mark))) seen[table] = 'shows another partner’s rows';
      else if (own.length === 0) seen[table] = 'shows nothing at all';
    }
    expect(seen).toEqual({});
  });

  it.each(closed)('shows nothing of %s', async table => {
    await expect(query(asMe, `select * from ${table}`)).rejects.toThrow(/permission denied/);
  });

  it('shows both partners’ rows to the service itself', async () => {
    const system = database.orm.em.fork();
    const rows = await query<{ id: string }>(system, 'select id from delivery order by id');
    expect(rows.map(({ id }) => id)).toEqual([mine.deliveryId, theirs.deliveryId]);
  });

  it('shows nothing if no partner is set', async () => {
    const withoutPartner = database.orm.em.fork();
    withoutPartner.setSessionContext({ role: partnerRole });
    expect(await query(withoutPartner, 'select id from partner')).toEqual([]);
    expect(await query(withoutPartner, 'select id from delivery')).toEqual([]);
  });

  it.each(['integration', 'mapping', 'delivery', 'sync_run', 'api_token'])(
    'changes nothing of another partner’s %s',
    async table => {
      const column = { mapping: 'billing_level', api_token: 'name', integration: 'account' }[table] ?? 'id';
      const changed = await query<object>(asMe, `update ${table} set ${column} = ${column} returning 1`);
      expect(changed).toHaveLength(1);
    },
  );

  it.each([
    ['delivery', `insert into delivery (integration_id, kind, key, summary) values ($1, 'TEST', 'x', 'x')`],
    [
      'sync_run',
      `insert into sync_run (integration_id, pipeline, trigger, started_at) values ($1, 'EVENTS', 'MANUAL', now())`,
    ],
    [
      'agenda_jobs',
      `insert into agenda_jobs (name, data) values ('deliver', jsonb_build_object('integrationId', $1::text))`,
    ],
  ])('adds no row to another partner’s %s', async (_table, sql) => {
    await expect(query(asMe, sql, [theirs.integrationId])).rejects.toThrow(/row-level security/);
  });

  it('does not move a row to another partner', async () => {
    await expect(
      query(asMe, 'update delivery set integration_id = $1', [theirs.integrationId]),
    ).rejects.toThrow(/row-level security/);
  });

  it('has a partner role that can neither log in nor bypass the policies', async () => {
    const rights = await query<{ name: string }>(
      database.orm.em.fork(),
      `select rolname as name from pg_roles where rolname = $1 and (rolcanlogin or rolsuper or rolbypassrls or rolcreaterole)`,
      [partnerRole],
    );
    expect(rights).toEqual([]);
  });

  it('grants partners only tables with row-level security', async () => {
    const open = await query<{ name: string }>(
      database.orm.em.fork(),
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
         and not relrowsecurity and has_table_privilege($1, oid, 'select')`,
      [partnerRole],
    );
    expect(open).toEqual([]);
  });
});
