import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import { query } from '../../../src/db/sql.js';
import { ReportBackupJobsDocument } from '../../../src/gql/typed.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { connectWiseCredentials, startTestService, type TestService } from '../../support/service.js';

let bridge: TestService;
let slow: Sandbox;
let refusing: Sandbox;
let others: ConnectedPartner[];

beforeAll(async () => {
  slow = await startSandbox();
  refusing = await startSandbox();
  bridge = await startTestService({ allowedHosts: [slow.host, refusing.host] });
  others = [];
  for (let n = 0; n < 8; n += 1) others.push(await connectPartner(bridge));
});
afterAll(async () => {
  await slow.close();
  await bridge.stop();
  await refusing.close();
});

/** A partner on a PSA of its own, with this many results to be delivered. */
async function backlogAt(sandbox: Sandbox, count: number): Promise<ConnectedPartner> {
  const partner = await connectPartner({ ...bridge, sandbox, credentials: connectWiseCredentials(sandbox) });
  await bridge.client.ask(ReportBackupJobsDocument, {
    jobs: Array.from({ length: count }, (_, n) => ({
      externalId: `backlog-${n}`,
      organizationExternalId: `${partner.externalId}-customer-${1 + (n % 2)}`,
      jobName: `Job ${n}`,
      status: 'ERROR' as const,
      startedAt: '2026-11-22T08:00:00Z',
      endedAt: '2026-11-22T09:00:00Z',
    })),
  });
  return partner;
}

describe('a failing integration', () => {
  it('does not delay the others: a PSA that answers very slowly, and one that refuses its login', async () => {
    const crawling = await backlogAt(slow, 2_000);
    slow.options.latencyMs = 20_000;
    const locked = await backlogAt(refusing, 500);
    refusing.faults.inject({}, faults.unauthorized(), { times: Number.POSITIVE_INFINITY });
    await Promise.all(others.flatMap(other => [1, 2, 1, 2].map(customer => other.reportJob(customer))));
    await Promise.all(others.map(other => other.settled()));
    const waiting = async (partner: ConnectedPartner) => {
      const [row] = await query<{ n: number }>(
        bridge.database.orm.em.fork(),
        `select count(*)::int as n from delivery where integration_id = $1 and state = 'PENDING'`,
        [partner.integrationId],
      );
      return row!.n;
    };
    expect(bridge.sandbox.store.tickets.size).toBe(32);
    expect(await waiting(crawling)).toBeGreaterThan(1_500);
    await vi.waitFor(async () => expect(await waiting(locked)).toBeGreaterThan(0), 10_000);
    slow.options.latencyMs = 0;
  });
});
