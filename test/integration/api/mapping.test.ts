import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import { query } from '../../../src/db/sql.js';
import {
  CompaniesDocument,
  type MappingInput,
  MappingsDocument,
  RetryDeliveriesDocument,
  RunPipelineDocument,
  SendTestTicketDocument,
  ServiceBoardsDocument,
  SetMappingsDocument,
  UpdateIntegrationOptionsDocument,
} from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { connect } from '../../support/connect.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let sandbox: Sandbox;
let id: string;
let organizations: Record<string, string>;
let companies: Record<string, string>;
let foreign: string;

const names = ['PM Customer #1', 'pm customer #2', 'Unknown to the PSA'];

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox();
  api = await startTestApi(database, { allowedHosts: [sandbox.host] });
  const partner = await reportPartner(api, 'msp', names);
  organizations = partner.organizations;
  foreign = (await reportPartner(api, 'other', ['Foreign'])).organizations.Foreign!;
  id = await connect(api, sandbox, partner.id);
  const found = await api.ask(CompaniesDocument, { id, search: 'PM Customer' });
  companies = Object.fromEntries(found.integration!.companies.nodes.map(node => [node.name, node.id]));
});

afterAll(async () => {
  await api.stop();
  await sandbox.close();
  await database.drop();
});

const set = async (mappings: MappingInput[]) =>
  (await api.ask(SetMappingsDocument, { integrationId: id, mappings })).setMappings;
const mapped = async () => {
  const { integration } = await api.ask(MappingsDocument, { id, mapped: true });
  return integration!.mappings.nodes.map(node => [
    node.organization.name,
    node.company!.name,
    node.billingLevel,
  ]);
};
const one = () => ({
  organizationId: organizations['PM Customer #1']!,
  companyId: companies['PM Customer #1']!,
});

describe('companies', () => {
  it('are searched by the PSA', () => {
    expect(Object.keys(companies).sort()).toEqual(['PM Customer #1', 'PM Customer #2']);
  });

  it('are paged by the PSA', async () => {
    const first = await api.ask(CompaniesDocument, { id, first: 3 });
    const { endCursor, hasNextPage } = first.integration!.companies.pageInfo;
    const second = await api.ask(CompaniesDocument, { id, first: 3, after: endCursor });
    const read = [...first.integration!.companies.nodes, ...second.integration!.companies.nodes];
    expect([hasNextPage, new Set(read.map(company => company.id)).size]).toEqual([true, 6]);
  });
});

describe('a mapping', () => {
  it('is suggested by the name, whatever its case', async () => {
    const { integration } = await api.ask(MappingsDocument, { id });
    expect(integration!.mappings.nodes.map(node => node.suggestion?.name)).toEqual([
      'PM Customer #1',
      undefined,
      'PM Customer #2',
    ]);
  });

  const rejections: [what: string, row: () => MappingInput, field: string, code: string][] = [
    [
      'another partner’s organization',
      () => ({ ...one(), organizationId: foreign }),
      'organizationId',
      'NOT_FOUND',
    ],
    ['an invalid organization id', () => ({ ...one(), organizationId: 'x' }), 'organizationId', 'NOT_FOUND'],
    ['an unknown company', () => ({ ...one(), companyId: '999999' }), 'companyId', 'NOT_FOUND'],
    ['an invalid company id', () => ({ ...one(), companyId: 'abc' }), 'companyId', 'NOT_FOUND'],
    ['an empty level', () => ({ ...one(), billingLevel: ' ' }), 'billingLevel', 'INVALID'],
  ];
  it.each(rejections)(
    'to %s is rejected by row and field, and nothing of the call is saved',
    async (_what, row, field, code) => {
      const good = {
        organizationId: organizations['pm customer #2']!,
        companyId: companies['PM Customer #2']!,
      };
      const answer = await set([good, row()]);
      expect(answer).toMatchObject({ mappings: [], userErrors: [{ field: ['mappings', '1', field], code }] });
      expect(await mapped()).toEqual([]);
    },
  );

  it('of the same organization twice is rejected', async () => {
    const { userErrors } = await set([one(), one()]);
    expect(userErrors).toMatchObject([{ field: ['mappings', '1', 'organizationId'], code: 'DUPLICATE' }]);
  });

  it('is stored, and returned in the order of the call', async () => {
    const answer = await set([
      { organizationId: organizations['pm customer #2']!, companyId: companies['PM Customer #1']! },
      { ...one(), billingLevel: 'Whatever, while billing is off' },
    ]);
    expect(answer.mappings.map(mapping => mapping.organization.name)).toEqual([
      'pm customer #2',
      'PM Customer #1',
    ]);
    expect(await mapped()).toEqual([
      ['PM Customer #1', 'PM Customer #1', 'Whatever, while billing is off'],
      ['pm customer #2', 'PM Customer #1', 'Default'],
    ]);
  });

  it('is removed by null', async () => {
    const organizationId = organizations['pm customer #2']!;
    const { mappings } = await set([{ organizationId, companyId: null }]);
    expect(mappings).toMatchObject([{ organization: { id: organizationId }, company: null }]);
    expect((await mapped()).map(([name]) => name)).toEqual(['PM Customer #1']);
  });

  it.each(['Platinum', 'Bronze', 'Half-filled', 'gold'])(
    'to the level %s, which is not active in the PSA, is rejected while billing is on',
    async billingLevel => {
      await api.ask(UpdateIntegrationOptionsDocument, {
        integrationId: id,
        options: { billingEnabled: true },
      });
      const { userErrors } = await set([{ ...one(), billingLevel }]);
      expect(userErrors).toMatchObject([{ field: ['mappings', '0', 'billingLevel'], code: 'NOT_FOUND' }]);
      expect(userErrors[0]!.message).toContain('Gold');
    },
  );

  it('to an active level is stored while billing is enabled', async () => {
    await set([{ ...one(), billingLevel: 'Gold' }]);
    expect(await mapped()).toEqual([['PM Customer #1', 'PM Customer #1', 'Gold']]);
  });
});

describe('a test ticket', () => {
  it('needs a service board', async () => {
    const companyId = companies['PM Customer #1']!;
    const { sendTestTicket } = await api.ask(SendTestTicketDocument, { integrationId: id, companyId });
    expect(sendTestTicket).toMatchObject({ delivery: null, userErrors: [{ code: 'NO_SERVICE_BOARD' }] });
  });

  it('needs a company that exists', async () => {
    const boards = await api.ask(ServiceBoardsDocument, { id });
    const options = { serviceBoardId: boards.integration!.serviceBoards[0]!.id };
    await api.ask(UpdateIntegrationOptionsDocument, { integrationId: id, options });
    const { sendTestTicket } = await api.ask(SendTestTicketDocument, {
      integrationId: id,
      companyId: '999999',
    });
    expect(sendTestTicket).toMatchObject({
      delivery: null,
      userErrors: [{ field: ['companyId'], code: 'NOT_FOUND' }],
    });
  });

  it('is answered as soon as a worker has tried it', async () => {
    const companyId = companies['PM Customer #1']!;
    const sent = api.ask(SendTestTicketDocument, { integrationId: id, companyId });
    const failed = () =>
      query(
        database.orm.em.fork(),
        `update delivery set state = 'FAILED', next_attempt_at = null, attempts = 1, last_error = 'The PSA says no.'
         where kind = 'TEST' returning id`,
      );
    await expect.poll(async () => (await failed()).length).toBe(1);
    expect((await sent).sendTestTicket.delivery).toMatchObject({
      kind: 'TEST',
      state: 'FAILED',
      lastError: 'The PSA says no.',
    });
  });

  it('can be tried again', async () => {
    const { retryDeliveries } = await api.ask(RetryDeliveriesDocument, { integrationId: id });
    expect(retryDeliveries).toEqual({ retried: 1, userErrors: [] });
  });

  it('cannot be tried again by an invalid id', async () => {
    const { retryDeliveries } = await api.ask(RetryDeliveriesDocument, { integrationId: id, ids: ['x'] });
    expect(retryDeliveries).toMatchObject({
      retried: 0,
      userErrors: [{ field: ['ids', '0'], code: 'NOT_FOUND' }],
    });
  });
});

describe('runPipeline', () => {
  it.each([
    ['2026-02-30', 'INVALID'],
    ['soon', 'INVALID'],
    ['2026-11-16', 'NOT_AN_INVOICE_DATE'],
  ])('for the date %s is rejected by its field', async (date, code) => {
    const { runPipeline } = await api.ask(RunPipelineDocument, {
      integrationId: id,
      pipeline: 'USAGE',
      date,
    });
    expect(runPipeline).toMatchObject({ run: null, userErrors: [{ field: ['date'], code }] });
  });

  it('starts a run manually', async () => {
    const { runPipeline } = await api.ask(RunPipelineDocument, {
      integrationId: id,
      pipeline: 'USAGE',
      dryRun: true,
    });
    expect(runPipeline.run).toMatchObject({
      pipeline: 'USAGE',
      trigger: 'MANUAL',
      state: 'RUNNING',
      dryRun: true,
    });
  });
});
