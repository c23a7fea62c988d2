import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stage, setTheStage } from '../support/stage.js';
import { clean, compareWithPsa, endure, endureBilling, endureFreezes } from './endure.js';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

export interface EnduranceSize {
  /** In each scenario with kills. */
  deliveries: number;
  kills: number;
  /** Companies whose quantities are billed while the worker is killed. */
  companies: number;
  billingKills: number;
  freezes: number;
  /**
   * Whether PostgreSQL's own limit, of half a minute, ends the transactions in which a worker was frozen. Otherwise
   * they are ended at once, as that limit would.
   */
  waitForIdleTransactions: boolean;
  timeoutMs: number;
}

/** Killed and frozen processes. The seed repeats a run's moments. */
export function describeEndurance(size: EnduranceSize): void {
  const { deliveries, kills, companies, billingKills, freezes, waitForIdleTransactions, timeoutMs } = size;
  describe(`${deliveries} deliveries, SEED=${seed}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setTheStage({ LEASE_SECONDS: '3' });
    }, 60_000);
    afterAll(() => stage?.close());

    it.each([
      ['a worker and the API', 1, ['worker', 'api']],
      ['three workers at once', 3, ['worker']],
      ['the database and two workers', 2, ['database', 'database', 'worker']],
    ] as const)(
      'are in the PSA exactly once each although %s are killed',
      async (_what, workers, victims) => {
        const survived = await endure(stage, { deliveries, workers, victims, kills, seed });
        console.log(`${_what}: ${JSON.stringify(survived)}`);
        expect(await compareWithPsa(stage)).toEqual(clean);
        expect(Object.values(survived.kills).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
      },
      timeoutMs,
    );

    it(
      `leave each of ${companies} companies with one addition that has its quantity although the worker is killed`,
      async () => {
        const held = await endureBilling(stage, seed, companies, billingKills);
        expect(held.size).toBe(companies);
        const expected = [...held.keys()].map(name => [name, [Number(name.slice(-4)) + 0.25]]);
        expect([...held]).toEqual(expected);
      },
      timeoutMs,
    );

    it(
      'are in the PSA exactly once each although workers are frozen past their lease and wake up again',
      async () => {
        expect(await endureFreezes(stage, seed, freezes, waitForIdleTransactions)).toBe(freezes);
        expect(await compareWithPsa(stage)).toEqual(clean);
      },
      timeoutMs,
    );
  });
}
