import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { query } from '../../../src/db/sql.js';
import {
  NewestRunChangesDocument,
  RetryDeliveriesDocument,
  RunPipelineDocument,
  UsageStatementsDocument,
} from '../../../src/gql/typed.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';
import { startJob } from '../../support/start-job.js';

let clock = new Date('2026-11-23T15:00:00Z');
let bridge: TestService;
let partner: ConnectedPartner;

beforeAll(async () => {
  bridge = await startTestService({ now: () => clock });
});
afterAll(() => bridge.stop());

// Each test has its own partner, so that it sees no other test's ledger, and finds the additions as seeded.
beforeEach(async () => {
  clock = new Date('2026-11-23T15:00:00Z');
  bridge.sandbox.faults.clear();
  const { store } = bridge.sandbox;
  store.additions.change(addition('PM Customer #1'), { quantity: 24 });
  store.additions.change(addition('PM Customer #1', 'Cloud Direct Gold'), { quantity: 3 });
  store.additions.change(addition('PM Customer #2'), { quantity: 10 });
  store.additionChanges.length = 0;
  partner = await connectPartner(bridge);
});

const patches = { method: 'PATCH', path: /additions/ };

async function retry(which: { ids?: string[]; state?: 'HELD' } = {}) {
  await bridge.client.ask(RetryDeliveriesDocument, { integrationId: partner.integrationId, ...which });
}

function addition(company: string, product = 'Arcserve UDP Cloud Direct') {
  return bridge.sandbox.store.additionsOfCompany(company).find(row => row.product.identifier === product)!;
}

async function statements() {
  const { integration } = await bridge.client.ask(UsageStatementsDocument, { id: partner.integrationId });
  return integration!.usageStatements.nodes;
}

async function newestChanges() {
  const { integration } = await bridge.client.ask(NewestRunChangesDocument, {
    id: partner.integrationId,
    pipeline: 'USAGE',
    first: 100,
  });
  return integration!.syncRuns.nodes[0]!.changes.nodes;
}

describe('a usage run', () => {
  it('bills the last measurement of the period, day by day in the partner’s zone', async () => {
    await partner.measure(1, '1', '2026-10-23T04:59:59Z'); // still the 22nd in Chicago: the period before
    await partner.measure(1, '77.125', '2026-11-23T05:59:59Z'); // still the 22nd: the last second of the period
    await partner.measure(1, '99', '2026-11-23T06:00:00Z'); // the next period
    await partner.run('USAGE');
    expect(addition('PM Customer #1').quantity).toBe(77.125);
  });

  it('sums the organizations of one company exactly, and shows each of them', async () => {
    await partner.setLevel(2, 'PM Customer #1');
    await partner.measure(1, '0.1', '2026-11-20T12:00:00Z');
    await partner.measure(2, '0.2', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    expect(addition('PM Customer #1').quantity).toBe(0.3);
    const [statement] = await statements();
    expect(statement!.lines.map(({ quantity, psaQuantity }) => [quantity, psaQuantity])).toEqual([
      ['0.1', '0.3'],
      ['0.2', '0.3'],
    ]);
  });

  it('writes nothing where the quantity is already right', async () => {
    await partner.measure(1, '24.0', '2026-11-20T12:00:00Z');
    expect(await partner.run('USAGE')).toMatchObject({ state: 'SUCCEEDED', delivered: 1 });
    expect(bridge.sandbox.store.additionChanges).toEqual([]);
  });

  it('reports the obstacle of each customer that cannot be billed, and writes the others', async () => {
    await partner.setLevel(2, 'Two Agreements Inc');
    await partner.measure(1, '31', '2026-11-20T12:00:00Z');
    await partner.measure(2, '32', '2026-11-20T12:00:00Z');
    expect(await partner.run('USAGE')).toMatchObject({ state: 'PARTIAL', delivered: 1, failed: 1 });
    expect(addition('PM Customer #1').quantity).toBe(31);
    const failed = (await partner.deliveries()).find(({ state }) => state === 'FAILED');
    expect(failed?.lastError).toContain('2 active agreements');
  });

  it('creates a missing addition only where the partner allows it', async () => {
    await partner.setLevel(1, 'No Addition Corp');
    await partner.measure(1, '5', '2026-11-20T12:00:00Z');
    expect(await partner.run('USAGE')).toMatchObject({ state: 'FAILED' });
    await partner.setOptions({ createMissingAdditions: true });
    expect(await partner.run('USAGE')).toMatchObject({ state: 'SUCCEEDED' });
    expect(addition('No Addition Corp').quantity).toBe(5);
    bridge.sandbox.store.additions.delete(addition('No Addition Corp'));
  });

  it('skips a level that the partner disabled', async () => {
    await partner.measure(1, '5', '2026-11-20T12:00:00Z');
    const rows = bridge.sandbox.store.crossReferences;
    const level = rows.all().find(row => row.vendorLevel === 'Default')!;
    rows.change(level, { inactiveFlag: true });
    const run = await partner.run('USAGE');
    rows.change(level, { inactiveFlag: false });
    expect(run).toMatchObject({ skipped: 1, delivered: 0 });
  });

  it('keeps the statement and writes nothing to the PSA while Update Agreement Additions is off', async () => {
    await partner.setOptions({ updateAgreementAdditions: false });
    await partner.measure(1, '5', '2026-11-20T12:00:00Z');
    expect(await partner.run('USAGE')).toMatchObject({ skipped: 1 });
    const skipped = (await partner.deliveries()).filter(({ reasonCode }) => reasonCode === 'ADDITIONS_OFF');
    expect(skipped).toMatchObject([{ state: 'SKIPPED', attempts: 0 }]);
    expect(bridge.sandbox.store.additionChanges).toEqual([]);
    expect(await statements()).toHaveLength(1);
  });

  it('does not bill zero before a person approved it', async () => {
    await partner.measure(1, '0', '2026-11-20T12:00:00Z');
    expect(await partner.run('USAGE')).toMatchObject({ state: 'PARTIAL', delivered: 0 });
    expect(addition('PM Customer #1').quantity).toBe(24);
    await retry({ state: 'HELD' });
    await partner.settled();
    expect(addition('PM Customer #1').quantity).toBe(0);
  });

  it('waits for a PSA that does not answer, and keeps its figures', async () => {
    await partner.measure(1, '40', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject({ path: /crossReferences/ }, faults.unavailable());
    const { runPipeline } = await bridge.client.ask(RunPipelineDocument, {
      integrationId: partner.integrationId,
      pipeline: 'USAGE',
    });
    await expect
      .poll(async () => (await runOf(runPipeline.run!.id)).error, { timeout: 10_000 })
      .toContain('not available');
    expect(await statements()).toHaveLength(1);
    await wake('usage');
    await expect
      .poll(async () => (await runOf(runPipeline.run!.id)).state, { timeout: 10_000 })
      .toBe('SUCCEEDED');
    expect(addition('PM Customer #1').quantity).toBe(40);
  });
});

async function runOf(id: string): Promise<{ state: string; error: string | null }> {
  const [run] = await query<{ state: string; error: string | null }>(
    bridge.database.orm.em.fork(),
    'select state, error from sync_run where id = $1',
    [id],
  );
  return run!;
}

async function wake(job: string) {
  await startJob(bridge.database.orm.em.fork(), job, { integrationId: partner.integrationId });
}

describe('a dry run', () => {
  it('shows before and after, and changes neither the PSA nor the statements', async () => {
    await partner.measure(1, '1250.75', '2026-11-20T12:00:00Z');
    await partner.run('USAGE', { dryRun: true });
    expect(await newestChanges()).toEqual([
      expect.objectContaining({
        organization: expect.objectContaining({ name: 'PM Customer #1' }),
        before: '24',
        after: '1250.75',
      }),
    ]);
    expect(bridge.sandbox.store.additionChanges).toEqual([]);
    expect(await statements()).toEqual([]);
  });

  it('shows what the run then writes', async () => {
    await partner.measure(1, '1250.75', '2026-11-20T12:00:00Z');
    await partner.measure(2, '3', '2026-11-20T12:00:00Z');
    await partner.run('USAGE', { dryRun: true });
    const planned = await newestChanges();
    await partner.run('USAGE');
    const done = await newestChanges();
    const quantities = (rows: typeof done) =>
      rows.map(({ organization, before, after }) => [organization.name, before, after]).sort();
    expect(quantities(done)).toEqual(quantities(planned));
  });

  it('fails at once while the PSA does not answer', async () => {
    await partner.measure(1, '5', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject({ path: /crossReferences/ }, faults.unavailable());
    expect(await partner.run('USAGE', { dryRun: true })).toMatchObject({
      state: 'FAILED',
      error: expect.stringContaining('not available'),
    });
  });
});

describe('the same invoice date again', () => {
  it('corrects what a person changed in the PSA, without a new revision', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    bridge.sandbox.store.additions.change(addition('PM Customer #1'), { quantity: 1 });
    await partner.run('USAGE');
    expect(addition('PM Customer #1').quantity).toBe(50);
    expect(await statements()).toHaveLength(1);
  });

  it('makes a new revision with its reason when a measurement was corrected', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    await partner.measure(1, '51', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    expect(
      (await statements()).map(({ revision, reason, lines }) => [revision, reason, lines[0]!.quantity]),
    ).toEqual([
      [2, expect.stringContaining('1 line differs from revision 1'), '51'],
      [1, null, '50'],
    ]);
    expect(addition('PM Customer #1').quantity).toBe(51);
  });

  it('is rejected once a newer period is written, because it would restore old quantities', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    const { runPipeline } = await bridge.client.ask(RunPipelineDocument, {
      integrationId: partner.integrationId,
      pipeline: 'USAGE',
      date: '2026-10-23',
    });
    expect(runPipeline.userErrors).toEqual([
      expect.objectContaining({ field: ['date'], code: 'OLDER_PERIOD' }),
    ]);
  });

  it.each([
    ['2026-11-24', 'NOT_AN_INVOICE_DATE'],
    ['2026-12-23', 'NOT_OVER'],
    ['2026-02-30', 'INVALID'],
    ['yesterday', 'INVALID'],
  ])('is rejected for %s: %s', async (date, code) => {
    const { runPipeline } = await bridge.client.ask(RunPipelineDocument, {
      integrationId: partner.integrationId,
      pipeline: 'USAGE',
      date,
    });
    expect(runPipeline.userErrors).toEqual([expect.objectContaining({ field: ['date'], code })]);
  });
});

describe('a newer run', () => {
  const byReason = async (reasonCode: string) =>
    (await partner.deliveries()).filter(delivery => delivery.reasonCode === reasonCode);

  /** Starts a run and waits until its quantities were attempted. */
  async function tried() {
    await bridge.client.ask(RunPipelineDocument, { integrationId: partner.integrationId, pipeline: 'USAGE' });
    await vi.waitFor(
      async () => expect((await partner.deliveries()).some(({ lastError }) => lastError)).toBe(true),
      { timeout: 10_000 },
    );
  }

  /** What the PSA bills according to the newest plan. */
  async function readBeforePlanning(): Promise<string> {
    const [newest] = await query<{ quantity: string }>(
      bridge.database.orm.em.fork(),
      `select content -> 'target' ->> 'quantity' as quantity from delivery where integration_id = $1
       order by id desc limit 1`,
      [partner.integrationId],
    );
    return newest!.quantity;
  }

  async function later() {
    bridge.sandbox.faults.clear();
    clock = new Date(clock.getTime() + 3 * 3_600_000);
    await partner.run('USAGE');
  }

  it('replaces pending quantities, whatever their mapping was', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject(patches, faults.tooManyRequests(3_600), { times: 100 });
    await tried();
    await partner.setLevel(1, 'PM Customer #1', 'Gold');
    await later();
    await partner.settled();
    expect(addition('PM Customer #1').quantity).toBe(24);
    expect(addition('PM Customer #1', 'Cloud Direct Gold').quantity).toBe(50);
    expect(await byReason('OUTDATED')).toMatchObject([{ state: 'SKIPPED' }]);
  });

  it('asks for approval of an interrupted quantity that is now billed elsewhere', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject(patches, { kind: 'reset', when: 'after' }, { times: 100 });
    await tried();
    await partner.setLevel(1, 'PM Customer #1', 'Gold');
    await later();
    await partner.settled();
    const [held] = await byReason('MAYBE_WRITTEN');
    expect(held).toMatchObject({
      state: 'HELD',
      lastError: expect.stringContaining('may be billed here too'),
    });
    await retry({ ids: [held!.id] });
    await partner.settled();
    expect(addition('PM Customer #1').quantity).toBe(0);
    expect(addition('PM Customer #1', 'Cloud Direct Gold').quantity).toBe(50);
    await partner.run('USAGE');
    expect(await byReason('MAYBE_WRITTEN')).toEqual([]);
  });

  it('prevents a retry from writing what an older run failed to write', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject(patches, faults.invalid('addition', 'quantity', 'No.'));
    await tried();
    const [failed] = await partner.settled();
    expect(failed).toMatchObject({ state: 'FAILED' });
    await partner.measure(1, '51', '2026-11-20T12:00:00Z');
    await later();
    await retry({ ids: [failed!.id] });
    await partner.settled();
    expect(addition('PM Customer #1').quantity).toBe(51);
    expect((await byReason('OUTDATED')).map(({ id }) => id)).toEqual([failed!.id]);
  });

  it('says that it waits while quantities are being written, and is planned afterwards', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject(patches, { kind: 'latency', ms: 1_500 });
    await bridge.client.ask(RunPipelineDocument, { integrationId: partner.integrationId, pipeline: 'USAGE' });
    await vi.waitFor(async () => expect((await partner.deliveries())[0]?.attempts).toBe(1), 5_000);
    const { runPipeline } = await bridge.client.ask(RunPipelineDocument, {
      integrationId: partner.integrationId,
      pipeline: 'USAGE',
    });
    await expect
      .poll(async () => (await runOf(runPipeline.run!.id)).error, { timeout: 1_200 })
      .toContain('being written');
    await expect
      .poll(async () => runOf(runPipeline.run!.id), { timeout: 5_000 })
      .toEqual({ state: 'SUCCEEDED', error: null });
  });

  it('is planned again if the writing of a quantity began while it read the PSA', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject(patches, faults.invalid('addition', 'quantity', 'No.'));
    await tried();
    const [failed] = await partner.settled();
    await partner.measure(1, '51', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject({ method: 'GET', path: /additions/ }, { kind: 'slowBody', ms: 1_000 });
    await bridge.client.ask(RunPipelineDocument, { integrationId: partner.integrationId, pipeline: 'USAGE' });
    await vi.waitFor(async () => expect(await statements()).toHaveLength(2), 5_000);
    await retry({ ids: [failed!.id] });
    await vi.waitFor(() => expect(addition('PM Customer #1').quantity).toBe(51), 5_000);
    await partner.settled();
    expect(await readBeforePlanning()).toBe('50');
  });

  it('waits for quantities that are being written, and takes them into account', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject(patches, { kind: 'latency', ms: 1_500 });
    await bridge.client.ask(RunPipelineDocument, { integrationId: partner.integrationId, pipeline: 'USAGE' });
    await vi.waitFor(async () => expect((await partner.deliveries())[0]?.attempts).toBe(1), 10_000);
    await partner.setLevel(1, 'PM Customer #1', 'Gold');
    clock = new Date(clock.getTime() + 1_000);
    await partner.run('USAGE');
    await partner.settled();
    expect(addition('PM Customer #1').quantity).toBe(0);
    expect(addition('PM Customer #1', 'Cloud Direct Gold').quantity).toBe(50);
  });
});

describe('a second run', () => {
  const start = async (dryRun = false) =>
    (
      await bridge.client.ask(RunPipelineDocument, {
        integrationId: partner.integrationId,
        pipeline: 'USAGE',
        dryRun,
      })
    ).runPipeline;

  async function runs() {
    const rows = await query<{ id: string }>(
      bridge.database.orm.em.fork(),
      `select id from sync_run where integration_id = $1`,
      [partner.integrationId],
    );
    return rows.map(({ id }) => id);
  }

  /** A run to plan, at a PSA that answers after a second. */
  async function slowPsa() {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject({ path: /crossReferences/ }, { kind: 'latency', ms: 1_000 });
  }

  it('is rejected, and names the first one, while that is not planned yet', async () => {
    await slowPsa();
    const first = await start();
    expect(await start()).toMatchObject({
      run: { id: first.run!.id },
      userErrors: [
        {
          field: ['pipeline'],
          code: 'ALREADY_RUNNING',
          message: expect.stringContaining('2026-11-23 was started before and is still to be planned'),
        },
      ],
    });
  });

  it('is also rejected if the first one is a dry run', async () => {
    await slowPsa();
    const first = await start(true);
    expect(await start()).toMatchObject({
      run: { id: first.run!.id },
      userErrors: [{ code: 'ALREADY_RUNNING', message: expect.stringContaining('dry run') }],
    });
  });

  it('is not started if both are requested at the same moment: both calls get the same run', async () => {
    await slowPsa();
    const started = await Promise.all([start(), start(), start()]);
    const [only, ...others] = await runs();
    expect(others).toEqual([]);
    expect(started.map(({ run }) => run!.id)).toEqual([only, only, only]);
    expect(started.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
      'ALREADY_RUNNING',
      'ALREADY_RUNNING',
    ]);
  });

  it('is started once the first one is planned', async () => {
    await partner.run('USAGE');
    expect((await start()).userErrors).toEqual([]);
    expect(await runs()).toHaveLength(2);
  });
});

describe('a changed mapping', () => {
  it('sets the quantity that we wrote on the old addition to zero, and changes nothing that we never wrote', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    await partner.setLevel(1, 'PM Customer #1', 'Gold');
    await partner.run('USAGE');
    expect(addition('PM Customer #1').quantity).toBe(0);
    expect(addition('PM Customer #1', 'Cloud Direct Gold').quantity).toBe(50);
    expect(addition('PM Customer #2').quantity).toBe(10);
  });

  it('also sets to zero what a retry wrote to an addition that did not exist when the run was planned', async () => {
    await partner.setLevel(1, 'No Addition Corp');
    await partner.measure(1, '5', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    await partner.setOptions({ createMissingAdditions: true });
    await retry();
    await partner.settled();
    await partner.setLevel(1, 'PM Customer #1');
    await partner.run('USAGE');
    const former = addition('No Addition Corp');
    bridge.sandbox.store.additions.delete(former);
    expect([former.quantity, addition('PM Customer #1').quantity]).toEqual([0, 5]);
  });

  it('prevents a retry from billing a quantity that was planned with the old one', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    bridge.sandbox.faults.inject(patches, faults.invalid('addition', 'quantity', 'No.'));
    await partner.run('USAGE');
    await partner.setLevel(1, 'PM Customer #1', 'Gold');
    const [failed] = await partner.deliveries();
    await retry({ ids: [failed!.id] });
    expect(await partner.settled()).toMatchObject([
      { state: 'FAILED', reasonCode: 'REMAPPED', lastError: expect.stringContaining('Start a usage run') },
    ]);
    expect(addition('PM Customer #1').quantity).toBe(24);
    clock = new Date(clock.getTime() + 60_000);
    await partner.run('USAGE');
    expect(addition('PM Customer #1').quantity).toBe(24);
    expect(addition('PM Customer #1', 'Cloud Direct Gold').quantity).toBe(50);
  });

  it('that is restored before the zero is written keeps its quantity', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    await partner.setLevel(1, 'PM Customer #1', 'Gold');
    bridge.sandbox.faults.inject(patches, faults.invalid('addition', 'quantity', 'No.'), { times: 100 });
    await partner.run('USAGE');
    bridge.sandbox.faults.clear();
    await partner.setLevel(1, 'PM Customer #1', 'Default');
    await retry();
    const reasonsGiven = (await partner.settled()).map(({ reasonCode }) => reasonCode);
    expect(reasonsGiven.filter(code => code === 'REMAPPED')).toHaveLength(2);
    expect(addition('PM Customer #1').quantity).toBe(50);
  });

  it('keeps the billed quantity until a person approves zero, when nothing is measured any more', async () => {
    await partner.measure(1, '50', '2026-11-20T12:00:00Z');
    await partner.run('USAGE');
    clock = new Date('2026-12-23T15:00:00Z');
    await partner.run('USAGE');
    expect(addition('PM Customer #1').quantity).toBe(50);
    const held = (await partner.deliveries()).find(({ state }) => state === 'HELD');
    expect(held?.lastError).toContain('Nothing was measured');
  });
});
