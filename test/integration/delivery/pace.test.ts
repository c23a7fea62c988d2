import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { query } from '../../../src/db/sql.js';
import { sharedBudget } from '../../../src/integrations/request-budget.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';

let bridge: TestService;
let partner: ConnectedPartner;
beforeAll(async () => {
  bridge = await startTestService({ environment: { PSA_REQUESTS_PER_MINUTE: '300' } });
  partner = await connectPartner(bridge);
});
afterAll(() => bridge.stop());

describe('a budget of requests', () => {
  test('is shared by all processes: their total stays below it', async () => {
    const em = () => bridge.database.orm.em.fork();
    const perMinute = 6_000; // 1,200 at once, then 80 a second
    const processes = [1, 2, 3].map(() => sharedBudget(em, partner.integrationId, perMinute));
    await query(em(), 'delete from request_allowance');
    const began = performance.now();
    let taken = 0;
    await Promise.all(
      processes.map(async budget => {
        while (taken < 1_300) {
          await budget.take();
          taken += 1;
        }
      }),
    );
    const seconds = (performance.now() - began) / 1_000;
    expect(taken).toBeLessThanOrEqual(1_200 + 80 * (seconds + 0.3) + 60);
    expect(seconds).toBeGreaterThan(0.4);
  });

  test('spreads a backlog over time, and loses no delivery', async () => {
    await query(bridge.database.orm.em.fork(), 'delete from request_allowance'); // 60 at once, then 4 a second
    bridge.sandbox.requests.clear();
    const began = performance.now();
    await Promise.all(Array.from({ length: 68 }, () => partner.reportJob(1)));
    await vi.waitFor(() => expect(bridge.sandbox.store.tickets.size).toBe(68), {
      timeout: 15_000,
      interval: 50,
    });
    const seconds = (performance.now() - began) / 1_000;
    expect(bridge.sandbox.requests.total).toBeLessThanOrEqual(60 + 4 * seconds + 40);
    expect(seconds).toBeGreaterThan(1);
  });
});

describe('a site that answers 429 again and again', () => {
  test('gets fewer requests at once, and every delivery in the end', async () => {
    await query(bridge.database.orm.em.fork(), 'delete from request_allowance');
    const before = bridge.sandbox.store.tickets.size;
    const stop = bridge.sandbox.faults.inject({ method: 'POST' }, faults.tooManyRequests(1), {
      times: 4,
      skip: 3,
    });
    await Promise.all(Array.from({ length: 20 }, () => partner.reportJob(2)));
    await vi.waitFor(() => expect(bridge.sandbox.store.tickets.size).toBe(before + 20), {
      timeout: 15_000,
      interval: 50,
    });
    stop();
    const deliveries = await partner.settled();
    expect(deliveries.every(({ state }) => state === 'DELIVERED')).toBe(true);
  });
});
