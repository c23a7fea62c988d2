import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plugin } from '../../../../plugins/connectwise/plugin.js';
import { faults } from '../../../../plugins/connectwise/sandbox/faults.js';
import type { Sandbox } from '../../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import { readSite } from '../../../../plugins/connectwise/site.js';
import type { AccessCheck } from '../../../../src/psa/adapter.js';
import { PsaLoginRefused, PsaRightMissing, PsaUnreachable } from '../../../../src/psa/errors.js';
import { connectWise, type Outside, psaEnvironment } from '../../../support/on-sandbox.js';

let sandbox: Sandbox;
let environment: Outside;
beforeEach(async () => {
  sandbox = await startSandbox();
  environment = psaEnvironment([sandbox.host]);
});
afterEach(async () => {
  await environment.close();
  await sandbox.close();
});

const connect = (typed: Record<string, string> = {}) => connectWise(sandbox.host, environment, typed);
const checks = (typed: Record<string, string> = {}, billing = true) =>
  connect(typed).checkAccess({ billing });
const failedOf = (all: AccessCheck[]) => all.filter(({ state }) => state === 'FAILED');

describe('the site', () => {
  test.each([
    ['na.myconnectwise.net', 'https://api-na.myconnectwise.net', 'https://na.myconnectwise.net'],
    [
      'https://NA.myconnectwise.net/v4_6_release/ConnectWise.aspx',
      'https://api-na.myconnectwise.net',
      'https://na.myconnectwise.net',
    ],
    ['api-eu.myconnectwise.net', 'https://api-eu.myconnectwise.net', 'https://eu.myconnectwise.net'],
    ['aus.myconnectwise.net', 'https://api-aus.myconnectwise.net', 'https://aus.myconnectwise.net'],
    [
      'staging.connectwisedev.com',
      'https://api-staging.connectwisedev.com',
      'https://staging.connectwisedev.com',
    ],
    ['psa.partner.example', 'https://psa.partner.example', 'https://psa.partner.example'],
    ['psa.partner.example:8443', 'https://psa.partner.example:8443', 'https://psa.partner.example:8443'],
    ['127.0.0.1:4010', 'http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
  ])('%s is asked at %s', (typed, origin, uiOrigin) => {
    expect(readSite(typed)).toEqual({ origin, uiOrigin });
  });

  test.each([
    [' https://NA.myconnectwise.net/ ', 'na.myconnectwise.net'],
    ['api-na.myconnectwise.net', 'na.myconnectwise.net'],
    ['http://psa.partner.example', 'http://psa.partner.example'],
    ['http://127.0.0.1:4010', '127.0.0.1:4010'],
    ['https://localhost:4010', 'https://localhost:4010'],
  ])('%j is kept as %s, which leads to the same place', (typed, kept) => {
    const read = plugin.readCredentials({ site: typed, companyId: 'a', username: 'b', password: 'c' });
    expect('credentials' in read && read.credentials.site).toBe(kept);
    expect(readSite(kept)).toEqual(readSite(typed));
  });

  test.each([
    '',
    'connectwise',
    'ftp://na.myconnectwise.net',
    'https://user:secret@host.example',
    'two words',
    'https://',
  ])('%j is none, and the form says so', typed => {
    expect(readSite(typed)).toBeUndefined();
    const read = plugin.readCredentials({ site: typed, companyId: 'a', username: 'b', password: 'c' });
    expect('problems' in read && read.problems.map(({ key }) => key)).toEqual(['site']);
  });
});

describe('checking access says which step failed and what to do', () => {
  test('an unknown company', async () => {
    expect(failedOf(await checks({ companyId: 'Company_F' }))).toMatchObject([
      {
        id: 'site',
        message: expect.stringContaining('"Company_F"'),
        hint: expect.stringContaining('login page'),
      },
    ]);
  });

  test.each([
    ['401', {}],
    ['404 and HTML, as cloud sites do', { cloud: true }],
  ])('refused keys answered with %s', async (_what, options) => {
    Object.assign(sandbox.options, options);
    expect(failedOf(await checks({ password: 'wrong' }))).toMatchObject([
      { id: 'login', hint: expect.stringContaining('API Keys') },
    ]);
  });

  test.each([
    [
      'a page for people to log in',
      { kind: 'status', status: 200, body: '<html>Log in</html>', contentType: 'text/html' },
    ],
    [
      'a redirect to such a page',
      { kind: 'status', status: 302, body: '', headers: { location: 'https://na.myconnectwise.net/login' } },
    ],
  ] as const)('refused keys answered with %s', async (_what, fault) => {
    sandbox.faults.inject({ path: /./ }, fault, { times: Number.POSITIVE_INFINITY });
    expect(failedOf(await checks())).toMatchObject([
      { id: 'login', hint: expect.stringContaining('API Keys') },
    ]);
  });

  test.each([400, 401, 403] as const)('a missing client id, answered with %i', async status => {
    sandbox.options.clientIdRequired = status;
    const without = { ...environment, clientId: undefined };
    const all = await connectWise(sandbox.host, without).checkAccess({ billing: false });
    expect(failedOf(all)).toMatchObject([
      { id: 'login', message: expect.stringContaining('PSA_CLIENT_IDS') },
    ]);
  });

  test('the host for browsers', async () => {
    sandbox.options.uiHost = true;
    expect(failedOf(await checks())).toMatchObject([
      { id: 'login', message: expect.stringContaining('"api-"') },
    ]);
  });

  test.each([
    ['tableSetup', ['boards', 'priorities']],
    ['serviceTickets', ['tickets']],
    ['companies', ['companies']],
    ['management', ['solution']],
    ['agreements', ['agreements']],
  ] as const)('a missing right: %s', async (right, failing) => {
    sandbox.store.revokeRight(SANDBOX_LOGIN.keys.username, right);
    const failed = failedOf(await checks());
    expect(failed.map(({ id }) => id)).toEqual(failing);
    for (const { hint } of failed) expect(hint).toMatch(/^Security role: /);
  });

  test('missing rights of billing are not required while billing is not wanted', async () => {
    const all = await checks(SANDBOX_LOGIN.withoutBilling, false);
    expect(failedOf(all).map(({ id, required }) => [id, required])).toEqual([
      ['solution', false],
      ['agreements', false],
    ]);
  });

  test('a Managed Devices Integration with only a similar name', async () => {
    for (const row of sandbox.store.integrations.all()) {
      if (row.name === row.solution && row.name !== row.name.toLowerCase())
        sandbox.store.integrations.delete(row);
    }
    expect(failedOf(await checks())).toMatchObject([
      {
        id: 'solution',
        message: expect.stringContaining('both must match exactly'),
        hint: expect.stringContaining('exactly "Arcserve UDP Cloud Direct"'),
      },
    ]);
  });

  test('no Managed Devices Integration at all', async () => {
    for (const row of sandbox.store.integrations.all()) sandbox.store.integrations.delete(row);
    expect(failedOf(await checks())).toMatchObject([
      { id: 'solution', message: 'There is no Managed Devices Integration with this name.' },
    ]);
  });

  test('one without a usable cross-reference', async () => {
    for (const row of sandbox.store.crossReferences.all())
      sandbox.store.crossReferences.change(row, { inactiveFlag: true });
    expect(failedOf(await checks())).toMatchObject([
      { id: 'solution', hint: expect.stringContaining('add a cross-reference') },
    ]);
  });

  test('nothing is written', async () => {
    await checks();
    expect(sandbox.requests.latest().every(({ method }) => method === 'GET')).toBe(true);
  });
});

describe('a login', () => {
  test('is tried as keys first, then as an integrator; what worked is remembered', async () => {
    const adapter = connect(SANDBOX_LOGIN.integrator);
    await adapter.listServiceBoards();
    await adapter.listTicketPriorities();
    expect(sandbox.requests.latest().map(({ path, status }) => [path, status])).toEqual([
      ['/service/boards', 401],
      ['/service/boards', 200],
      ['/service/priorities', 200],
    ]);
  });

  test('is not decided by an error page before the first answer', async () => {
    const adapter = connect(SANDBOX_LOGIN.integrator);
    sandbox.faults.inject({}, faults.unavailable());
    await expect(adapter.listServiceBoards()).rejects.toBeInstanceOf(PsaUnreachable);
    await expect(adapter.listServiceBoards()).resolves.not.toHaveLength(0);
  });

  test('of an integrator that ConnectWise no longer accepts is a refused login', async () => {
    sandbox.options.integratorLogins = 'refused';
    await expect(connect(SANDBOX_LOGIN.integrator).listServiceBoards()).rejects.toBeInstanceOf(
      PsaLoginRefused,
    );
  });

  test('that is refused after it worked is reported, and nothing was written', async () => {
    const adapter = connect();
    await adapter.listServiceBoards();
    sandbox.faults.inject({}, faults.unauthorized());
    await expect(
      adapter.createTicket({ reference: 'r', summary: 's', body: 'b', companyId: '250' }),
    ).rejects.toMatchObject({ mayHaveBeenCarriedOut: false });
    expect(sandbox.store.tickets.size).toBe(0);
  });

  test('that lost a right names the refused path', async () => {
    const adapter = connect();
    sandbox.store.revokeRight(SANDBOX_LOGIN.keys.username, 'agreements');
    const error = await adapter
      .resolveBillingTargets([{ companyId: '250', usageType: 'Backup Usage', level: 'Default' }], {
        createMissing: false,
        onDate: '2026-11-23',
      })
      .catch(error => error);
    expect(error).toBeInstanceOf(PsaRightMissing);
    expect(error.right).toBe('/finance/agreements');
  });

  test('continues after an upgrade that moved the codebase', async () => {
    const adapter = connect();
    await adapter.listServiceBoards();
    sandbox.faults.inject({}, { kind: 'upgraded' }, { times: Number.POSITIVE_INFINITY });
    await adapter.createTicket({ reference: 'after-upgrade', summary: 's', body: 'b', companyId: '250' });
    expect(sandbox.store.ticketsByReference('after-upgrade')).toHaveLength(1);
  });

  test('continues with every request that was running when the codebase moved', async () => {
    const adapter = connect();
    await adapter.listServiceBoards();
    sandbox.options.latencyMs = 20;
    sandbox.faults.inject({}, { kind: 'upgraded' }, { times: Number.POSITIVE_INFINITY });
    const references = Array.from({ length: 6 }, (_, n) => `moved-${n}`);
    await Promise.all(
      references.map(reference =>
        adapter.createTicket({ reference, summary: 's', body: 'b', companyId: '250' }),
      ),
    );
    expect(sandbox.store.tickets.size).toBe(6);
  });

  test('appears in no log line', async () => {
    const adapter = connect();
    await adapter.createTicket({ reference: 'r', summary: 's', body: 'b', companyId: '250' });
    await connect({ password: 'a-wrong-private-key' }).checkAccess({ billing: true });
    const log = environment.log.join('\n');
    expect(log).toContain('/service/tickets');
    const { username, password } = SANDBOX_LOGIN.keys;
    const { companyId } = SANDBOX_LOGIN;
    for (const secret of [
      password,
      'a-wrong-private-key',
      Buffer.from(`${companyId}+${username}:${password}`).toString('base64'),
      'Basic ',
    ]) {
      expect(log).not.toContain(secret);
    }
  });
});
