import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import { query } from '../../../src/db/sql.js';
import {
  CheckIntegrationDocument,
  ConnectIntegrationDocument,
  type CredentialInput,
  DisconnectIntegrationDocument,
  IntegrationDetailsDocument,
  TestConnectionDocument,
} from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { typedFor } from '../../support/connect.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let api: TestApi;
let sandbox: Sandbox;
let other: Sandbox;
let partnerId: string;
let partners = 0;

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox({ seed: 'empty' });
  other = await startSandbox({ seed: 'empty' });
  api = await startTestApi(database, { allowedHosts: [sandbox.host, other.host, '127.0.0.1:1'] });
});

beforeEach(async () => {
  partners += 1;
  partnerId = (await reportPartner(api, `msp ${partners}`)).id;
});

afterEach(() => sandbox.faults.clear());

afterAll(async () => {
  await api.stop();
  await sandbox.close();
  await other.close();
  await database.drop();
});

function input(credentials: CredentialInput[] = typedFor(sandbox), psa = 'connectwise') {
  return { input: { partnerId, psa, credentials } };
}

const connect = async (variables = input()) =>
  (await api.ask(ConnectIntegrationDocument, variables)).connectIntegration;

async function stored(): Promise<number> {
  const rows = await query(database.orm.em.fork(), 'select 1 from integration where partner_id = $1', [
    partnerId,
  ]);
  return rows.length;
}

describe('testConnection', () => {
  it('reports every check and stores nothing', async () => {
    const { testConnection } = await api.ask(TestConnectionDocument, input());
    expect(testConnection).toMatchObject({ report: { ok: true }, userErrors: [] });
    expect(testConnection.report!.checks.map(check => check.id)).toContain('login');
    expect(await stored()).toBe(0);
  });
});

describe('connectIntegration', () => {
  it('stores the credentials encrypted', async () => {
    const { integration } = await connect();
    expect(integration).toMatchObject({ status: 'CONNECTED', psa: { id: 'connectwise' } });
    const [row] = await query<{ row: string }>(
      database.orm.em.fork(),
      'select i::text as row from integration i where id = $1',
      [integration!.id],
    );
    expect(row!.row).not.toContain(SANDBOX_LOGIN.keys.password);
  });

  const wrong: [what: string, changes: Record<string, string>, check: string][] = [
    ['a password', { password: 'wrong' }, 'login'],
    ['a company', { companyId: 'nobody' }, 'site'],
    ['a site that does not answer', { site: 'http://127.0.0.1:1' }, 'site'],
  ];
  it.each(wrong)(
    'with %s that is wrong names the check, says what to do and stores nothing',
    async (_what, changes, check) => {
      const answer = await connect(input(typedFor(sandbox, changes)));
      expect(answer).toMatchObject({ integration: null, report: { ok: false } });
      expect(answer.userErrors).toMatchObject([{ field: ['credentials'], code: 'CHECK_FAILED' }]);
      const failed = answer.report!.checks.find(({ state }) => state === 'FAILED')!;
      expect(failed).toMatchObject({ id: check, required: true, hint: expect.any(String) });
      expect(answer.userErrors[0]!.message).toContain(failed.hint);
      expect(await stored()).toBe(0);
    },
  );

  it.each([
    ['HTML with status 404', faults.html404()],
    ['status 401', faults.unauthorized()],
  ])('treats %s as a refused login', async (_what, fault) => {
    sandbox.faults.inject({ path: /service\/boards/ }, fault, { times: Number.POSITIVE_INFINITY });
    const answer = await connect();
    expect(answer.report!.checks.find(({ state }) => state === 'FAILED')).toMatchObject({ id: 'login' });
    expect(await stored()).toBe(0);
  });

  it('names a missing right', async () => {
    sandbox.faults.inject({ path: /company\/companies/ }, faults.forbidden(), {
      times: Number.POSITIVE_INFINITY,
    });
    const answer = await connect();
    expect(answer.report!.checks.filter(check => check.required && check.state === 'FAILED')).toMatchObject([
      { id: 'companies', hint: expect.stringContaining('Companies') },
    ]);
    expect(await stored()).toBe(0);
  });

  it('does not require the rights of billing before billing is enabled', async () => {
    const answer = await connect(input(typedFor(sandbox, SANDBOX_LOGIN.withoutBilling)));
    expect(answer.integration).not.toBeNull();
    expect(answer.report!.checks.find(({ id }) => id === 'agreements')).toMatchObject({
      state: 'FAILED',
      required: false,
    });
  });

  const badForms: [what: string, form: () => ReturnType<typeof input>, field: string[], code: string][] = [
    [
      'an empty field',
      () => input(typedFor(sandbox, { username: ' ' })),
      ['credentials', 'username'],
      'INVALID',
    ],
    [
      'an invalid site',
      () => input(typedFor(sandbox, { site: 'not a site!' })),
      ['credentials', 'site'],
      'INVALID',
    ],
    [
      'an unknown field',
      () => input(typedFor(sandbox, { color: 'red' })),
      ['credentials', 'color'],
      'UNKNOWN_FIELD',
    ],
    ['an unknown PSA', () => input(typedFor(sandbox), 'nothing'), ['psa'], 'NOT_FOUND'],
    [
      'a field given twice',
      () => input([...typedFor(sandbox), { key: 'site', value: 'x' }]),
      ['credentials', 'site'],
      'DUPLICATE',
    ],
  ];
  it.each(badForms)('names the field of %s without asking the PSA', async (_what, form, field, code) => {
    const asked = sandbox.requests.total;
    const answer = await connect(form());
    expect(answer).toMatchObject({ integration: null, report: null, userErrors: [{ field, code }] });
    expect(sandbox.requests.total).toBe(asked);
  });

  it('of the same account again changes the credentials of the same integration', async () => {
    const first = await connect();
    const second = await connect(input(typedFor(sandbox, SANDBOX_LOGIN.withoutBilling)));
    expect(second.integration!.id).toBe(first.integration!.id);
    const { integration } = await api.ask(IntegrationDetailsDocument, { id: first.integration!.id });
    expect(integration!.credentials).toContainEqual({
      key: 'username',
      value: SANDBOX_LOGIN.withoutBilling.username,
    });
  });

  it('of the same account again fixes an integration that needs attention', async () => {
    const { integration } = await connect();
    await query(
      database.orm.em.fork(),
      `update integration set status = 'NEEDS_ATTENTION', status_reason = 'x' where id = $1`,
      [integration!.id],
    );
    expect((await connect()).integration).toMatchObject({ status: 'CONNECTED', statusReason: null });
  });

  it('of another account is rejected until the first is disconnected', async () => {
    const first = await connect();
    const refused = await connect(input(typedFor(other)));
    expect(refused).toMatchObject({ integration: null, userErrors: [{ code: 'ANOTHER_ACCOUNT' }] });
    await api.ask(DisconnectIntegrationDocument, { id: first.integration!.id });
    const second = await connect(input(typedFor(other)));
    expect(second.integration!.id).not.toBe(first.integration!.id);
  });

  it('reconnects a disconnected account with its history', async () => {
    const first = await connect();
    await api.ask(DisconnectIntegrationDocument, { id: first.integration!.id });
    const gone = await api.ask(IntegrationDetailsDocument, { id: first.integration!.id });
    expect(gone.integration).toBeNull();
    expect((await connect()).integration).toMatchObject({ id: first.integration!.id, status: 'CONNECTED' });
  });

  it('creates one integration for two concurrent calls', async () => {
    const both = await Promise.all([connect(), connect()]);
    expect(new Set(both.map(answer => answer.integration?.id)).size).toBe(1);
    expect(await stored()).toBe(1);
  });
});

describe('checkIntegration', () => {
  it('stores the report', async () => {
    const { integration } = await connect();
    sandbox.faults.inject({ path: /service\/priorities/ }, faults.forbidden(), {
      times: Number.POSITIVE_INFINITY,
    });
    const id = integration!.id;
    const { checkIntegration } = await api.ask(CheckIntegrationDocument, { id });
    expect(checkIntegration).toMatchObject({ report: { ok: false }, userErrors: [{ code: 'CHECK_FAILED' }] });
    const details = await api.ask(IntegrationDetailsDocument, { id });
    expect(details.integration!.lastCheck).toMatchObject({ ok: false });
  });
});
