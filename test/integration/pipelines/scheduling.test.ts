import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { ScheduleDocument, SyncRunsDocument, UpsertPartnersDocument } from '../../../src/gql/typed.js';
import { wakeUpInPostgres } from '../../../src/jobs/job-store-in-postgres.js';
import { startDueRuns } from '../../../src/pipelines/start-due-runs.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';
import { startJob } from '../../support/start-job.js';

let clock = new Date('2026-11-20T18:00:00Z'); // Friday noon in Chicago
let bridge: TestService;
let partner: ConnectedPartner;

beforeAll(async () => {
  bridge = await startTestService({ now: () => clock });
  partner = await connectPartner(bridge, { invoiceDay: 22, options: { dailyDigestEnabled: true } });
});
afterAll(() => bridge.stop());

/** What the tick does every minute and when a worker starts. */
function tick() {
  return startDueRuns(bridge.database.orm.em, {
    now: clock,
    usageRunTime: '06:00',
    wakeUp: wakeUpInPostgres,
  });
}

async function scheduledRuns() {
  const { integration } = await bridge.client.ask(SyncRunsDocument, {
    id: partner.integrationId,
    first: 100,
  });
  return integration!.syncRuns.nodes
    .filter(({ trigger }) => trigger === 'SCHEDULE')
    .map(({ pipeline, date }) => `${pipeline} ${date}`)
    .sort();
}

async function schedule() {
  const { integration } = await bridge.client.ask(ScheduleDocument, { id: partner.integrationId });
  return Object.fromEntries(integration!.schedule.map(({ pipeline, nextRunAt }) => [pipeline, nextRunAt]));
}

describe('the schedule', () => {
  it('starts nothing before its time', async () => {
    await tick();
    expect(await scheduledRuns()).toEqual([]);
  });

  it('starts everything that was missed during downtime, each date once', async () => {
    clock = new Date('2026-11-23T14:00:00Z');
    await Promise.all([tick(), tick(), tick()]);
    await tick();
    expect(await scheduledRuns()).toEqual([
      'DIGEST 2026-11-20',
      'DIGEST 2026-11-21',
      'DIGEST 2026-11-22',
      'USAGE 2026-11-22',
    ]);
  });

  it('continues from there', async () => {
    expect(await schedule()).toEqual({
      DIGEST: '2026-11-24T13:00:00.000Z',
      USAGE: '2026-12-22T12:00:00.000Z',
    });
  });

  it('follows the partner’s time zone and invoice day', async () => {
    await bridge.client.ask(UpsertPartnersDocument, {
      partners: [
        {
          externalId: partner.externalId,
          name: partner.externalId,
          timeZone: 'Europe/Berlin',
          invoiceDay: 31,
        },
      ],
    });
    expect(await schedule()).toEqual({
      DIGEST: '2026-11-24T06:00:00.000Z',
      USAGE: '2026-11-30T05:00:00.000Z',
    });
  });

  it('follows the digest’s time', async () => {
    await partner.setOptions({ dailyDigestTime: '23:30' });
    expect((await schedule()).DIGEST).toBe('2026-11-23T22:30:00.000Z');
  });

  it('starts nothing that is switched off', async () => {
    await partner.setOptions({ dailyDigestEnabled: false });
    expect(await schedule()).toEqual({ USAGE: '2026-11-30T05:00:00.000Z' });
  });
});

describe('a worker that starts', () => {
  it('starts missed runs without being woken for them', async () => {
    await query(
      bridge.database.orm.em.fork(),
      `update integration set billing_enabled = true, next_usage_at = '2026-11-23T13:00:00Z'`,
    );
    await startJob(bridge.database.orm.em.fork(), 'tick');
    await vi.waitFor(async () => expect(await scheduledRuns()).toContain('USAGE 2026-11-23'), 10_000);
  });
});

describe('invoice dates that were missed', () => {
  it('each get a usage run, even if others are not planned yet', async () => {
    clock = new Date('2026-11-24T18:00:00Z');
    partner = await connectPartner(bridge, { invoiceDay: 25 });
    clock = new Date('2027-01-25T18:00:00Z');
    await tick();
    expect(await scheduledRuns()).toEqual(['USAGE 2026-11-25', 'USAGE 2026-12-25', 'USAGE 2027-01-25']);
  });
});
