import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stage, setTheStage } from '../support/stage.js';
import { clean, compareWithPsa, endure, endureBilling, endureFreezes } from './endure.js';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

/** Killed and frozen processes, with `deliveries` in each scenario. The seed repeats a run's moments. */
export function describeEndurance(deliveries: number, kills: number, patienceMs: number): void {
  describe(`${deliveries} deliveries, SEED=${seed}`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setTheStage({ LEASE_SECONDS: '3' });
    }, 60_000);
    afterAll(() => stage?.close());

    it.each([
      ['one worker and the API', 1, ['worker', 'api']],
      ['three workers at once', 3, ['worker']],
      ['the database under two workers', 2, ['database', 'database', 'worker']],
    ] as const)(
      'are in the PSA exactly once each although somebody kills %s',
      async (_what, workers, victims) => {
        const survived = await endure(stage, { deliveries, workers, victims, kills, seed });
        console.log(`${_what}: ${JSON.stringify(survived)}`);
        expect(await compareWithPsa(stage)).toEqual(clean);
        expect(Object.values(survived.kills).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
      },
      patienceMs,
    );

    it(
      'leave each of 200 companies with one addition that holds its quantity although somebody kills the worker',
      async () => {
        const held = await endureBilling(stage, seed, Math.min(kills, 8));
        const expected = [...held.keys()].map(name => [name, [Number(name.slice(-4)) + 0.25]]);
        expect([...held]).toEqual(expected);
      },
      patienceMs,
    );

    it(
      'are in the PSA exactly once each although workers are frozen past their lease and wake up again',
      async () => {
        const freezes = Math.min(Math.ceil(kills / 2), 20);
        expect(await endureFreezes(stage, seed, freezes)).toBe(freezes);
        expect(await compareWithPsa(stage)).toEqual(clean);
      },
      patienceMs,
    );
  });
}
