import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import {
  CreateApiTokenDocument,
  IntegrationDetailsDocument,
  IntegrationsDocument,
  PartnerDetailsDocument,
  PartnersDocument,
  RevokeApiTokenDocument,
  ViewerDocument,
} from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { insertIntegration, reportPartner } from '../../support/partners.js';
import { openSocket } from '../../support/socket.js';

let database: TestDatabase;
let api: TestApi;
let now = new Date('2026-11-23T12:00:00Z');
let mine: { id: string; integrationId: string; token: string };
let theirs: { id: string; integrationId: string; token: string; organizationId: string };
let source: string;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database, { now: () => now });
  const first = await reportPartner(api, 'mine', ['Contoso']);
  const second = await reportPartner(api, 'theirs', ['Fabrikam']);
  mine = {
    id: first.id,
    integrationId: await insertIntegration(database, api, first.id),
    token: (await api.createToken('PARTNER', first.id)).token,
  };
  theirs = {
    id: second.id,
    integrationId: await insertIntegration(database, api, second.id),
    token: (await api.createToken('PARTNER', second.id)).token,
    organizationId: second.organizations.Fabrikam!,
  };
  source = (await api.createToken('SOURCE')).token;
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const uuid = '01900000-0000-7000-8000-000000000000';

/** Every root field, called so that only the caller's role and scope can be the reason for an error. */
const everyRootField: Record<string, string> = {
  viewer: '{ viewer { role } }',
  psaPlugins: '{ psaPlugins { id } }',
  partner: `{ partner(id: "${uuid}") { id } }`,
  partners: '{ partners { nodes { id } } }',
  integration: `{ integration(id: "${uuid}") { id } }`,
  integrations: '{ integrations { id } }',
  apiTokens: '{ apiTokens { nodes { id } } }',
  auditLog: '{ auditLog { nodes { id } } }',
  testConnection: `mutation { testConnection(input: { partnerId: "${uuid}", psa: "connectwise", credentials: [] }) { userErrors { code } } }`,
  connectIntegration: `mutation { connectIntegration(input: { partnerId: "${uuid}", psa: "connectwise", credentials: [] }) { userErrors { code } } }`,
  checkIntegration: `mutation { checkIntegration(id: "${uuid}") { userErrors { code } } }`,
  updateIntegrationOptions: `mutation { updateIntegrationOptions(integrationId: "${uuid}", options: {}) { userErrors { code } } }`,
  setMappings: `mutation { setMappings(integrationId: "${uuid}", mappings: []) { userErrors { code } } }`,
  sendTestTicket: `mutation { sendTestTicket(integrationId: "${uuid}", companyId: "1") { userErrors { code } } }`,
  runPipeline: `mutation { runPipeline(integrationId: "${uuid}", pipeline: USAGE) { userErrors { code } } }`,
  retryDeliveries: `mutation { retryDeliveries(integrationId: "${uuid}") { userErrors { code } } }`,
  pauseIntegration: `mutation { pauseIntegration(id: "${uuid}") { userErrors { code } } }`,
  resumeIntegration: `mutation { resumeIntegration(id: "${uuid}") { userErrors { code } } }`,
  disconnectIntegration: `mutation { disconnectIntegration(id: "${uuid}") { userErrors { code } } }`,
  upsertPartners: 'mutation { upsertPartners(partners: []) { accepted } }',
  upsertOrganizations: 'mutation { upsertOrganizations(organizations: []) { accepted } }',
  reportUsage: 'mutation { reportUsage(records: []) { accepted } }',
  reportBackupJobs: 'mutation { reportBackupJobs(jobs: []) { accepted } }',
  createApiToken: 'mutation { createApiToken(name: "", role: PARTNER) { userErrors { code } } }',
  revokeApiToken: `mutation { revokeApiToken(id: "${uuid}") { userErrors { code } } }`,
};
const forEveryRole = ['viewer'];
const forReports = ['upsertPartners', 'upsertOrganizations', 'reportUsage', 'reportBackupJobs'];

async function errorCode(document: string, token: string | null): Promise<string | undefined> {
  return (await api.send(document, undefined, token)).errors?.[0]?.extensions.code;
}

describe('access by role', () => {
  it('is listed here for every query and mutation', async () => {
    const answer = await api.send<{ __schema: Record<string, { fields: { name: string }[] }> }, object>(
      '{ __schema { queryType { fields { name } } mutationType { fields { name } } } }',
    );
    const { queryType, mutationType } = answer.data!.__schema;
    expect(Object.keys(everyRootField).sort()).toEqual(
      [...queryType!.fields, ...mutationType!.fields].map(field => field.name).sort(),
    );
  });

  it.each(Object.entries(everyRootField))('refuses %s without a token', async (_name, document) => {
    const { status, errors } = await api.send(document, undefined, null);
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it.each(Object.entries(everyRootField))('lets an operator use %s', async (_name, document) => {
    expect(await errorCode(document, api.operatorToken)).toBeUndefined();
  });

  it.each(Object.entries(everyRootField))(
    'lets a partner use %s, except for reporting',
    async (name, document) => {
      expect(await errorCode(document, mine.token)).toBe(forReports.includes(name) ? 'FORBIDDEN' : undefined);
    },
  );

  it.each(Object.entries(everyRootField))(
    'lets a source use %s only if it is a report',
    async (name, document) => {
      const allowed = [...forReports, ...forEveryRole].includes(name);
      expect(await errorCode(document, source)).toBe(allowed ? undefined : 'FORBIDDEN');
    },
  );

  it('allows every caller to read the schema, so that the playground has its documentation', async () => {
    const { status, errors } = await api.send('{ __schema { types { name } } }', undefined, null);
    expect([status, errors]).toEqual([200, undefined]);
  });
});

describe('a partner', () => {
  it('can query who it is', async () => {
    const { viewer } = await api.ask(ViewerDocument, {}, mine.token);
    expect(viewer).toMatchObject({ role: 'PARTNER', tokenName: 'a PARTNER', partner: { id: mine.id } });
  });

  it('sees itself only in the list of partners', async () => {
    const { partners } = await api.ask(PartnersDocument, {}, mine.token);
    expect(partners.nodes.map(partner => partner.id)).toEqual([mine.id]);
    expect(partners.totalCount).toBe(1);
  });

  it('gets null for another partner', async () => {
    expect((await api.ask(PartnerDetailsDocument, { id: theirs.id }, mine.token)).partner).toBeNull();
  });

  it('gets null for another partner’s integration', async () => {
    const answer = await api.ask(IntegrationDetailsDocument, { id: theirs.integrationId }, mine.token);
    expect(answer.integration).toBeNull();
  });

  it('gets null for an invalid id', async () => {
    expect((await api.ask(IntegrationDetailsDocument, { id: 'x' }, mine.token)).integration).toBeNull();
  });

  it('lists its own integrations only, whichever partner it names', async () => {
    const all = await api.ask(IntegrationsDocument, {}, mine.token);
    const others = await api.ask(IntegrationsDocument, { partnerId: theirs.id }, mine.token);
    expect([all.integrations.map(found => found.id), others.integrations]).toEqual([
      [mine.integrationId],
      [],
    ]);
  });

  const mutations: [name: string, document: (id: string) => string, field: string][] = [
    ['checkIntegration', id => `checkIntegration(id: "${id}")`, 'id'],
    [
      'updateIntegrationOptions',
      id => `updateIntegrationOptions(integrationId: "${id}", options: { billingEnabled: true })`,
      'integrationId',
    ],
    ['setMappings', id => `setMappings(integrationId: "${id}", mappings: [])`, 'integrationId'],
    ['sendTestTicket', id => `sendTestTicket(integrationId: "${id}", companyId: "1")`, 'integrationId'],
    ['runPipeline', id => `runPipeline(integrationId: "${id}", pipeline: EVENTS)`, 'integrationId'],
    ['retryDeliveries', id => `retryDeliveries(integrationId: "${id}")`, 'integrationId'],
    ['pauseIntegration', id => `pauseIntegration(id: "${id}")`, 'id'],
    ['resumeIntegration', id => `resumeIntegration(id: "${id}")`, 'id'],
    ['disconnectIntegration', id => `disconnectIntegration(id: "${id}")`, 'id'],
  ];
  it.each(mutations)(
    'cannot %s of another partner: there is no such integration',
    async (name, call, field) => {
      const answer = await api.send<Record<string, unknown>, object>(
        `mutation { ${call(theirs.integrationId)} { userErrors { field code } } }`,
        undefined,
        mine.token,
      );
      expect(answer.data?.[name]).toEqual({ userErrors: [{ field: [field], code: 'NOT_FOUND' }] });
    },
  );

  it('cannot connect a PSA for another partner', async () => {
    const answer = await api.send(
      `mutation { connectIntegration(input: { partnerId: "${theirs.id}", psa: "connectwise", credentials: [] }) { userErrors { field code } } }`,
      undefined,
      mine.token,
    );
    expect(answer.data).toEqual({
      connectIntegration: { userErrors: [{ field: ['partnerId'], code: 'NOT_FOUND' }] },
    });
  });
});

describe('credentials', () => {
  it('are returned without secrets', async () => {
    const { integration } = await api.ask(IntegrationDetailsDocument, { id: mine.integrationId }, mine.token);
    expect(integration!.credentials).toContainEqual({ key: 'companyId', value: 'acme' });
    expect(integration!.credentials).toContainEqual({ key: 'password', value: null });
  });
});

describe('an API token', () => {
  it('has a prefix that secret scanners can look for, and 256 bits', async () => {
    const { token } = await api.createToken('SOURCE');
    expect(token).toMatch(/^psab_[A-Za-z0-9_-]{43}$/);
  });

  it('is kept as a hash only', async () => {
    const { token } = await api.createToken('SOURCE');
    const rows = await query<{ row: string }>(
      database.orm.em.fork(),
      'select t::text as row from api_token t',
    );
    expect(rows.filter(({ row }) => row.includes(token) || row.includes(token.slice(5)))).toEqual([]);
  });

  it('becomes invalid as soon as it is revoked', async () => {
    const { id, token } = await api.createToken('PARTNER', mine.id);
    await api.ask(ViewerDocument, {}, token);
    await api.ask(RevokeApiTokenDocument, { id });
    await expect
      .poll(() => errorCode(everyRootField.viewer!, token), { timeout: 2_000 })
      .toBe('UNAUTHENTICATED');
  });

  it('becomes invalid when it expires', async () => {
    const { createApiToken } = await api.ask(CreateApiTokenDocument, {
      name: 'short',
      role: 'OPERATOR',
      expiresAt: new Date(now.getTime() + 60_000).toISOString(),
    });
    expect(await errorCode(everyRootField.viewer!, createApiToken.token!)).toBeUndefined();
    now = new Date(now.getTime() + 60_000);
    expect(await errorCode(everyRootField.viewer!, createApiToken.token!)).toBe('UNAUTHENTICATED');
  });

  it('closes its WebSockets when it expires', async () => {
    const { createApiToken } = await api.ask(CreateApiTokenDocument, {
      name: 'short',
      role: 'OPERATOR',
      expiresAt: new Date(now.getTime() + 1_000).toISOString(),
    });
    const { acknowledged, closed } = openSocket(api.url, { token: createApiToken.token! });
    expect(String(await acknowledged)).toContain('connection_ack');
    now = new Date(now.getTime() + 1_000);
    expect(await closed).toBe(4403);
  });

  it('records when it was used', async () => {
    const { id, token } = await api.createToken('SOURCE');
    await api.ask(ViewerDocument, {}, token);
    const [row] = await query<{ at: string }>(
      database.orm.em.fork(),
      'select last_used_at as at from api_token where id = $1',
      [id],
    );
    expect(new Date(row!.at)).toEqual(now);
  });

  const refusals: [why: string, variables: object, field: string, code: string][] = [
    ['without a name', { name: ' ', role: 'OPERATOR' }, 'name', 'INVALID'],
    ['of a partner, without the partner', { name: 'x', role: 'PARTNER' }, 'partnerId', 'REQUIRED'],
    ['of an unknown partner', { name: 'x', role: 'PARTNER', partnerId: uuid }, 'partnerId', 'NOT_FOUND'],
    [
      'of an operator, with a partner',
      { name: 'x', role: 'OPERATOR', partnerId: uuid },
      'partnerId',
      'INVALID',
    ],
    [
      'that expires at no time',
      { name: 'x', role: 'OPERATOR', expiresAt: 'tomorrow' },
      'expiresAt',
      'INVALID',
    ],
    [
      'that has expired',
      { name: 'x', role: 'OPERATOR', expiresAt: '2020-01-01T00:00:00Z' },
      'expiresAt',
      'INVALID',
    ],
  ];
  it.each(refusals)('is not made %s', async (_why, variables, field, code) => {
    const { createApiToken } = await api.ask(CreateApiTokenDocument, variables as never);
    expect(createApiToken).toMatchObject({ token: null, userErrors: [{ field: [field], code }] });
  });

  it('of a partner creates tokens for its own partner only', async () => {
    const own = await api.ask(CreateApiTokenDocument, { name: 'own', role: 'PARTNER' }, mine.token);
    const viewer = await api.ask(ViewerDocument, {}, own.createApiToken.token);
    expect(viewer.viewer.partner?.id).toBe(mine.id);
    const other = await api.ask(
      CreateApiTokenDocument,
      { name: 'other', role: 'PARTNER', partnerId: theirs.id },
      mine.token,
    );
    expect(other.createApiToken.userErrors).toMatchObject([{ field: ['partnerId'], code: 'NOT_FOUND' }]);
  });

  it('of a partner creates no operator token', async () => {
    const { createApiToken } = await api.ask(
      CreateApiTokenDocument,
      { name: 'up', role: 'OPERATOR' },
      mine.token,
    );
    expect(createApiToken).toMatchObject({
      token: null,
      userErrors: [{ field: ['role'], code: 'FORBIDDEN' }],
    });
  });

  it('of a partner revokes no token of another partner', async () => {
    const { id } = await api.createToken('PARTNER', theirs.id);
    const { revokeApiToken } = await api.ask(RevokeApiTokenDocument, { id }, mine.token);
    expect(revokeApiToken).toMatchObject({ revokedId: null, userErrors: [{ code: 'NOT_FOUND' }] });
  });
});
