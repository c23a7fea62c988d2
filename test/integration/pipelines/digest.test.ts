import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { execute } from '../../../src/db/sql.js';
import {
  NewestRunChangesDocument,
  SyncRunsDocument,
  UpsertOrganizationsDocument,
} from '../../../src/gql/typed.js';
import { wakeUpInPostgres } from '../../../src/jobs/job-store-in-postgres.js';
import { startDueRuns } from '../../../src/pipelines/start-due-runs.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';

let clock = new Date('2026-11-23T20:00:00Z'); // Monday afternoon in Chicago
let bridge: TestService;
beforeAll(async () => {
  bridge = await startTestService({ now: () => clock });
});
afterAll(() => bridge.stop());

const quiet = { alertPriorities: { successId: null, warningId: null, errorId: null } };
const digestTickets = (date: string) =>
  bridge.sandbox.store.tickets.all().filter(({ summary }) => summary.startsWith(`Backup digest ${date}`));
const textOf = (summaryPart: string) => {
  const ticket = bridge.sandbox.store.tickets.all().find(({ summary }) => summary.includes(summaryPart));
  return ticket ? bridge.sandbox.store.textsOf(ticket.id).join('\n') : '';
};

describe('a daily digest', () => {
  let partner: ConnectedPartner;
  beforeAll(async () => {
    const { store } = bridge.sandbox;
    partner = await connectPartner(bridge, {
      options: {
        dailyDigestEnabled: true,
        alertPriorities: {
          successId: String(store.priorities.all()[3]!.id),
          warningId: String(store.priorities.all()[2]!.id),
          errorId: String(store.priorities.all()[0]!.id),
        },
      },
    });
    await partner.setOptions({ alertPriorities: quiet.alertPriorities }); // no event tickets in this test
    const at = (hour: number) => ({
      startedAt: `2026-11-22T${hour}:00:00Z`,
      endedAt: `2026-11-22T${hour}:30:00Z`,
    });
    await partner.reportJob(1, { status: 'ERROR', message: 'Disk full\nsecond line', ...at(10) });
    await partner.reportJob(1, { status: 'SUCCESS', device: 'SRV02', ...at(11) });
    await partner.reportJob(1, {
      status: 'SUCCESS',
      device: 'SRV03',
      startedAt: '2026-11-20T10:00:00Z',
      endedAt: '2026-11-20T11:00:00Z',
    });
    // 23:30 of the 22nd and 00:30 of the 23rd in Chicago
    await partner.reportJob(2, {
      status: 'WARNING',
      startedAt: '2026-11-23T05:00:00Z',
      endedAt: '2026-11-23T05:30:00Z',
    });
    await partner.reportJob(2, {
      status: 'ERROR',
      startedAt: '2026-11-23T06:00:00Z',
      endedAt: '2026-11-23T06:30:00Z',
    });
  });

  it('is planned by a dry run, which creates no delivery', async () => {
    const run = await partner.run('DIGEST', { dryRun: true, date: '2026-11-22' });
    expect(run.state).toBe('SUCCEEDED');
    const { integration } = await bridge.client.ask(NewestRunChangesDocument, {
      id: partner.integrationId,
      pipeline: 'DIGEST',
      first: 10,
    });
    expect(integration!.syncRuns.nodes[0]!.changes.nodes.map(({ summary }) => summary)).toEqual([
      'Backup digest 2026-11-22: 1 failed, 0 with warnings, 1 succeeded, 2 without backup - PM Customer #1',
      'Backup digest 2026-11-22: 0 failed, 1 with warnings, 0 succeeded - PM Customer #2',
    ]);
    expect(digestTickets('2026-11-22')).toEqual([]);
  });

  it('becomes one ticket per customer, for the day in the partner’s time zone', async () => {
    await partner.setOptions({
      alertPriorities: {
        successId: null,
        warningId: null,
        errorId: String(bridge.sandbox.store.priorities.all()[0]!.id),
      },
    });
    await partner.run('DIGEST', { date: '2026-11-22' });
    await partner.settled();
    expect(digestTickets('2026-11-22').map(({ company }) => company.name)).toEqual([
      'PM Customer #1',
      'PM Customer #2',
    ]);
    const text = textOf('2026-11-22: 1 failed');
    expect(text).toContain('2026-11-22 04:30 SRV01 (Nightly): Disk full');
    expect(text).not.toContain('second line');
    expect(text).toContain(
      'No backup that day:\n- SRV01: no good backup in the last 31 days\n- SRV03: last good backup 2026-11-20 05:00',
    );
  });

  it('is not repeated by another run of the same day', async () => {
    const run = await partner.run('DIGEST', { date: '2026-11-22' });
    await partner.settled();
    expect(run.total).toBe(0);
    expect(digestTickets('2026-11-22')).toHaveLength(2);
  });

  it('of an unfinished day says so, and does not replace the digest of the whole day', async () => {
    await partner.run('DIGEST', { date: '2026-11-23' });
    await partner.settled();
    expect(digestTickets('2026-11-23').map(({ summary }) => summary)).toContainEqual(
      expect.stringContaining('2026-11-23 so far: 1 failed'),
    );
    clock = new Date('2026-11-24T20:00:00Z');
    await partner.run('DIGEST', { date: '2026-11-23' });
    await partner.settled();
    const customer2 = digestTickets('2026-11-23').filter(({ company }) => company.name === 'PM Customer #2');
    expect(customer2.map(({ summary }) => summary.includes('so far'))).toEqual([true, false]);
  });

  it('leaves out customers that are not mapped or have no data, and says why', async () => {
    await partner.setLevel(2, null);
    await bridge.client.ask(UpsertOrganizationsDocument, {
      organizations: [{ externalId: 'silent', partnerExternalId: partner.externalId, name: 'Silent Ltd' }],
    });
    clock = new Date('2026-11-25T20:00:00Z');
    await partner.reportJob(2, {
      status: 'ERROR',
      startedAt: '2026-11-24T10:00:00Z',
      endedAt: '2026-11-24T10:30:00Z',
    });
    const run = await partner.run('DIGEST', { date: '2026-11-24' });
    const deliveries = (await partner.settled()).filter(
      ({ kind, summary }) => kind === 'DIGEST' && summary.includes('2026-11-24'),
    );
    expect(
      Object.fromEntries(deliveries.map(({ organization, reasonCode }) => [organization!.name, reasonCode])),
    ).toEqual({
      'PM Customer #1': null,
      'PM Customer #2': 'UNMAPPED',
      'Silent Ltd': 'NOTHING_KNOWN',
    });
    expect(run).toMatchObject({ state: 'SUCCEEDED', total: 3, delivered: 1, skipped: 2 });
  });

  it('keeps one row per customer that it leaves out, for any number of days', async () => {
    for (const [now, date] of [
      ['2026-11-26T20:00:00Z', '2026-11-25'],
      ['2026-11-27T20:00:00Z', '2026-11-26'],
    ] as const) {
      clock = new Date(now);
      expect(await partner.run('DIGEST', { date })).toMatchObject({ total: 3, skipped: 2 });
    }
    const leftOut = (await partner.settled()).filter(
      ({ kind, state }) => kind === 'DIGEST' && state === 'SKIPPED',
    );
    expect(
      leftOut.map(({ organization, summary }) => [organization!.name, summary.includes('2026-11-26')]),
    ).toEqual(
      expect.arrayContaining([
        ['PM Customer #2', true],
        ['Silent Ltd', true],
      ]),
    );
    expect(leftOut).toHaveLength(2);
  });

  it('keeps a digest that was left out after an attempt, because its ticket may be in the PSA', async () => {
    await execute(
      bridge.database.orm.em.fork(),
      `update delivery set attempts = 1, unsure = true where kind = 'DIGEST' and state = 'SKIPPED'
         and summary like '%2026-11-26%'`,
    );
    clock = new Date('2026-11-28T20:00:00Z');
    await partner.run('DIGEST', { date: '2026-11-27' });
    const leftOut = (await partner.settled()).filter(
      ({ kind, state }) => kind === 'DIGEST' && state === 'SKIPPED',
    );
    expect(leftOut).toHaveLength(4);
  });
});

describe('the daily time', () => {
  const tick = () =>
    startDueRuns(bridge.database.orm.em, { now: clock, usageRunTime: '06:00', wakeUp: wakeUpInPostgres });
  const scheduled = async (partner: ConnectedPartner) => {
    const { integration } = await bridge.client.ask(SyncRunsDocument, {
      id: partner.integrationId,
      pipeline: 'DIGEST',
      first: 50,
    });
    return integration!.syncRuns.nodes.map(({ date }) => date).reverse();
  };

  it.each([
    // 02:30 does not exist on 8 March, and is there twice on 1 November.
    ['in spring', '2026-03-07T12:00:00Z', '2026-03-10T12:00:00Z', ['2026-03-07', '2026-03-08', '2026-03-09']],
    ['in autumn', '2026-10-31T12:00:00Z', '2026-11-03T12:00:00Z', ['2026-10-31', '2026-11-01', '2026-11-02']],
  ])('comes once a day when the clocks change %s', async (_when, from, until, days) => {
    clock = new Date(from);
    const partner = await connectPartner(bridge, {
      timeZone: 'America/New_York',
      options: { ...quiet, dailyDigestEnabled: true, dailyDigestTime: '02:30' },
    });
    while (clock < new Date(until)) {
      clock = new Date(clock.getTime() + 20 * 60_000);
      await tick();
    }
    await vi.waitFor(async () => expect(await scheduled(partner)).toEqual(days), 10_000);
  });
});
