import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { deleteExpiredRecords } from '../../../src/jobs/delete-expired-records.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';

let bridge: TestService;
let partner: ConnectedPartner;
const days = 24 * 3_600_000;
const inTheFuture = new Date(Date.now() + days);

beforeAll(async () => {
  bridge = await startTestService();
  partner = await connectPartner(bridge, { invoiceDay: 'today' });
});
afterAll(() => bridge.stop());

const count = async (table: string) => {
  const [row] = await query<{ n: number }>(
    bridge.database.orm.em.fork(),
    `select count(*)::int as n from ${table}`,
  );
  return row!.n;
};

describe('expired records', () => {
  it('are deleted; pending deliveries and everything that billing depends on are kept', async () => {
    await partner.reportJob(1, { externalId: 'done' });
    await partner.measure(1, '31', new Date(Date.now() - 3 * days).toISOString());
    await partner.run('USAGE');
    await partner.settled();
    bridge.sandbox.faults.inject({ method: 'POST' }, { kind: 'reset', when: 'before' }, { times: 100 });
    await partner.reportJob(2, { externalId: 'pending' });
    await bridge.service.stop(); // so that the delivery stays pending
    const lines = await count('usage_line');
    const deleted = await deleteExpiredRecords(bridge.database.orm.em, inTheFuture);
    expect(deleted).toMatchObject({ deliveries: 1, jobResults: 1, usageRecords: 1 });
    const left = await query<{ kind: string; state: string }>(
      bridge.database.orm.em.fork(),
      'select kind, state from delivery order by id',
    );
    expect(left).toContainEqual({ kind: 'USAGE', state: 'DELIVERED' });
    expect(left).toContainEqual({ kind: 'EVENT', state: 'PENDING' });
    expect(await count('backup_job_result')).toBe(1);
    expect([await count('usage_line'), await count('usage_statement')]).toEqual([lines, 1]);
    expect(lines).toBeGreaterThan(0);
  });

  it('that have not expired are kept', async () => {
    const before = await count('backup_job_result');
    const deleted = await deleteExpiredRecords(bridge.database.orm.em, new Date(Date.now() - days));
    expect(deleted).toEqual({ deliveries: 0, jobResults: 0, runs: 0, usageRecords: 0, notices: 0 });
    expect(await count('backup_job_result')).toBe(before);
  });
});
