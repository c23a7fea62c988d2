import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import type { PsaAdapter } from '../../../../src/psa/adapter.js';
import { connectWise, type Outside, psaEnvironment } from '../../../support/on-sandbox.js';

let sandbox: Sandbox;
let environment: Outside;
let adapter: PsaAdapter;
beforeEach(async () => {
  sandbox = await startSandbox();
  environment = psaEnvironment([sandbox.host]);
  adapter = connectWise(sandbox.host, environment);
});
afterEach(async () => {
  await environment.close();
  await sandbox.close();
});

const names = (rows: { name: string }[]) => rows.map(({ name }) => name);

describe('boards', () => {
  test('are those that are active and take service tickets', async () => {
    expect(names(await adapter.listServiceBoards())).toEqual(['Integration', 'Service Desk']);
  });

  test('are read from /service/info if the login has no access to the setup table', async () => {
    sandbox.store.revokeRight(SANDBOX_LOGIN.keys.username, 'tableSetup');
    expect(names(await adapter.listServiceBoards())).toEqual(['Integration', 'Service Desk']);
  });

  test('have types, each with its associated subtypes only', async () => {
    const [integration] = await adapter.listServiceBoards();
    const types = await adapter.listServiceTypes(integration!.id);
    expect(types.map(({ name, subtypes }) => [name, names(subtypes)])).toEqual([
      ['Backup', ['Digest', 'Failure', 'Information']],
      ['Billing', ['Invoice']],
    ]);
  });

  test('are read completely when there is more than one page', async () => {
    for (let n = 0; n < 1_100; n += 1)
      sandbox.store.boards.add({ name: `Board ${n}`, inactiveFlag: false, projectFlag: false });
    expect(await adapter.listServiceBoards()).toHaveLength(1_102);
  });
});

describe('companies', () => {
  const find = async (search: string) => names((await adapter.findCompanies({ search, first: 50 })).nodes);

  test('that are deleted or in an inactive status are not offered', async () => {
    expect(await find('Deleted')).toEqual([]);
    expect(await find('Inactive')).toEqual([]);
  });

  test('are found by name and by short name, ignoring case', async () => {
    expect(await find('pm customer')).toEqual(['PM Customer #1', 'PM Customer #2']);
    expect(await find('PMCUSTOMER2')).toEqual(['PM Customer #2']);
  });

  test.each(["O'Brien & Sons [NY]", 'Müller "Technik" GmbH', '50% Off + More'])(
    'are found by %s',
    async name => {
      expect(await find(name)).toEqual([name]);
    },
  );

  test('are not found by text that looks like a condition', async () => {
    expect(await find('x" or name like "*')).toEqual([]);
    expect(await find('\\" or 1=1')).toEqual([]);
  });

  test('are read by 1,100 ids with short URLs', async () => {
    const ids = sandbox.store.companies.all().map(({ id }) => String(id));
    sandbox.requests.clear();
    expect((await adapter.getCompanies(ids)).length).toBe(ids.length - 2);
    expect(Math.max(...sandbox.requests.latest().map(({ urlLength }) => urlLength))).toBeLessThan(1_950);
  });
});

test('billing levels are those with type and level; disabled and half-filled ones are not active', async () => {
  const levels = await adapter.listBillingLevels();
  expect(levels.map(({ usageType, level, active }) => [usageType, level, active])).toEqual([
    ['Backup Usage', 'Default', true],
    ['Backup Usage', 'Gold', true],
    ['Backup Usage', 'Silver', true],
    ['Backup Usage', 'Bronze', false],
    ['Backup Usage', 'Half-filled', false],
    ['Protected Machines', 'Gold', true],
  ]);
});
