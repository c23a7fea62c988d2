import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { query } from '../../src/db/sql.js';
import { type ConnectedPartner, connectPartner } from '../support/connected-partner.js';
import { startTestService, type TestService } from '../support/service.js';

const { MONGODB_URL } = process.env;
if (!MONGODB_URL) console.log('skipped: Agenda’s jobs in MongoDB, because MONGODB_URL is not set');

describe.skipIf(!MONGODB_URL)('with Agenda’s jobs in MongoDB', () => {
  let bridge: TestService;
  let partner: ConnectedPartner;
  beforeAll(async () => {
    const url = new URL(MONGODB_URL!);
    url.pathname = `/psa_bridge_${randomUUID().slice(0, 8)}`;
    bridge = await startTestService({ environment: { MONGODB_URL: url.href } });
    partner = await connectPartner(bridge);
  });
  afterAll(() => bridge?.stop());

  it('a reported result becomes a ticket at once, not at the next tick', async () => {
    await partner.reportJob(1);
    const [delivery] = await partner.settled();
    expect(delivery).toMatchObject({ kind: 'EVENT', state: 'DELIVERED' });
  });

  it('pipelines run on request', async () => {
    await partner.measure(1, '31', '2026-11-20T00:00:00Z');
    const run = await partner.run('USAGE', { date: '2026-11-23' });
    expect(run.state).toBe('SUCCEEDED');
  });

  it('people are notified at once, not at the next tick', async () => {
    await partner.measure(2, '0', '2026-11-20T00:00:00Z');
    await partner.run('USAGE', { date: '2026-11-23' });
    await vi.waitFor(async () => {
      const notices = await query<{ type: string; addressed: boolean }>(
        bridge.database.orm.em.fork(),
        'select type, addressed_at is not null as addressed from notice',
      );
      expect(notices).toEqual([{ type: 'delivery.held', addressed: true }]);
    }, 5_000);
  });

  it('no job is kept in PostgreSQL', async () => {
    const [row] = await query<{ jobs: number }>(
      bridge.database.orm.em.fork(),
      'select count(*)::int as jobs from agenda_jobs',
    );
    expect(row!.jobs).toBe(0);
  });
});
