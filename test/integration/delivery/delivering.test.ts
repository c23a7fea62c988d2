import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { query } from '../../../src/db/sql.js';
import { ticketReference } from '../../../src/domain/deliveries/ticket-reference.js';
import {
  DisconnectIntegrationDocument,
  IntegrationDetailsDocument,
  PauseIntegrationDocument,
  ResumeIntegrationDocument,
  RetryDeliveriesDocument,
  RunPipelineDocument,
} from '../../../src/gql/typed.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { connectWise, psaEnvironment } from '../../support/on-sandbox.js';
import { startTestService, type TestService } from '../../support/service.js';
import { startJob } from '../../support/start-job.js';

const posts = { method: 'POST', path: /^\/service\/tickets$/ };
let bridge: TestService;
let partner: ConnectedPartner;

beforeAll(async () => {
  bridge = await startTestService();
  partner = await connectPartner(bridge);
});
afterEach(() => bridge.sandbox.faults.clear());
afterAll(() => bridge.stop());

/** Makes what waits for another attempt due now, as time would, and has a worker look. */
async function makeRetriesDue() {
  await query(
    bridge.database.orm.em.fork(),
    `update delivery set next_attempt_at = now() where state = 'PENDING'`,
  );
  await query(bridge.database.orm.em.fork(), 'update integration set resting_until = null');
  await startJob(bridge.database.orm.em.fork(), 'deliver', { integrationId: partner.integrationId });
}

async function newestDelivery(externalId: string) {
  const all = await partner.deliveries();
  return all.find(({ summary }) => summary.includes(externalId))!;
}

/** Waits until its first attempt ended without an answer. */
async function leftUnsure(externalId: string) {
  const unsure = { attempts: 1, lastError: expect.stringContaining('the connection broke') };
  await vi.waitFor(async () => expect(await newestDelivery(externalId)).toMatchObject(unsure), 10_000);
}

function ticketsNamed(name: string) {
  return bridge.sandbox.store.tickets.all().filter(({ summary }) => summary.includes(name));
}

async function reported(name: string, status: 'SUCCESS' | 'WARNING' | 'ERROR' = 'ERROR', customer = 1) {
  await partner.reportJob(customer, { externalId: name, device: name, status });
}

describe('an attempt that may have been carried out', () => {
  it('is looked up after at least a minute, when the PSA has certainly finished it', async () => {
    bridge.sandbox.faults.inject(posts, { kind: 'reset', when: 'after' });
    const before = Date.now();
    await reported('UNSURE-1');
    await leftUnsure('UNSURE-1');
    const { nextAttemptAt } = await newestDelivery('UNSURE-1');
    expect(Date.parse(nextAttemptAt!) - before).toBeGreaterThanOrEqual(60_000);
    await makeRetriesDue();
    await partner.settled();
    expect(ticketsNamed('UNSURE-1')).toHaveLength(1);
  });

  it.each([
    [
      'a person retries it',
      'HASTY-1',
      async () => {
        const { id } = await newestDelivery('HASTY-1');
        await bridge.client.ask(RetryDeliveriesDocument, { integrationId: partner.integrationId, ids: [id] });
      },
    ],
    [
      'a person starts a run of events',
      'HASTY-2',
      () =>
        bridge.client.ask(RunPipelineDocument, { integrationId: partner.integrationId, pipeline: 'EVENTS' }),
    ],
  ])(
    'still waits its minute when %s, because the PSA may still be processing it',
    async (_what, name, hurry) => {
      bridge.sandbox.faults.inject(posts, { kind: 'reset', when: 'before' });
      const before = Date.now();
      await reported(name);
      await leftUnsure(name);
      await hurry();
      const { nextAttemptAt } = await newestDelivery(name);
      expect(Date.parse(nextAttemptAt!) - before).toBeGreaterThanOrEqual(60_000);
      await makeRetriesDue();
      await partner.settled();
    },
  );

  it('is looked up once more when it is retried after a refusal', async () => {
    bridge.sandbox.faults.inject(posts, { kind: 'reset', when: 'before' });
    await reported('LATE-1');
    await leftUnsure('LATE-1');
    bridge.sandbox.faults.inject(posts, faults.invalid('ticket', 'summary', 'No.'));
    await makeRetriesDue();
    await partner.settled();
    const failed = await newestDelivery('LATE-1');
    expect(failed.state).toBe('FAILED');
    // The first attempt comes through after all.
    const outside = psaEnvironment([bridge.sandbox.host]);
    const { id } = await connectWise(bridge.sandbox.host, outside).createTicket({
      reference: ticketReference(failed.id),
      summary: 'LATE-1',
      body: '',
      companyId: String(bridge.sandbox.store.companies.all()[0]!.id),
    });
    await outside.close();
    await bridge.client.ask(RetryDeliveriesDocument, {
      integrationId: partner.integrationId,
      ids: [failed.id],
    });
    await makeRetriesDue();
    await partner.settled();
    expect((await newestDelivery('LATE-1')).psaRecordId).toBe(id);
    expect(ticketsNamed('LATE-1')).toHaveLength(1);
  });
});

describe('a problem with one ticket', () => {
  it('fails the ticket with the message of ConnectWise, does not affect other tickets, and is resolved by a retry after the fix', async () => {
    bridge.sandbox.faults.inject(
      { ...posts, body: /BAD-1/ },
      faults.invalid('ticket', 'summary', 'The summary is not to our liking.'),
    );
    await reported('BAD-1');
    await reported('GOOD-1');
    await partner.settled();
    const failed = await newestDelivery('BAD-1');
    expect(failed).toMatchObject({
      state: 'FAILED',
      lastError: expect.stringContaining('not to our liking'),
    });
    expect(ticketsNamed('GOOD-1')).toHaveLength(1);
    const { retryDeliveries } = await bridge.client.ask(RetryDeliveriesDocument, {
      integrationId: partner.integrationId,
      ids: [failed.id],
    });
    expect(retryDeliveries.retried).toBe(1);
    await partner.settled();
    expect(ticketsNamed('BAD-1')).toHaveLength(1);
  });

  it('skips the ticket where no priority is set for its result', async () => {
    await reported('FINE-1', 'SUCCESS');
    await partner.settled();
    expect(await newestDelivery('FINE-1')).toMatchObject({
      state: 'SKIPPED',
      attempts: 0,
      lastError: expect.stringContaining('no priority'),
    });
    expect(ticketsNamed('FINE-1')).toEqual([]);
  });

  it('skips the ticket while its organization is not mapped; a manual retry delivers it after mapping', async () => {
    await partner.setLevel(2, null);
    await reported('LOST-1', 'ERROR', 2);
    await partner.settled();
    expect(await newestDelivery('LOST-1')).toMatchObject({
      state: 'SKIPPED',
      attempts: 0,
      lastError: expect.stringContaining('not mapped'),
    });
    await partner.setLevel(2, 'PM Customer #2');
    await bridge.client.ask(RetryDeliveriesDocument, {
      integrationId: partner.integrationId,
      ids: [(await newestDelivery('LOST-1')).id],
    });
    await partner.settled();
    expect(ticketsNamed('LOST-1')).toHaveLength(1);
  });
});

describe('a busy ConnectWise', () => {
  it('gets no requests for as long as it asks, and no attempt is counted', async () => {
    bridge.sandbox.faults.inject(posts, faults.tooManyRequests(7));
    const before = Date.now();
    await reported('BUSY-1');
    await vi.waitFor(
      async () => expect((await newestDelivery('BUSY-1')).lastError).toContain('slow down'),
      10_000,
    );
    const delivery = await newestDelivery('BUSY-1');
    expect(delivery).toMatchObject({ state: 'PENDING', attempts: 0 });
    expect(Date.parse(delivery.nextAttemptAt!) - before).toBeGreaterThan(6_000);
    await makeRetriesDue();
    await partner.settled();
    expect(ticketsNamed('BUSY-1')).toHaveLength(1);
  });
});

describe('an integration whose login is refused', () => {
  it('needs attention, keeps its pending deliveries, counts no attempts, and recovers automatically', async () => {
    bridge.sandbox.faults.inject({}, faults.unauthorized(), { times: Number.POSITIVE_INFINITY });
    await reported('LOCKED-1');
    await reported('LOCKED-2');
    const details = () => bridge.client.ask(IntegrationDetailsDocument, { id: partner.integrationId });
    await vi.waitFor(
      async () =>
        expect((await details()).integration).toMatchObject({
          status: 'NEEDS_ATTENTION',
          statusReason: expect.stringContaining('login'),
        }),
      10_000,
    );
    await vi.waitFor(
      async () => expect(await newestDelivery('LOCKED-1')).toMatchObject({ state: 'PENDING', attempts: 0 }),
      10_000,
    );

    bridge.sandbox.faults.clear();
    await query(bridge.database.orm.em.fork(), 'update integration set next_probe_at = now()');
    await makeRetriesDue();
    await partner.settled();
    expect((await details()).integration).toMatchObject({ status: 'CONNECTED', statusReason: null });
    expect([ticketsNamed('LOCKED-1').length, ticketsNamed('LOCKED-2').length]).toEqual([1, 1]);
  });

  it('that is paused by a person while it is tried again stays paused', async () => {
    bridge.sandbox.faults.inject({}, faults.unauthorized(), { times: Number.POSITIVE_INFINITY });
    await reported('PROBED-1');
    const details = () => bridge.client.ask(IntegrationDetailsDocument, { id: partner.integrationId });
    await vi.waitFor(
      async () => expect((await details()).integration!.status).toBe('NEEDS_ATTENTION'),
      10_000,
    );
    bridge.sandbox.faults.clear();
    bridge.sandbox.options.latencyMs = 200;
    bridge.sandbox.requests.clear();
    await query(bridge.database.orm.em.fork(), 'update integration set next_probe_at = now()');
    await makeRetriesDue();
    await vi.waitFor(() => expect(bridge.sandbox.requests.total).toBeGreaterThan(0), 10_000);
    await bridge.client.ask(PauseIntegrationDocument, { id: partner.integrationId });
    await vi.waitFor(async () => {
      const [row] = await query<{ held: number }>(
        bridge.database.orm.em.fork(),
        `select count(*)::int as held from lease where name like 'deliver:%' and until > now()`,
      );
      expect(row!.held).toBe(0);
    }, 10_000);
    bridge.sandbox.options.latencyMs = 0;
    expect((await details()).integration!.status).toBe('PAUSED');
    await bridge.client.ask(ResumeIntegrationDocument, { id: partner.integrationId });
    await partner.settled();
    expect(ticketsNamed('PROBED-1')).toHaveLength(1);
  });
});

describe('a paused integration', () => {
  it('keeps its pending deliveries until it is resumed', async () => {
    await bridge.client.ask(PauseIntegrationDocument, { id: partner.integrationId });
    await reported('PAUSED-1');
    await makeRetriesDue();
    await vi.waitFor(async () => {
      const [row] = await query<{ waiting: string }>(
        bridge.database.orm.em.fork(),
        `select count(*) as waiting from agenda_jobs where name = 'deliver' and (next_run_at is null or next_run_at <= now())`,
      );
      expect(Number(row!.waiting)).toBe(0);
    }, 10_000);
    expect(await newestDelivery('PAUSED-1')).toMatchObject({ state: 'PENDING', attempts: 0 });
    await bridge.client.ask(ResumeIntegrationDocument, { id: partner.integrationId });
    await partner.settled();
    expect(ticketsNamed('PAUSED-1')).toHaveLength(1);
  });
});

describe('a disconnected integration', () => {
  it('records the ticket that was being sent', async () => {
    const other = await connectPartner(bridge);
    bridge.sandbox.faults.inject(posts, { kind: 'latency', ms: 1_000 });
    await other.reportJob(1, { externalId: 'PARTING-1', device: 'PARTING-1', status: 'ERROR' });
    await vi.waitFor(async () => expect((await other.deliveries())[0]?.attempts).toBe(1), 10_000);
    await bridge.client.ask(DisconnectIntegrationDocument, { id: other.integrationId });
    await vi.waitFor(() => expect(ticketsNamed('PARTING-1')).toHaveLength(1), 10_000);
    await vi.waitFor(async () => {
      const delivery = await query(
        bridge.database.orm.em.fork(),
        'select state, psa_record_id as ticket from delivery where integration_id = $1',
        [other.integrationId],
      );
      expect(delivery).toEqual([{ state: 'DELIVERED', ticket: String(ticketsNamed('PARTING-1')[0]!.id) }]);
    }, 10_000);
  });
});

describe('a worker', () => {
  it('that died during an attempt leaves a delivery that the next worker looks up first', async () => {
    await reported('KILLED-1');
    await partner.settled();
    const delivery = await newestDelivery('KILLED-1');
    // As a killed process leaves it: the ticket is there, the outcome was never written.
    await query(
      bridge.database.orm.em.fork(),
      `update delivery set state = 'PENDING', unsure = true, claim_fence = 0, delivered_at = null, psa_record_id = null, next_attempt_at = now() where id = $1`,
      [delivery.id],
    );
    await makeRetriesDue();
    await partner.settled();
    expect(ticketsNamed('KILLED-1')).toHaveLength(1);
    expect((await newestDelivery('KILLED-1')).psaRecordId).toBe(delivery.psaRecordId);
  });

  it('that died during an attempt may have sent its request: the delivery is looked up a minute after the lease', async () => {
    await reported('SETTLING-1');
    await partner.settled();
    const delivery = await newestDelivery('SETTLING-1');
    const em = bridge.database.orm.em.fork();
    await query(
      em,
      `update delivery set state = 'PENDING', unsure = true, claim_fence = 0, delivered_at = null, psa_record_id = null, next_attempt_at = now() where id = $1`,
      [delivery.id],
    );
    await query(
      em,
      `update lease set owner = 'dead:1', until = now() - interval '1 second' where name = $1`,
      [`deliver:${partner.integrationId}`],
    );
    await reported('SETTLING-2');
    await vi.waitFor(
      async () => expect(await newestDelivery('SETTLING-2')).toMatchObject({ state: 'DELIVERED' }),
      10_000,
    );
    const { state, nextAttemptAt, attempts } = await newestDelivery('SETTLING-1');
    expect({ state, attempts }).toEqual({ state: 'PENDING', attempts: delivery.attempts });
    expect(new Date(nextAttemptAt!).getTime() - Date.now()).toBeGreaterThan(50_000);
    await makeRetriesDue();
    await partner.settled();
    expect(ticketsNamed('SETTLING-1')).toHaveLength(1);
  });

  it('delivers each of a thousand results once, with counts that add up', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => reported(`MANY-${n}`)));
    const before = bridge.sandbox.store.tickets.size;
    const { client } = bridge;
    const jobs = Array.from({ length: 1_000 }, (_, n) => ({
      externalId: `bulk-${n}`,
      organizationExternalId: `${partner.externalId}-customer-1`,
      jobName: 'Bulk',
      device: `BULK-${n}`,
      status: 'ERROR',
      startedAt: '2026-11-22T08:00:00Z',
      endedAt: '2026-11-22T09:00:00Z',
    }));
    await client.send('mutation ($jobs: [BackupJobInput!]!) { reportBackupJobs(jobs: $jobs) { accepted } }', {
      jobs,
    });
    await vi.waitFor(
      async () => {
        const [row] = await query<{ pending: string }>(
          bridge.database.orm.em.fork(),
          `select count(*) as pending from delivery where state = 'PENDING'`,
        );
        expect(Number(row!.pending)).toBe(0);
      },
      { timeout: 25_000 },
    );
    expect(ticketsNamed('BULK-')).toHaveLength(1_000);
    expect(new Set(ticketsNamed('BULK-').map(ticket => ticket.externalXRef)).size).toBe(1_000);
    expect(before).toBeGreaterThan(0);
    const wrong = await query(
      bridge.database.orm.em.fork(),
      `select r.id from sync_run r left join delivery d on d.run_id = r.id group by r.id
       having r.total <> count(d.id) or r.delivered <> count(d.id) filter (where d.state = 'DELIVERED')
         or r.skipped <> count(d.id) filter (where d.state = 'SKIPPED') or r.failed <> count(d.id) filter (where d.state = 'FAILED')`,
    );
    expect(wrong).toEqual([]);
  });
});
