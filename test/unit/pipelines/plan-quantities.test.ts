import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CompanyUsage,
  companyAtLevel,
  planQuantities,
  sumByCompany,
} from '../../../src/pipelines/usage/plan-quantities.js';
import type { UsageFigure } from '../../../src/pipelines/usage/read-period-figures.sql.js';
import type { WrittenQuantity } from '../../../src/pipelines/usage/written-quantities.sql.js';
import type { BillingResolution, BillingTarget } from '../../../src/psa/adapter.js';

const evidence = { rule: 'last' as const, measurements: 1, firstMeasuredAt: '', lastMeasuredAt: '' };
const figure = (changes: Partial<UsageFigure> = {}): UsageFigure => ({
  organizationId: 'org-1',
  usageType: 'Backup Usage',
  quantity: '10',
  evidence,
  companyId: '250',
  companyName: 'Contoso',
  billingLevel: 'Gold',
  ...changes,
});
const target = (changes: Partial<BillingTarget> = {}): BillingTarget => ({
  key: 'place-1',
  description: 'Cloud Backup',
  quantity: '24',
  place: {},
  ...changes,
});
const resolved = (changes: Partial<BillingTarget> = {}): BillingResolution => ({
  state: 'RESOLVED',
  target: target(changes),
});
const usage = (changes: Partial<CompanyUsage> = {}): CompanyUsage => ({
  ...sumByCompany([figure()])[0]!,
  ...changes,
});
const written = (changes: Partial<WrittenQuantity> = {}): WrittenQuantity => ({
  target: target({ key: 'old-place' }),
  companyId: '250',
  usageType: 'Backup Usage',
  level: 'Silver',
  quantity: '24',
  sure: true,
  ...changes,
});

describe('the sum of a company', () => {
  it('adds its organizations exactly', () => {
    const sums = sumByCompany([
      figure({ organizationId: 'a', quantity: '0.1' }),
      figure({ organizationId: 'b', quantity: '0.2' }),
      figure({ organizationId: 'c', quantity: '999999999999.000000001' }),
    ]);
    expect(sums).toEqual([
      expect.objectContaining({ quantity: '999999999999.300000001', organizationIds: ['a', 'b', 'c'] }),
    ]);
  });

  it('keeps levels and usage types apart', () => {
    const sums = sumByCompany([
      figure(),
      figure({ billingLevel: 'Silver' }),
      figure({ usageType: 'Machines' }),
    ]);
    expect(sums).toHaveLength(3);
  });

  it('leaves out organizations that are not mapped', () => {
    expect(sumByCompany([figure({ companyId: null, companyName: null, billingLevel: null })])).toEqual([]);
  });

  it('neither loses nor adds a quantity, whatever the figures', () => {
    const decimals = fc
      .tuple(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 999_999_999 }))
      .map(([a, b]) => `${a}.${b}`);
    const figures = fc.array(
      fc.record({
        quantity: decimals,
        companyId: fc.constantFrom('1', '2', '3'),
        level: fc.constantFrom('a', 'b'),
      }),
    );
    fc.assert(
      fc.property(figures, rows => {
        const sums = sumByCompany(
          rows.map(row =>
            figure({ quantity: row.quantity, companyId: row.companyId, billingLevel: row.level }),
          ),
        );
        const total = (list: { quantity: string }[]) =>
          list.reduce((sum, { quantity }) => sum.plus(quantity), new Big(0)).toFixed();
        expect(total(sums)).toBe(total(rows));
      }),
    );
  });
});

describe('a planned quantity', () => {
  const plan = (
    usages: CompanyUsage[],
    resolutions: BillingResolution[],
    old: WrittenQuantity[] = [],
    mapped: string[] = [],
  ) => planQuantities(usages, resolutions, old, new Set(mapped));

  it('is written where it has one place', () => {
    expect(plan([usage()], [resolved()])).toEqual([
      expect.objectContaining({ state: 'PENDING', quantity: '10' }),
    ]);
  });

  it('fails with the PSA’s reason if it has no place', () => {
    const none: BillingResolution = { state: 'UNRESOLVED', reason: 'NO_AGREEMENT', message: 'no agreement' };
    expect(plan([usage()], [none])).toEqual([
      expect.objectContaining({ state: 'FAILED', reasonCode: 'NO_AGREEMENT' }),
    ]);
  });

  it('is skipped where the partner disabled its level', () => {
    const none: BillingResolution = { state: 'UNRESOLVED', reason: 'LEVEL_DISABLED', message: 'disabled' };
    expect(plan([usage()], [none])).toEqual([expect.objectContaining({ state: 'SKIPPED' })]);
  });

  it('fails, as does the other, when two usages would be written to one place', () => {
    const states = plan([usage(), usage({ usageType: 'Machines' })], [resolved(), resolved()]);
    expect(states.map(planned => planned.reasonCode)).toEqual(['SHARED_TARGET', 'SHARED_TARGET']);
  });

  it('is held when a billed quantity would fall to zero', () => {
    expect(plan([usage({ quantity: '0.00' })], [resolved()])).toEqual([
      expect.objectContaining({ state: 'HELD', reasonCode: 'FALLS_TO_ZERO' }),
    ]);
  });

  it('is written when zero stays zero', () => {
    expect(plan([usage({ quantity: '0' })], [resolved({ quantity: '0.00' })])[0]!.state).toBe('PENDING');
  });

  it('sets to zero what we wrote for a removed mapping', () => {
    const [, old] = plan([usage()], [resolved()], [written()]);
    expect(old).toMatchObject({
      state: 'PENDING',
      quantity: '0',
      reasonCode: 'MAPPING_CHANGED',
      formerLevel: 'Silver',
      target: { key: 'old-place' },
    });
  });

  it('asks for approval to bill zero for a mapping that was not measured', () => {
    const [old] = plan([], [], [written()], [companyAtLevel('250', 'Silver')]);
    expect(old).toMatchObject({ state: 'HELD', reasonCode: 'NOT_MEASURED' });
  });

  it('asks for approval to set the old place of a moved usage to zero', () => {
    const [, old] = plan([usage({ level: 'Silver' })], [resolved()], [written()]);
    expect(old).toMatchObject({ state: 'HELD', reasonCode: 'TARGET_MOVED' });
  });

  it('asks for approval to set to zero what may not have been written', () => {
    const [, old] = plan([usage()], [resolved()], [written({ sure: false })]);
    expect(old).toMatchObject({ state: 'HELD', quantity: '0', reasonCode: 'MAYBE_WRITTEN' });
    expect(old!.target!.quantity).toBeNull();
  });

  it('does not change the old place while the usage has no new one', () => {
    const none: BillingResolution = { state: 'UNRESOLVED', reason: 'SEVERAL_AGREEMENTS', message: 'two' };
    expect(plan([usage({ level: 'Silver' })], [none], [written()])).toHaveLength(1);
  });

  it('plans nothing where the old quantity is already zero', () => {
    expect(plan([], [], [written({ quantity: '0.000' })])).toEqual([]);
  });
});
