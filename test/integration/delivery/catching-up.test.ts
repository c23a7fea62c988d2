import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import {
  type BackupJobInput,
  type CatchUp,
  PauseIntegrationDocument,
  ResumeIntegrationDocument,
} from '../../../src/gql/typed.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';

let clock = new Date('2026-11-22T12:00:00Z');
let bridge: TestService;
beforeAll(async () => {
  bridge = await startTestService({ now: () => clock });
});
afterAll(() => bridge.stop());

const ticketsOf = (partner: ConnectedPartner) => {
  const { store } = bridge.sandbox;
  return store.tickets
    .all()
    .filter(({ summary }) => summary.includes(partner.externalId))
    .map(({ id, summary }) => ({ summary: summary.split(':')[0], text: store.textsOf(id).join('\n') }));
};

/** Reports results while deliveries wait for the length of an outage, and then delivers them. */
async function outage(
  partner: ConnectedPartner,
  hours: number,
  results: [string, Partial<BackupJobInput>][],
) {
  const { client } = bridge;
  await client.ask(PauseIntegrationDocument, { id: partner.integrationId });
  for (const [ended, job] of results) {
    await partner.reportJob(1, {
      device: partner.externalId,
      startedAt: `2026-11-22T00:00:00Z`,
      endedAt: `2026-11-22T${ended}:00Z`,
      ...job,
    });
  }
  clock = new Date(clock.getTime() + hours * 3_600_000);
  await client.ask(ResumeIntegrationDocument, { id: partner.integrationId });
  await partner.settled();
}

async function partnerWith(catchUp: CatchUp, successId?: null) {
  const [success, error] = [
    bridge.sandbox.store.priorities.all()[3]!,
    bridge.sandbox.store.priorities.all()[0]!,
  ];
  return connectPartner(bridge, {
    options: {
      catchUp,
      alertPriorities: {
        successId: successId === null ? null : String(success.id),
        warningId: String(error.id),
        errorId: String(error.id),
      },
    },
  });
}

const night: [string, Partial<BackupJobInput>][] = [
  ['01:00', { status: 'ERROR' }],
  ['02:00', { status: 'ERROR' }],
  ['03:00', { status: 'WARNING' }],
  ['04:00', { status: 'SUCCESS' }],
];

describe('results that waited for hours', () => {
  it('become one ticket each, in order, unless the partner chose otherwise', async () => {
    const partner = await partnerWith('ALL');
    await outage(partner, 5, night);
    expect(ticketsOf(partner).map(({ summary }) => summary)).toEqual([
      'Backup failed',
      'Backup failed',
      'Backup ended with warnings',
      'Backup succeeded',
    ]);
  });

  it('collapse to the last result of each job where the partner chose that', async () => {
    const partner = await partnerWith('LAST');
    await outage(partner, 5, [...night, ['02:30', { status: 'ERROR', jobName: 'Another job' }]]);
    expect(ticketsOf(partner).map(({ summary }) => summary)).toEqual(['Backup succeeded', 'Backup failed']);
    const deliveries = await partner.deliveries();
    expect(deliveries.map(({ state, reasonCode }) => reasonCode ?? state).sort()).toEqual([
      'DELIVERED',
      'DELIVERED',
      'SUPERSEDED',
      'SUPERSEDED',
      'SUPERSEDED',
    ]);
  });

  it('leave a note of how the job ended before', async () => {
    const partner = await partnerWith('LAST_WITH_COUNT');
    await outage(partner, 5, night);
    const [only, ...others] = ticketsOf(partner);
    expect(others).toEqual([]);
    expect(only!.text).toContain(
      'the job ended: 2 failed, 1 with warnings. They have no tickets of their own.',
    );
  });

  it('count only what came since the last ticket of that job', async () => {
    const partner = await partnerWith('LAST_WITH_COUNT');
    await outage(partner, 5, night);
    await outage(partner, 5, [
      ['05:00', { status: 'ERROR' }],
      ['06:00', { status: 'SUCCESS' }],
    ]);
    expect(ticketsOf(partner).at(-1)!.text).toContain('the job ended: 1 failed. They have');
  });

  it('create no ticket where the last result has no priority set, and each delivery says so', async () => {
    const partner = await partnerWith('LAST', null);
    await outage(partner, 5, night);
    expect(ticketsOf(partner)).toEqual([]);
    expect((await partner.deliveries()).map(({ reasonCode }) => reasonCode).sort()).toEqual([
      'NO_PRIORITY',
      'SUPERSEDED',
      'SUPERSEDED',
      'SUPERSEDED',
    ]);
  });

  it('count the results without a priority during the outage, and none from before it', async () => {
    const partner = await partnerWith('LAST_WITH_COUNT', null);
    await outage(partner, 5, [['00:30', { status: 'SUCCESS' }]]);
    await outage(partner, 5, [
      ['01:00', { status: 'ERROR' }],
      ['02:00', { status: 'SUCCESS' }],
      ['03:00', { status: 'ERROR' }],
    ]);
    expect(ticketsOf(partner).map(({ text }) => /the job ended: [^.]*/.exec(text)?.[0])).toEqual([
      'the job ended: 1 failed, 1 succeeded',
    ]);
  });

  it('do not collapse when the wait was short', async () => {
    const partner = await partnerWith('LAST');
    await outage(partner, 0.5, night);
    expect(ticketsOf(partner)).toHaveLength(4);
  });
});

describe('an organization’s tickets', () => {
  it('are written one after the other in the order of their results, however many at once', async () => {
    const partner = await partnerWith('ALL');
    bridge.sandbox.options.latencyMs = 3;
    const results = Array.from({ length: 120 }, (_, n): [string, Partial<BackupJobInput>] => [
      '07:00',
      { jobName: `Job ${String(n).padStart(3, '0')}` },
    ]);
    await outage(partner, 0.1, results);
    bridge.sandbox.options.latencyMs = 0;
    const { store } = bridge.sandbox;
    const names = store.tickets
      .all()
      .filter(({ summary }) => summary.includes(`${partner.externalId} (Job`))
      .map(({ summary }) => /Job \d+/.exec(summary)![0]);
    expect(names).toHaveLength(120);
    const [organization] = await query<{ names: string[] }>(
      bridge.database.orm.em.fork(),
      `select array_agg(r.job_name order by d.id) as names from delivery d join backup_job_result r on r.id = d.job_result_id
       where d.integration_id = $1`,
      [partner.integrationId],
    );
    expect(names).toEqual(organization!.names);
  });
});
