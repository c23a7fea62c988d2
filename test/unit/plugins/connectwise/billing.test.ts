import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_SOLUTION } from '../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import type { BillingRequest, BillingTarget, PsaAdapter } from '../../../../src/psa/adapter.js';
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

const onDate = '2026-11-23';
const period = { start: '2026-10-23', end: '2026-11-22' };
const company = (name: string) => sandbox.store.companies.lookup('name', [name])![0]!;
const requestFor = (name: string, level = 'Default', usageType = 'Backup Usage'): BillingRequest => ({
  companyId: String(company(name).id),
  usageType,
  level,
});
const resolve = async (request: BillingRequest, createMissing = false) =>
  (await adapter.resolveBillingTargets([request], { createMissing, onDate }))[0]!;
const targetOf = async (request: BillingRequest, createMissing = false): Promise<BillingTarget> => {
  const resolution = await resolve(request, createMissing);
  if (resolution.state !== 'RESOLVED') throw new Error(JSON.stringify(resolution));
  return resolution.target;
};
const product = (identifier: string) =>
  sandbox.store.catalog.all().find(item => item.identifier === identifier)!;

describe('the place of a quantity', () => {
  test.each([
    ['PM Customer #1', '24'],
    ["O'Brien & Sons [NY]", '5'],
    ['Müller "Technik" GmbH', '7'],
  ])('of %s is its one ongoing addition', async (name, quantity) => {
    const target = await targetOf(requestFor(name));
    expect(target).toMatchObject({ quantity, description: expect.stringContaining(`"${SANDBOX_SOLUTION}"`) });
    expect(target.description).toContain(name);
  });

  test('is neither a cancelled addition of the product nor a future one', async () => {
    expect(await resolve(requestFor('Cancelled and Future Co'))).toMatchObject({ reason: 'BEGINS_LATER' });
  });

  test.each([
    ['PM Customer #1', 'gold', 'NO_SUCH_LEVEL', 'case sensitive'],
    ['PM Customer #1', 'Bronze', 'LEVEL_DISABLED', 'Do Not Integrate'],
    ['PM Customer #1', 'Half-filled', 'LEVEL_INCOMPLETE', 'Fill in both'],
    ['No Agreement AG', 'Default', 'NO_AGREEMENT', 'Add one'],
    ['Ended Agreements Ltd', 'Default', 'NO_AGREEMENT', 'no active agreement of type "Cloud Backup"'],
    ['Two Agreements Inc', 'Default', 'SEVERAL_AGREEMENTS', '"A second agreement of the same type"'],
    ['No Addition Corp', 'Default', 'NO_ADDITION', 'or let missing additions be created'],
    ['Two Additions LLC', 'Default', 'SEVERAL_ADDITIONS', 'Cancel all but one'],
  ])('of %s at level %s is none: %s', async (name, level, reason, words) => {
    expect(await resolve(requestFor(name, level))).toEqual({
      state: 'UNRESOLVED',
      reason,
      message: expect.stringContaining(words),
    });
  });

  test('does not exist if two cross-references of a level disagree, and exists if they agree', async () => {
    const { store } = sandbox;
    const gold = store.crossReferences.all().find(row => row.vendorLevel === 'Gold')!;
    const { id: _id, ...copy } = gold;
    const second = store.crossReferences.add(copy);
    expect(await resolve(requestFor('PM Customer #1', 'Gold'))).toMatchObject({ state: 'RESOLVED' });
    store.crossReferences.change(second, { product: { id: product('Cloud Direct Silver').id } });
    expect(await resolve(requestFor('PM Customer #1', 'Gold'))).toMatchObject({ reason: 'LEVEL_AMBIGUOUS' });
  });

  test('depends on the date: an agreement counts from its start to its end', async () => {
    const { store } = sandbox;
    const [agreement] = store.agreements.lookup('company/id', [company('PM Customer #1').id])!;
    const at = async (changes: Parameters<typeof store.agreements.change>[1]) => {
      store.agreements.change(agreement!, changes);
      return (await resolve(requestFor('PM Customer #1'))).state;
    };
    expect(await at({ noEndingDateFlag: false, endDate: '2026-11-21T00:00:00Z' })).toBe('UNRESOLVED');
    expect(await at({ endDate: '2026-11-23T00:00:00Z' })).toBe('RESOLVED');
    expect(await at({ startDate: '2026-11-24T00:00:00Z' })).toBe('UNRESOLVED');
  });

  test('costs one request for each agreement and a few more, also for 1,000 companies', async () => {
    const { store } = sandbox;
    const type = { id: 1 };
    const customers = store.companies
      .all()
      .filter(row => /^Customer \d/.test(row.name))
      .slice(0, 1_000);
    for (const { id } of customers) {
      const agreement = store.addAgreement({ company: { id }, type });
      store.addAddition({ agreementId: agreement.id, product: product(SANDBOX_SOLUTION), quantity: 1 });
    }
    sandbox.requests.clear();
    const resolutions = await adapter.resolveBillingTargets(
      customers.map(({ name }) => requestFor(name)),
      { createMissing: false, onDate },
    );
    expect(resolutions.every(({ state }) => state === 'RESOLVED')).toBe(true);
    expect(sandbox.requests.count('GET', /additions/)).toBe(1_000);
    expect(sandbox.requests.total).toBeLessThanOrEqual(1_015);
    expect(Math.max(...sandbox.requests.latest().map(({ urlLength }) => urlLength))).toBeLessThan(1_950);
  });
});

describe('a quantity', () => {
  test('does not count as written if the answer shows another one; the message names both', async () => {
    const target = await targetOf(requestFor('PM Customer #1'));
    sandbox.faults.inject(
      { method: 'PATCH' },
      { kind: 'status', status: 200, body: JSON.stringify({ id: 5_000, product: { id: 40 }, quantity: 24 }) },
    );
    expect(await adapter.setBilledQuantity(target, '31', period)).toEqual({
      state: 'REFUSED',
      reason: 'NOT_APPLIED',
      message: 'ConnectWise accepted 31 and shows 24 on the addition 5000.',
    });
  });

  test('with more digits than a double has is sent exactly, and read back exactly', async () => {
    const target = await targetOf(requestFor('PM Customer #1'));
    const answer = '{"id":5000,"product":{"id":40},"quantity":12345678901234567.25}';
    sandbox.faults.inject(
      { method: 'PATCH', body: /"value":12345678901234567\.25[,}]/ },
      { kind: 'status', status: 200, body: answer },
    );
    sandbox.faults.inject(
      { method: 'GET', path: /additions\/5000$/ },
      { kind: 'status', status: 200, body: answer },
    );
    expect(await adapter.setBilledQuantity(target, '12345678901234567.25', period)).toMatchObject({
      state: 'APPLIED',
      after: '12345678901234567.25',
    });
  });

  test.each([
    ['two decimals', 2, '12.3456', '12.35'],
    ['four decimals', 4, '12.34567', '12.3457'],
    ['doubles', undefined, '12345678901234567.25', '12345678901234568'],
  ])('is written with the value that a server of %s keeps', async (_what, keptDecimals, sent, after) => {
    sandbox.options.keptDecimals = keptDecimals;
    const target = await targetOf(requestFor('PM Customer #1'));
    expect(await adapter.setBilledQuantity(target, sent, period)).toMatchObject({
      state: 'ROUNDED',
      before: '24',
      after,
    });
  });

  test.each([
    [1, '12.3456', '12.3'],
    [0, '12.5', '13'],
  ])('is not written if the server keeps only %i decimals', async (keptDecimals, sent, shown) => {
    sandbox.options.keptDecimals = keptDecimals;
    const target = await targetOf(requestFor('PM Customer #1'));
    expect(await adapter.setBilledQuantity(target, sent, period)).toMatchObject({
      reason: 'NOT_APPLIED',
      message: expect.stringContaining(`shows ${shown} on`),
    });
  });

  test('is not written if the answer shows it and the server keeps the old one', async () => {
    sandbox.options.echoes = true;
    const target = await targetOf(requestFor('PM Customer #1'));
    expect(await adapter.setBilledQuantity(target, '31', period)).toMatchObject({
      reason: 'NOT_APPLIED',
      message: expect.stringContaining('shows 24 on'),
    });
  });

  test.each([500, 504])('that was written in spite of the answer %i has its true before', async status => {
    const target = await targetOf(requestFor('PM Customer #1'));
    sandbox.faults.inject({ method: 'PATCH' }, { kind: 'statusAfter', status, body: '{}' });
    expect(await adapter.setBilledQuantity(target, '31', period)).toMatchObject({
      state: 'APPLIED',
      before: '24',
      after: '31',
    });
  });

  test('that was not written stays a failure with the answer 500', async () => {
    const target = await targetOf(requestFor('PM Customer #1'));
    sandbox.faults.inject({ method: 'PATCH' }, { kind: 'status', status: 500, body: '{}' });
    await expect(adapter.setBilledQuantity(target, '31', period)).rejects.toThrow('500');
  });

  test('that cannot be read back may have been written', async () => {
    const target = await targetOf(requestFor('PM Customer #1'));
    sandbox.faults.inject({ method: 'GET', path: /additions\/\d+$/ }, { kind: 'reset', when: 'before' });
    await expect(adapter.setBilledQuantity(target, '31', period)).rejects.toMatchObject({
      mayHaveBeenCarriedOut: true,
    });
  });

  test('for an addition that was deleted meanwhile is refused, not created again', async () => {
    const target = await targetOf(requestFor('PM Customer #1'));
    const [addition] = sandbox.store.additionsOfCompany('PM Customer #1');
    sandbox.store.additions.delete(addition!);
    expect(await adapter.setBilledQuantity(target, '31', period)).toMatchObject({
      state: 'REFUSED',
      reason: 'NO_ADDITION',
    });
    expect(sandbox.requests.count('POST', /additions/)).toBe(0);
  });
});

describe('a missing addition', () => {
  const created = () =>
    sandbox.store
      .additionsOfCompany('No Addition Corp')
      .filter(row => row.product.identifier === SANDBOX_SOLUTION);
  const agreement = () =>
    sandbox.store.agreements.lookup('company/id', [company('No Addition Corp').id])![0]!;

  test.each([
    ['with the period', {}, '2026-10-23T00:00:00Z'],
    [
      'not before the billing of the agreement',
      { billStartDate: '2026-11-01T00:00:00Z' },
      '2026-11-01T00:00:00Z',
    ],
    ['after the invoiced period', { nextInvoiceDate: '2026-12-01T00:00:00Z' }, '2026-12-01T00:00:00Z'],
    [
      'on the first day that is not invoiced where the agreement prorates: no back charge',
      { nextInvoiceDate: '2026-12-01T00:00:00Z', prorateFlag: true },
      '2026-12-01T00:00:00Z',
    ],
    [
      'not before the agreement',
      { startDate: '2026-11-10T00:00:00Z', billStartDate: undefined },
      '2026-11-10T00:00:00Z',
    ],
  ])('is created billable and begins %s', async (_what, terms, effectiveDate) => {
    sandbox.store.agreements.change(agreement(), terms);
    const target = await targetOf(requestFor('No Addition Corp'), true);
    expect(target.quantity).toBeNull();
    expect(await adapter.setBilledQuantity(target, '12.5', period)).toMatchObject({
      state: 'APPLIED',
      before: null,
      after: '12.5',
    });
    expect(created()).toMatchObject([{ quantity: 12.5, billCustomer: 'Billable', effectiveDate }]);
  });

  test('is created once although the answer to the first attempt was lost', async () => {
    sandbox.store.agreements.change(agreement(), { nextInvoiceDate: '2026-12-01T00:00:00Z' });
    const target = await targetOf(requestFor('No Addition Corp'), true);
    sandbox.faults.inject({ method: 'POST' }, { kind: 'reset', when: 'after' });
    await expect(adapter.setBilledQuantity(target, '4', period)).rejects.toThrow();
    expect(await adapter.setBilledQuantity(target, '4', period)).toMatchObject({ state: 'UNCHANGED' });
    expect(created()).toHaveLength(1);
  });

  test('is not created for a quantity of zero', async () => {
    const target = await targetOf(requestFor('No Addition Corp'), true);
    expect(await adapter.setBilledQuantity(target, '0', period)).toMatchObject({ reason: 'NO_ADDITION' });
    expect(created()).toEqual([]);
  });
});
