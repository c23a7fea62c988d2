import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import {
  DeliveriesDocument,
  MappingsDocument,
  NewestRunChangesDocument,
  PartnerDetailsDocument,
  SyncRunsDocument,
  UsageStatementsDocument,
} from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { nextId } from '../../support/ids.js';
import { insertIntegration, reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let partner: { id: string; organizations: Record<string, string> };
let id: string;

const names = ['Alpha', 'Beta', 'Beta 100%', 'Delta', 'Epsilon'];

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database);
  partner = await reportPartner(api, 'msp', names);
  await reportPartner(api, 'other', ['Zulu']);
  id = await insertIntegration(database, api, partner.id);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const sql = <Row>(text: string, values: unknown[] = []) => query<Row>(database.orm.em.fork(), text, values);

async function insertDelivery(changes: Record<string, unknown> = {}): Promise<string> {
  const row = {
    id: nextId(),
    integration_id: id,
    kind: 'TEST',
    key: `${Math.random()}`,
    summary: 'x',
    state: 'SKIPPED',
    ...changes,
  };
  const columns = Object.keys(row);
  const [added] = await sql<{ id: string }>(
    `insert into delivery (${columns.join(', ')}) values (${columns.map((_, n) => `$${n + 1}`).join(', ')}) returning id`,
    Object.values(row),
  );
  return added!.id;
}

describe('a list', () => {
  it('is read page by page without gaps or repetitions', async () => {
    const read: string[] = [];
    let after: string | null | undefined;
    for (;;) {
      const { partner: found } = await api.ask(PartnerDetailsDocument, { id: partner.id, first: 2, after });
      const { nodes, pageInfo } = found!.organizations;
      read.push(...nodes.map(node => node.name));
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    expect(read).toEqual(names);
  });

  it('counts all its rows, whatever the page', async () => {
    const { partner: found } = await api.ask(PartnerDetailsDocument, { id: partner.id, first: 1 });
    expect(found!.organizations.totalCount).toBe(5);
  });

  it('searches by a part of the name, taking wildcards literally', async () => {
    const answer = await api.ask(PartnerDetailsDocument, { id: partner.id, search: 'a 100%' });
    expect(answer.partner!.organizations.nodes.map(node => node.name)).toEqual(['Beta 100%']);
  });

  it.each([0, -1, 501])('rejects a page of %i', async first => {
    const { errors } = await api.send(PartnerDetailsDocument, { id: partner.id, first });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it.each(['x', Buffer.from('["a"]').toString('base64url'), Buffer.from('["a","b"]').toString('base64url')])(
    'rejects the cursor %s',
    async after => {
      const { errors } = await api.send(PartnerDetailsDocument, { id: partner.id, after });
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    },
  );

  it('that is empty has no cursor', async () => {
    const { integration } = await api.ask(UsageStatementsDocument, { id });
    expect(integration!.usageStatements).toEqual({
      nodes: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    });
  });
});

describe('mappings', () => {
  beforeAll(async () => {
    await sql(
      `insert into mapping (integration_id, organization_id, company_id, company_identifier, company_name, billing_level)
       values ($1, $2, '7', 'Beta', 'Beta Ltd', 'Gold')`,
      [id, partner.organizations.Beta],
    );
  });

  it('list every organization of the partner, mapped or not', async () => {
    const { integration } = await api.ask(MappingsDocument, { id });
    expect(
      integration!.mappings.nodes.map(node => [
        node.organization.name,
        node.company?.name,
        node.billingLevel,
      ]),
    ).toEqual([
      ['Alpha', undefined, 'Default'],
      ['Beta', 'Beta Ltd', 'Gold'],
      ['Beta 100%', undefined, 'Default'],
      ['Delta', undefined, 'Default'],
      ['Epsilon', undefined, 'Default'],
    ]);
  });

  it.each([
    [true, ['Beta']],
    [false, ['Alpha', 'Beta 100%', 'Delta', 'Epsilon']],
  ])('filter by mapped: %s', async (mapped, expected) => {
    const { integration } = await api.ask(MappingsDocument, { id, mapped });
    expect(integration!.mappings.nodes.map(node => node.organization.name)).toEqual(expected);
    expect(integration!.mappings.totalCount).toBe(expected.length);
  });

  it('continue after a cursor', async () => {
    const first = await api.ask(MappingsDocument, { id, first: 3 });
    const { endCursor, hasNextPage } = first.integration!.mappings.pageInfo;
    const second = await api.ask(MappingsDocument, { id, first: 3, after: endCursor });
    expect(hasNextPage).toBe(true);
    expect(second.integration!.mappings.nodes.map(node => node.organization.name)).toEqual([
      'Delta',
      'Epsilon',
    ]);
  });

  it('suggest nothing, without an error, while the PSA cannot be reached', async () => {
    const { integration } = await api.ask(MappingsDocument, { id, mapped: false });
    expect(integration!.mappings.nodes.map(node => node.suggestion)).toEqual([null, null, null, null]);
  });
});

describe('deliveries', () => {
  it('come newest first and are filtered', async () => {
    const older = await insertDelivery({ organization_id: partner.organizations.Alpha, kind: 'DIGEST' });
    const newer = await insertDelivery({ organization_id: partner.organizations.Alpha, kind: 'DIGEST' });
    await insertDelivery({ kind: 'DIGEST', organization_id: partner.organizations.Beta });
    const organizationId = partner.organizations.Alpha!;
    const { integration } = await api.ask(DeliveriesDocument, { id, kind: 'DIGEST', organizationId });
    expect(integration!.deliveries.nodes.map(node => node.id)).toEqual([newer, older]);
    expect(integration!.deliveries.totalCount).toBe(2);
    expect(integration!.deliveries.nodes[0]!.organization?.name).toBe('Alpha');
  });

  it('of an unknown organization are an empty list', async () => {
    const { integration } = await api.ask(DeliveriesDocument, { id, organizationId: 'x' });
    expect(integration!.deliveries).toMatchObject({ nodes: [], totalCount: 0 });
  });
});

describe('runs', () => {
  const insertRun = async (pipeline: string, dryRun = false) => {
    const [run] = await sql<{ id: string }>(
      `insert into sync_run (id, integration_id, pipeline, trigger, state, dry_run, started_at, finished_at)
       values ($1, $2, $3, 'MANUAL', 'SUCCEEDED', $4, now(), now()) returning id`,
      [nextId(), id, pipeline, dryRun],
    );
    return run!.id;
  };

  it('come newest first, of one pipeline where asked', async () => {
    const older = await insertRun('DIGEST');
    await insertRun('EVENTS');
    const newer = await insertRun('DIGEST');
    const { integration } = await api.ask(SyncRunsDocument, { id, pipeline: 'DIGEST' });
    expect(integration!.syncRuns.nodes.map(run => run.id)).toEqual([newer, older]);
  });

  it('show what a dry run would do', async () => {
    const run = await insertRun('USAGE', true);
    await sql(
      `insert into planned_change (run_id, organization_id, summary, before, after) values ($1, $2, 'More', 5.5, 1250.75)`,
      [run, partner.organizations.Alpha],
    );
    const { integration } = await api.ask(NewestRunChangesDocument, { id, pipeline: 'USAGE' });
    expect(integration!.syncRuns.nodes[0]!.changes.nodes).toEqual([
      {
        organization: { id: partner.organizations.Alpha, name: 'Alpha' },
        summary: 'More',
        before: '5.5',
        after: '1250.75',
      },
    ]);
  });

  it('show each organization behind a quantity that sums several', async () => {
    const run = await insertRun('USAGE');
    const delivery = await insertDelivery({
      run_id: run,
      kind: 'USAGE',
      state: 'DELIVERED',
      delivered_at: new Date(),
      quantity_before: '1',
      quantity_after: '30',
    });
    const [statement] = await sql<{ id: string }>(
      `insert into usage_statement (integration_id, period_start, period_end, invoice_date, revision)
       values ($1, '2026-10-15', '2026-11-14', '2026-11-15', 1) returning id`,
      [id],
    );
    for (const [name, quantity] of [
      ['Alpha', '10'],
      ['Beta', '20'],
    ] as const) {
      await sql(
        `insert into usage_line (id, statement_id, organization_id, usage_type, quantity, evidence, billing_level, delivery_id)
         values ($1, $2, $3, 'Backup Usage', $4, '{}', 'Gold', $5)`,
        [nextId(), statement!.id, partner.organizations[name], quantity, delivery],
      );
    }
    const first = await api.ask(NewestRunChangesDocument, { id, pipeline: 'USAGE', first: 1 });
    const page = first.integration!.syncRuns.nodes[0]!.changes;
    const second = await api.ask(NewestRunChangesDocument, {
      id,
      pipeline: 'USAGE',
      first: 1,
      after: page.pageInfo.endCursor,
    });
    const changes = [...page.nodes, ...second.integration!.syncRuns.nodes[0]!.changes.nodes];
    expect(changes.map(change => [change.organization.name, change.before, change.after])).toEqual([
      ['Alpha', '1', '30'],
      ['Beta', '1', '30'],
    ]);
    const { integration } = await api.ask(UsageStatementsDocument, { id });
    expect(integration!.usageStatements.nodes[0]).toMatchObject({
      periodStart: '2026-10-15',
      invoiceDate: '2026-11-15',
      lines: [
        { organization: { name: 'Alpha' }, quantity: '10', psaQuantity: '30', state: 'DELIVERED' },
        { organization: { name: 'Beta' }, quantity: '20', psaQuantity: '30', state: 'DELIVERED' },
      ],
    });
  });
});
