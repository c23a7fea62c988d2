import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { query } from '../../../src/db/sql.js';
import { ReportBackupJobsDocument } from '../../../src/gql/typed.js';
import { integrationJobs, scheduledJobs } from '../../../src/jobs/registered-jobs.js';
import { openDeliveries } from '../../../src/observability/open-work.sql.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { scrape } from '../../support/metrics.js';
import { operatorToken, startTestService, type TestService } from '../../support/service.js';

let bridge: TestService;
let partner: ConnectedPartner;

beforeAll(async () => {
  bridge = await startTestService();
  partner = await connectPartner(bridge);
});
afterAll(() => bridge.stop());

const metrics = () => scrape(bridge.service.url!);

async function countOf(state: 'PENDING' | 'HELD' | 'FAILED' | 'DELIVERED'): Promise<number> {
  const [row] = await query<{ count: number }>(
    bridge.database.orm.em.fork(),
    'select count(*)::int as count from delivery where state = $1',
    [state],
  );
  return row!.count;
}

describe('the metrics', () => {
  it('show the outcome of one delivered and one rejected ticket', async () => {
    bridge.sandbox.faults.inject(
      { method: 'POST', path: /^\/service\/tickets$/, body: /REFUSED-1/ },
      faults.invalid('ticket', 'summary', 'No.'),
    );
    await partner.reportJob(1, { externalId: 'FINE-1', device: 'FINE-1' });
    await partner.reportJob(1, { externalId: 'REFUSED-1', device: 'REFUSED-1' });
    await partner.settled();
    expect([await countOf('DELIVERED'), await countOf('FAILED')]).toEqual([1, 1]);
    const seen = await metrics();
    expect(seen.value('psa_bridge_delivery_attempts_total', { kind: 'EVENT', outcome: 'DELIVERED' })).toBe(1);
    expect(seen.value('psa_bridge_delivery_attempts_total', { kind: 'EVENT', outcome: 'FAILED' })).toBe(1);
    expect(seen.value('psa_bridge_delivery_attempts_total', { kind: 'USAGE', outcome: 'FAILED' })).toBe(0);
    expect(seen.value('psa_bridge_deliveries', { kind: 'EVENT', state: 'FAILED' })).toBe(1);
    expect(seen.value('psa_bridge_deliveries', { kind: 'EVENT', state: 'PENDING' })).toBe(0);
    expect(seen.text).not.toMatch(/psa_bridge_deliveries\{.*(DELIVERED|SKIPPED)/);
    const posts = { psa: 'connectwise', method: 'POST' };
    expect(seen.value('psa_bridge_psa_request_duration_seconds_count', { ...posts, status: '2xx' })).toBe(1);
    expect(seen.value('psa_bridge_psa_request_duration_seconds_count', { ...posts, status: '4xx' })).toBe(1);
  });

  it('count what was reported: accepted, repeated and rejected', async () => {
    const before = await metrics();
    const job = {
      externalId: 'COUNTED-1',
      organizationExternalId: `${partner.externalId}-customer-1`,
      jobName: 'Nightly',
      status: 'SUCCESS' as never,
      startedAt: '2026-11-22T08:00:00Z',
      endedAt: '2026-11-22T09:00:00Z',
    };
    const unknown = { ...job, organizationExternalId: 'nobody' };
    await bridge.client.ask(ReportBackupJobsDocument, { jobs: [job, unknown] });
    await bridge.client.ask(ReportBackupJobsDocument, { jobs: [job] });
    const after = await metrics();
    const added = (result: string) =>
      after.value('psa_bridge_reported_rows_total', { kind: 'backup_job', result })! -
      before.value('psa_bridge_reported_rows_total', { kind: 'backup_job', result })!;
    expect([added('accepted'), added('duplicate'), added('rejected')]).toEqual([1, 1, 1]);
  });

  it('time the GraphQL operations, by type and by whether they had errors', async () => {
    const count = async (type: string, errors: string) =>
      (await metrics()).value('psa_bridge_graphql_operation_duration_seconds_count', { type, errors }) ?? 0;
    const before = [
      await count('query', 'false'),
      await count('query', 'true'),
      await count('unknown', 'true'),
    ];
    await bridge.client.send('{ viewer { role } }');
    await bridge.client.send('{ viewer { role } }', {}, null);
    await bridge.client.send('{ viewer { ');
    const after = [
      await count('query', 'false'),
      await count('query', 'true'),
      await count('unknown', 'true'),
    ];
    expect(after).toEqual(before.map(value => value + 1));
    expect(await count('mutation', 'false')).toBeGreaterThan(0);
  });

  it('time the jobs, and measure how late they began', async () => {
    await query(
      bridge.database.orm.em.fork(),
      `insert into agenda_jobs (name, next_run_at, data) values ('digest', now() - interval '100 seconds', jsonb_build_object('integrationId', $1::text))`,
      [partner.integrationId],
    );
    const seen = await vi.waitFor(
      async () => {
        const now = await metrics();
        expect(
          now.value('psa_bridge_job_duration_seconds_count', { job_name: 'digest', failed: 'false' }),
        ).toBeGreaterThan(0);
        return now;
      },
      { timeout: 10_000 },
    );
    expect(seen.value('psa_bridge_job_lag_seconds_sum', { job_name: 'digest' })).toBeGreaterThanOrEqual(100);
    expect(seen.value('psa_bridge_job_lag_seconds_sum', { job_name: 'digest' })).toBeLessThan(110);
    expect(seen.value('psa_bridge_job_lag_seconds_count', { job_name: 'deliver' })).toBeGreaterThan(0);
    expect(seen.value('psa_bridge_job_lag_seconds_sum', { job_name: 'deliver' })).toBeLessThan(10);
  });

  it.each([...integrationJobs, ...scheduledJobs].map(({ name }) => name))(
    'time every registered job: %s',
    async job_name => {
      await query(
        bridge.database.orm.em.fork(),
        `insert into agenda_jobs (name, next_run_at, data) values ($1, now(), jsonb_build_object('integrationId', $2::text))`,
        [job_name, partner.integrationId],
      );
      await vi.waitFor(
        async () => {
          const seen = await metrics();
          const runs = { job_name, failed: 'false' };
          expect(seen.value('psa_bridge_job_duration_seconds_count', runs)).toBeGreaterThan(0);
          expect(seen.value('psa_bridge_job_lag_seconds_count', { job_name })).toBeGreaterThan(0);
        },
        { timeout: 10_000 },
      );
    },
  );

  it('give the age of the oldest delivery that could be delivered now, but not of one that has to wait', async () => {
    const em = () => bridge.database.orm.em.fork();
    const age = async () =>
      (await metrics()).value('psa_bridge_oldest_due_delivery_age_seconds', { kind: 'EVENT' });
    // No job is woken for it, so it stays due.
    await query(
      em(),
      `update delivery set state = 'PENDING', next_attempt_at = now() - interval '1 hour' where state = 'FAILED'`,
    );
    expect(await age()).toBeGreaterThanOrEqual(3600);
    await query(em(), `update integration set resting_until = now() + interval '1 hour'`);
    expect(await age()).toBe(0);
    await query(em(), `update integration set resting_until = null, status = 'PAUSED'`);
    const paused = await metrics();
    expect(paused.value('psa_bridge_oldest_due_delivery_age_seconds', { kind: 'EVENT' })).toBe(0);
    expect(paused.value('psa_bridge_integrations', { status: 'PAUSED' })).toBe(1);
    expect(paused.value('psa_bridge_integrations', { status: 'CONNECTED' })).toBe(0);
    expect(paused.value('psa_bridge_deliveries', { kind: 'EVENT', state: 'PENDING' })).toBe(1);
    await query(em(), `update integration set status = 'CONNECTED'`);
    await query(em(), `update delivery set state = 'FAILED', next_attempt_at = null where state = 'PENDING'`);
  });

  it('contain no partner data and no secret', async () => {
    const { text } = await metrics();
    const forbidden = [
      partner.partnerId,
      partner.integrationId,
      partner.externalId,
      ...Object.values(partner.organizations),
      'PM Customer',
      'FINE-1',
      bridge.sandbox.host,
      SANDBOX_LOGIN.companyId,
      SANDBOX_LOGIN.keys.username,
      SANDBOX_LOGIN.keys.password,
      operatorToken,
    ];
    expect(forbidden.filter(word => text.includes(word))).toEqual([]);
    const labels = [...text.matchAll(/^psa_bridge_\w+\{(.*)\}/gm)].flatMap(([, pairs]) =>
      [...pairs!.matchAll(/(\w+)="/g)].map(([, name]) => name),
    );
    expect(new Set(labels)).toEqual(
      new Set([
        'kind',
        'state',
        'status',
        'outcome',
        'result',
        'psa',
        'method',
        'le',
        'job_name',
        'failed',
        'type',
        'errors',
      ]),
    );
  });

  it('are those of one service instance, even where several run in one process', async () => {
    const other = await startTestService();
    try {
      const seen = await scrape(other.service.url!);
      expect(seen.value('psa_bridge_delivery_attempts_total', { kind: 'EVENT', outcome: 'DELIVERED' })).toBe(
        0,
      );
      expect(seen.value('psa_bridge_integrations', { status: 'CONNECTED' })).toBe(0);
    } finally {
      await other.stop();
    }
  });

  it('find open work by an index, without reading completed work', async () => {
    const em = bridge.database.orm.em.fork();
    await em.transactional(async tx => {
      await query(tx, 'set local enable_seqscan = off'); // the table is too small for an index to be worth it
      const plan = await query<{ 'QUERY PLAN': string }>(tx, `explain ${openDeliveries.text}`, [new Date()]);
      expect(plan.map(line => line['QUERY PLAN']).join('\n')).toMatch(
        /Scan (using|on) delivery_integration_id_state_id_index/,
      );
    });
  });

  it('are the ones that the dashboard and the alerts ask for', async () => {
    const { text } = await metrics();
    const known = new Set([...text.matchAll(/^(?:# TYPE )?([a-z_0-9]+)(?:\{| )/gm)].map(([, name]) => name));
    const alerts = readFileSync('docs/operating.md', 'utf8').split('## Monitoring')[1]!;
    for (const text of [readFileSync('docs/grafana-dashboard.json', 'utf8'), alerts]) {
      const asked = text.match(/\b(psa_bridge|nodejs|process)_[a-z_0-9]+\b/g) ?? [];
      expect(asked.length).toBeGreaterThan(8);
      expect(asked.filter(name => !known.has(name))).toEqual([]);
    }
  });

  it('are shown by a dashboard that can be imported whatever Prometheus is called there', () => {
    const dashboard = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8')) as {
      panels: { id: number; type: string; datasource?: { uid: string }; targets?: unknown[] }[];
      templating: { list: { name: string; type: string; query: string }[] };
    };
    expect(dashboard.templating.list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: 'prometheus',
    });
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    expect(new Set(panels.map(({ datasource }) => datasource?.uid))).toEqual(new Set([`\${datasource}`]));
    expect(panels.filter(({ targets }) => !targets?.length)).toEqual([]);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
