import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HeldLease, releaseLease, takeLease } from '../../../src/db/leases.js';
import { claimDueDeliveries } from '../../../src/delivery/claim-due-deliveries.sql.js';
import { recordOutcomes } from '../../../src/delivery/record-outcomes.sql.js';
import { Delivery, DeliveryKind, DeliveryState } from '../../../src/domain/deliveries/delivery.js';
import { Integration } from '../../../src/domain/integrations/integration.js';
import { Partner } from '../../../src/domain/partners/partner.js';
import { PipelineName } from '../../../src/domain/runs/pipeline-name.js';
import { RunTrigger, SyncRun } from '../../../src/domain/runs/sync-run.js';
import { raiseUsageVersion, readUsageVersion } from '../../../src/pipelines/usage/usage-version.sql.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

const now = new Date('2026-11-23T15:00:00Z');
let database: TestDatabase;
let integrationId: string;
let quantityId: string;
let lease: HeldLease;
let partners = 0;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** An integration with a quantity and a ticket that are due, and its deliveries' lease. */
beforeEach(async () => {
  partners += 1;
  const em = database.orm.em.fork();
  const partner = em.create(Partner, {
    externalId: `p-${partners}`,
    name: 'p',
    timeZone: 'UTC',
    invoiceDay: 1,
  });
  const integration = em.create(Integration, { partner, psa: 'connectwise', account: 'a', credentials: 'x' });
  const run = em.create(SyncRun, {
    integration,
    pipeline: PipelineName.USAGE,
    trigger: RunTrigger.MANUAL,
    startedAt: now,
  });
  const due = { integration, summary: 's', nextAttemptAt: now };
  const quantity = em.create(Delivery, {
    ...due,
    run,
    kind: DeliveryKind.USAGE,
    key: 'quantity',
    content: {
      companyId: '1',
      usageType: 'Backup Usage',
      level: 'Default',
      quantity: '50',
      periodStart: '2026-10-23',
      periodEnd: '2026-11-22',
      invoiceDate: '2026-11-23',
    },
  });
  const ticket = { companyId: '1', body: 'b' };
  em.create(Delivery, { ...due, kind: DeliveryKind.TEST, key: 'ticket', content: ticket });
  await em.flush();
  integrationId = integration.id;
  quantityId = quantity.id;
  lease = (await takeLease(em, `deliver:${integrationId}`, 'worker', 60_000))!;
});

const claim = () => claimDueDeliveries(database.orm.em.fork(), lease, integrationId, now, 100);
const kinds = (claimed: { kind: string }[]) => claimed.map(({ kind }) => kind).sort();
const version = () => readUsageVersion(database.orm.em.fork(), integrationId);
const raise = (from: string) => raiseUsageVersion(database.orm.em.fork(), integrationId, from);

function delivered(...ids: string[]) {
  const outcomes = ids.map(id => ({ id, state: 'DELIVERED' as const, psaRecordId: '1' }));
  return recordOutcomes(database.orm.em.fork(), lease, outcomes, now);
}

describe('the usage version of an integration', () => {
  it('stays the same until something is written', async () => {
    const before = await version();
    expect(await version()).toBe(before);
    expect(await raise(before!)).toBe(true);
  });

  it('is unknown while a worker writes a quantity, and known again when its outcome is recorded', async () => {
    await claim();
    expect(await version()).toBeUndefined();
    await delivered(quantityId);
    expect(await version()).toBeDefined();
  });

  it('is raised by the claim of a quantity, so that no plan uses what was read before', async () => {
    const before = (await version())!;
    await claim();
    await delivered(quantityId);
    expect(await raise(before)).toBe(false);
  });

  it('is not raised by the claim of tickets', async () => {
    await database.orm.em.fork().nativeDelete(Delivery, { id: quantityId });
    const before = (await version())!;
    expect(kinds(await claim())).toEqual(['TEST']);
    expect(await raise(before)).toBe(true);
  });

  it('is raised by only one of two concurrent plans', async () => {
    const before = (await version())!;
    expect((await Promise.all([raise(before), raise(before)])).sort()).toEqual([false, true]);
  });

  it('is unknown while a quantity is written that was skipped meanwhile, as long as its worker has the lease', async () => {
    await claim();
    await database.orm.em
      .fork()
      .nativeUpdate(Delivery, { id: quantityId }, { state: DeliveryState.SKIPPED, nextAttemptAt: null });
    expect(await version()).toBeUndefined();
    await releaseLease(database.orm.em.fork(), lease);
    expect(await version()).toBeDefined();
  });
});

describe('a claim', () => {
  it('takes no quantities while usage is planned, but still takes tickets', async () => {
    const before = (await version())!;
    await database.orm.em.fork().transactional(async plan => {
      await raiseUsageVersion(plan, integrationId, before);
      expect(kinds(await claim())).toEqual(['TEST']);
    });
    expect(kinds(await claim())).toEqual(['USAGE']);
  });
});
