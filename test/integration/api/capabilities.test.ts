import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { plugin } from '../../../plugins/connectwise/plugin.js';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import {
  type IntegrationOptionsInput,
  SendTestTicketDocument,
  SetMappingsDocument,
  UpdateIntegrationOptionsDocument,
} from '../../../src/gql/typed.js';
import type { PsaPlugin } from '../../../src/psa/adapter.js';
import type { PsaCapability } from '../../../src/psa/capabilities.js';
import { installedPlugin } from '../../../src/psa/installed-plugin.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { connect } from '../../support/connect.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let sandbox: Sandbox;
let integrationId: string;
let organizationId: string;
let partners = 0;

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox();
  api = await startTestApi(database, { allowedHosts: [sandbox.host] });
});
beforeEach(async () => {
  partners += 1;
  const partner = await reportPartner(api, `msp ${partners}`, ['Customer']);
  organizationId = partner.organizations.Customer!;
  integrationId = await connect(api, sandbox, partner.id);
  sandbox.requests.clear();
});
afterAll(async () => {
  await api.stop();
  await sandbox.close();
  await database.drop();
});

/** Gives the plugin these capabilities only. Applies to connections that are opened afterwards. */
function only(...capabilities: PsaCapability[]): void {
  (api.connections.plugins as Map<string, PsaPlugin>).set(
    'connectwise',
    installedPlugin({ ...plugin, capabilities }),
  );
}

async function rejected(options: IntegrationOptionsInput) {
  const { updateIntegrationOptions } = await api.ask(UpdateIntegrationOptionsDocument, {
    integrationId,
    options,
  });
  return updateIntegrationOptions.userErrors.map(({ field, code }) => [field!.slice(1).join('.'), code]);
}

const requested = (path: RegExp) => sandbox.requests.count('GET', path);

describe('a plugin without TICKETS', () => {
  beforeEach(() => only('AGREEMENT_ADDITIONS', 'BILLING_LEVELS'));

  it('lists no boards and priorities, and gets no request for them', async () => {
    const { data } = await api.send<{ integration: object }, unknown>(
      `{ integration(id: "${integrationId}") { psa { capabilities } serviceBoards { id } ticketPriorities { id } } }`,
    );
    expect(data!.integration).toEqual({
      psa: { capabilities: ['AGREEMENT_ADDITIONS', 'BILLING_LEVELS'] },
      serviceBoards: [],
      ticketPriorities: [],
    });
    expect(requested(/service/)).toBe(0);
  });

  it('rejects the options of tickets, each with its own error', async () => {
    expect(
      await rejected({
        serviceBoardId: '1',
        alertPriorities: { errorId: '1', successId: null },
        dailyDigestEnabled: true,
        dailyDigestTime: '08:00',
      }),
    ).toEqual([
      ['serviceBoardId', 'NOT_SUPPORTED'],
      ['alertPriorities.errorId', 'NOT_SUPPORTED'],
      ['dailyDigestEnabled', 'NOT_SUPPORTED'],
    ]);
    expect(requested(/service/)).toBe(0);
  });

  it('allows clearing and disabling them, and accepts the others', async () => {
    expect(await rejected({ serviceBoardId: null, dailyDigestEnabled: false, billingEnabled: true })).toEqual(
      [],
    );
  });

  it('creates no test ticket', async () => {
    const { sendTestTicket } = await api.ask(SendTestTicketDocument, { integrationId, companyId: '1' });
    expect(sendTestTicket).toMatchObject({
      delivery: null,
      userErrors: [{ field: ['integrationId'], code: 'NOT_SUPPORTED' }],
    });
  });
});

describe('a plugin without AGREEMENT_ADDITIONS', () => {
  it('rejects the options of billing', async () => {
    only('TICKETS');
    expect(
      await rejected({ billingEnabled: true, updateAgreementAdditions: true, createMissingAdditions: true }),
    ).toEqual([
      ['billingEnabled', 'NOT_SUPPORTED'],
      ['updateAgreementAdditions', 'NOT_SUPPORTED'],
      ['createMissingAdditions', 'NOT_SUPPORTED'],
    ]);
    expect(requested(/finance|managedDevices/)).toBe(0);
  });
});

describe('a plugin without BILLING_LEVELS', () => {
  it('lists no levels, and a mapping may name any level', async () => {
    only('TICKETS', 'AGREEMENT_ADDITIONS');
    expect(await rejected({ billingEnabled: true })).toEqual([]);
    sandbox.requests.clear();
    const { data } = await api.send<{ integration: object }, unknown>(
      `{ integration(id: "${integrationId}") { billingLevels { level } } }`,
    );
    expect(data!.integration).toEqual({ billingLevels: [] });
    const companyId = String(sandbox.store.companies.lookup('name', ['PM Customer #1'])![0]!.id);
    const { setMappings } = await api.ask(SetMappingsDocument, {
      integrationId,
      mappings: [{ organizationId, companyId, billingLevel: 'A level of our own' }],
    });
    expect(setMappings).toMatchObject({
      userErrors: [],
      mappings: [{ billingLevel: 'A level of our own' }],
    });
    expect(requested(/managedDevices/)).toBe(0);
  });
});
