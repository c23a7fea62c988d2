import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { BillingRequest, BillingTarget } from '../adapter.js';
import { PsaLoginRefused } from '../errors.js';
import { failure, type Trial, unknownId } from './trial.js';

const period = { start: '2026-10-23', end: '2026-11-22' };

/** What a plugin with AGREEMENT_ADDITIONS promises. */
export function describeBilling(trial: Trial): void {
  const request = (): BillingRequest => {
    const { companyId, usageType, level } = trial.stage.billing;
    return { companyId, usageType, level };
  };
  const resolve = (requests: BillingRequest[], adapter = trial.adapter) =>
    adapter.resolveBillingTargets(requests, { createMissing: false, onDate: trial.stage.billing.onDate });
  const target = async (): Promise<BillingTarget> => {
    const [resolution] = await resolve([request()]);
    if (resolution?.state !== 'RESOLVED') throw new Error(inspect(resolution));
    return resolution.target;
  };

  describe('billing', () => {
    test('resolves in the order of the requests, and gives the reason if there is no place', async () => {
      const unknown = { ...request(), level: 'There is no such level' };
      const unknownCompany = { ...request(), companyId: unknownId };
      const answers = await resolve([unknown, request(), unknownCompany]);
      expect(answers).toMatchObject([
        { state: 'UNRESOLVED', reason: 'NO_SUCH_LEVEL', message: expect.stringMatching(/\w/) },
        { state: 'RESOLVED' },
        { state: 'UNRESOLVED', reason: expect.stringMatching(/^NO_(AGREEMENT|SUCH_COMPANY)$/) },
      ]);
      expect(await resolve([])).toEqual([]);
    });

    test('identifies one place by one key', async () => {
      const answers = await resolve([request(), request()]);
      const keys = answers.map(answer => (answer.state === 'RESOLVED' ? answer.target.key : undefined));
      expect(keys[0]).toBeDefined();
      expect(keys[0]).toBe(keys[1]);
    });

    test.each(['31', '0.1', '1234.567', '0', '17'])('sets exactly %s and reads it back', async quantity => {
      const outcome = await trial.adapter.setBilledQuantity(await target(), quantity, period);
      expect(outcome).toMatchObject({ state: 'APPLIED', after: quantity });
      expect(trial.stage.billing.quantity()).toBe(Number(quantity));
    });

    test('reports the quantity that the PSA keeps, also if it rounds', async () => {
      const outcome = await trial.adapter.setBilledQuantity(await target(), '12.345678', period);
      expect(outcome).toMatchObject({ state: expect.stringMatching(/^(APPLIED|ROUNDED)$/) });
      expect('after' in outcome && Number(outcome.after)).toBe(trial.stage.billing.quantity());
    });

    test('writes nothing if the quantity is right already', async () => {
      await trial.adapter.setBilledQuantity(await target(), '5', period);
      const again = await trial.adapter.setBilledQuantity(await target(), '5.0', period);
      expect(again.state).toBe('UNCHANGED');
    });

    test('repeats safely after a lost answer', async () => {
      const place = await target();
      trial.stage.breakNextWrite('reset-after');
      const error = await failure(trial.adapter.setBilledQuantity(place, '8', period));
      expect(error.mayHaveBeenCarriedOut).toBe(true);
      const outcome = await trial.adapter.setBilledQuantity(place, '8', period);
      expect(['APPLIED', 'UNCHANGED']).toContain(outcome.state);
      expect(trial.stage.billing.quantity()).toBe(8);
    });

    test('finds the place again after it was stored as JSON', async () => {
      const place = JSON.parse(JSON.stringify(await target()));
      expect(await trial.adapter.setBilledQuantity(place, '9', period)).toMatchObject({ after: '9' });
      expect(trial.stage.billing.quantity()).toBe(9);
    });

    test('of a refused login is a PsaLoginRefused, without the secret', async () => {
      const error = await failure(resolve([request()], trial.connect(trial.stage.wrongCredentials)));
      expect(error).toBeInstanceOf(PsaLoginRefused);
      expect(error.mayHaveBeenCarriedOut).toBe(false);
      trial.expectNoSecretIn([error]);
    });
  });
}

/** What a plugin with BILLING_LEVELS promises. */
export function describeBillingLevels(trial: Trial): void {
  test('billing levels have agreement type and product, and the one in use is among them', async () => {
    const { usageType, level } = trial.stage.billing;
    expect(await trial.adapter.listBillingLevels()).toContainEqual(
      expect.objectContaining({ usageType, level, active: true, product: expect.anything() }),
    );
  });
}
