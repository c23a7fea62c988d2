import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_SOLUTION } from '../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import type { Addition, Agreement } from '../../../../plugins/connectwise/sandbox/store.js';
import type { BillingTarget, PsaAdapter } from '../../../../src/psa/adapter.js';
import { connectWise, type Outside, psaEnvironment } from '../../../support/on-sandbox.js';

/** Which addition serves October, invoiced on 1 November. */
const onDate = '2026-11-01';
const period = { start: '2026-10-01', end: '2026-10-31' };

let sandbox: Sandbox;
let environment: Outside;
let adapter: PsaAdapter;
let agreement: Agreement;
beforeEach(async () => {
  sandbox = await startSandbox();
  environment = psaEnvironment([sandbox.host]);
  adapter = connectWise(sandbox.host, environment);
  [agreement] = sandbox.store.agreements.lookup('company/id', [companyId('No Addition Corp')]) as [Agreement];
});
afterEach(async () => {
  await environment.close();
  await sandbox.close();
});

const companyId = (name: string) => sandbox.store.companies.lookup('name', [name])![0]!.id;
const product = () => sandbox.store.catalog.all().find(item => item.identifier === SANDBOX_SOLUTION)!;
const add = (more: Partial<Addition>, to = agreement) =>
  sandbox.store.addAddition({ agreementId: to.id, product: product(), quantity: 8, ...more });
const requestFor = (name: string) => ({
  companyId: String(companyId(name)),
  usageType: 'Backup Usage',
  level: 'Default',
});
const resolve = async (name = 'No Addition Corp', createMissing = true) =>
  (await adapter.resolveBillingTargets([requestFor(name)], { createMissing, onDate }))[0]!;
const target = async (): Promise<BillingTarget> => {
  const resolution = await resolve();
  if (resolution.state !== 'RESOLVED') throw new Error(JSON.stringify(resolution));
  return resolution.target;
};

describe('an addition', () => {
  test.each(['2026-10-15', '2026-10-31'])(
    'cancelled on %s keeps its quantity, and a new one is created',
    async day => {
      const cancelled = add({ cancelledDate: `${day}T00:00:00Z` });
      const place = await target();
      expect(place.quantity).toBeNull();
      expect(await adapter.setBilledQuantity(place, '50', period)).toMatchObject({
        before: null,
        after: '50',
      });
      expect(sandbox.store.additions.get(cancelled.id)).toMatchObject({ quantity: 8 });
    },
  );

  test('that begins later is named, and none is created beside it', async () => {
    const later = { effectiveDate: '2026-11-15T00:00:00Z' };
    const place = await target();
    add(later);
    expect(await resolve()).toMatchObject({
      reason: 'BEGINS_LATER',
      message: expect.stringContaining('2026-11-15'),
    });
    expect(await adapter.setBilledQuantity(place, '50', period)).toMatchObject({
      state: 'REFUSED',
      reason: 'BEGINS_LATER',
    });
    expect(sandbox.requests.count('POST', /additions/)).toBe(0);
  });

  test.each(['DoNotBill', 'NoCharge'] as const)('set to %s is named, because it bills nothing', async how => {
    add({ billCustomer: how });
    expect(await resolve()).toMatchObject({ reason: 'NOT_BILLED', message: expect.stringContaining(how) });
  });

  test('comes with the terms that decide about its invoice', async () => {
    sandbox.store.agreements.change(agreement, {
      nextInvoiceDate: '2027-06-01T00:00:00Z',
      billingCycle: { id: 3, name: 'Annual' },
      periodType: 'Future',
      prorateFlag: true,
    });
    const { id } = add({ lessIncluded: 5 });
    expect((await target()).terms).toEqual({
      recordId: String(id),
      billedOn: '2027-06-01',
      billingCycle: 'Annual',
      periodType: 'Future',
      prorated: true,
      lessIncluded: '5',
    });
  });

  test('that is new says that it begins on the first day that is not invoiced', async () => {
    sandbox.store.agreements.change(agreement, { nextInvoiceDate: '2026-12-01T00:00:00Z' });
    expect((await target()).terms).toMatchObject({ beginsNotBefore: '2026-12-01', billedOn: '2026-12-01' });
  });
});

describe('a record that cannot be read', () => {
  const both = () =>
    adapter.resolveBillingTargets([requestFor('No Addition Corp'), requestFor('PM Customer #1')], {
      createMissing: true,
      onDate,
    });

  test('leaves only its company unresolved: an addition', async () => {
    add({ effectiveDate: '15/10/2026' });
    expect(await both()).toMatchObject([
      { reason: 'UNREADABLE', message: expect.stringContaining('"effectiveDate"') },
      { state: 'RESOLVED' },
    ]);
  });

  test('leaves only its company unresolved: an agreement', async () => {
    sandbox.store.agreements.change(agreement, { startDate: '1 October 2026' });
    expect(await both()).toMatchObject([
      { reason: 'UNREADABLE', message: expect.stringContaining('"startDate"') },
      { state: 'RESOLVED' },
    ]);
  });

  test('does not matter if it is an addition of another product', async () => {
    const other = sandbox.store.catalog.all().find(({ id }) => id !== product().id)!;
    add({ product: { id: other.id }, effectiveDate: '15/10/2026' });
    expect(await both()).toMatchObject([{ state: 'RESOLVED' }, { state: 'RESOLVED' }]);
  });
});

describe('a child agreement', () => {
  const bundle = () => {
    const parent = sandbox.store.addAgreement({
      company: { id: companyId('No Addition Corp') },
      type: { id: sandbox.store.agreementTypes.all().find(({ id }) => id !== agreement.type.id)!.id },
      nextInvoiceDate: '2026-11-01T00:00:00Z',
    });
    sandbox.store.agreements.change(agreement, {
      parentAgreement: { id: parent.id },
      nextInvoiceDate: '2026-03-01T00:00:00Z',
    });
    return parent;
  };

  test('takes the quantity, and is invoiced on the date of its parent', async () => {
    bundle();
    add({});
    const place = await target();
    expect(place).toMatchObject({ quantity: '8', terms: { billedOn: '2026-11-01' } });
    expect(await adapter.setBilledQuantity(place, '50', period)).toMatchObject({ before: '8', after: '50' });
  });

  test('does not lend its additions to its parent, whose list contains them', async () => {
    sandbox.options.parentListsChildren = true;
    add({});
    sandbox.store.addAgreement({
      company: { id: companyId('No Agreement AG') },
      type: agreement.type,
      parentAgreement: { id: agreement.id },
    });
    const [child] = sandbox.store.agreements.lookup('company/id', [companyId('No Agreement AG')])!;
    add({ quantity: 99 }, child);
    expect(await target()).toMatchObject({ quantity: '8' });
    expect(await resolve('No Agreement AG')).toMatchObject({ target: { quantity: '99' } });
  });
});

describe('an agreement that ended', () => {
  const endsOn = (day: string) =>
    sandbox.store.agreements.change(agreement, {
      noEndingDateFlag: false,
      endDate: `${day}T00:00:00Z`,
      agreementStatus: 'Expired',
    });

  test('on the last day of the period takes the final month', async () => {
    endsOn('2026-10-31');
    add({});
    expect(await adapter.setBilledQuantity(await target(), '50', period)).toMatchObject({ after: '50' });
  });

  test('earlier in the period is named', async () => {
    endsOn('2026-10-30');
    expect(await resolve()).toMatchObject({
      reason: 'AGREEMENT_ENDED',
      message: expect.stringContaining('2026-10-30'),
    });
  });

  test('gets no new addition that would begin after its end', async () => {
    endsOn('2026-10-31');
    sandbox.store.agreements.change(agreement, { nextInvoiceDate: '2026-11-01T00:00:00Z' });
    expect(await resolve()).toMatchObject({ reason: 'AGREEMENT_ENDED' });
  });

  test('gives way to the one in force on the invoice date', async () => {
    endsOn('2026-10-31');
    const { company, type } = agreement;
    const next = sandbox.store.addAgreement({ company, type, startDate: '2026-11-01T00:00:00Z' });
    add({ quantity: 3 }, next);
    expect(await target()).toMatchObject({ quantity: '3' });
  });
});
