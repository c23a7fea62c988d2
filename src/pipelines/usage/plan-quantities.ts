import Big from 'big.js';
import { type ReasonCode, reasons } from '../../domain/deliveries/reasons.js';
import type { BillingRequest, BillingResolution, BillingTarget } from '../../psa/adapter.js';
import type { UsageFigure } from './read-period-figures.sql.js';
import type { WrittenQuantity } from './written-quantities.sql.js';

/** What one company uses of one type at one level: several organizations of a company are one quantity. */
export interface CompanyUsage extends BillingRequest {
  companyName: string;
  /** Exact decimal. */
  quantity: string;
  organizationIds: string[];
}

/** One quantity to write, or why it is not written (yet). */
export interface PlannedQuantity {
  /** Part of the delivery's key: identifies the quantity within its statement. */
  subject: string;
  summary: string;
  companyId: string;
  usageType: string;
  /** Null: an old place that is set to zero. */
  level: string | null;
  /** An old place whose mapping is gone: the level it was mapped at. */
  formerLevel?: string;
  quantity: string;
  organizationIds: string[];
  target: BillingTarget | null;
  state: 'PENDING' | 'HELD' | 'SKIPPED' | 'FAILED';
  reasonCode: string | null;
  message: string | null;
}

/** Sums the mapped figures by company, usage type and level, exactly. */
export function sumByCompany(figures: readonly UsageFigure[]): CompanyUsage[] {
  const sums = new Map<string, CompanyUsage>();
  for (const {
    companyId,
    companyName,
    billingLevel: level,
    usageType,
    quantity,
    organizationId,
  } of figures) {
    if (companyId === null || companyName === null || level === null) continue;
    const key = subjectOf({ companyId, usageType, level });
    const sum = sums.get(key);
    if (sum) {
      sum.quantity = new Big(sum.quantity).plus(quantity).toFixed();
      sum.organizationIds.push(organizationId);
    } else {
      sums.set(key, {
        companyId,
        companyName,
        usageType,
        level,
        quantity,
        organizationIds: [organizationId],
      });
    }
  }
  return [...sums.values()];
}

/**
 * Decides for each quantity whether it is written, held for approval or cannot be written, and for each
 * quantity that we wrote earlier whether it is set to zero: never two usages into one place, never zero without a
 * person's approval or a changed mapping, nothing that we never wrote. `mapped` holds the company and level of
 * every mapping, whether or not something was measured.
 */
export function planQuantities(
  usages: readonly CompanyUsage[],
  resolutions: readonly BillingResolution[],
  written: readonly WrittenQuantity[],
  mapped: ReadonlySet<string>,
): PlannedQuantity[] {
  const uses = new Map<string, number>();
  for (const resolution of resolutions) {
    if (resolution.state === 'RESOLVED')
      uses.set(resolution.target.key, (uses.get(resolution.target.key) ?? 0) + 1);
  }
  const current = usages.map((usage, n) => planOne(usage, resolutions[n]!, uses));
  const subjects = new Map(current.map(planned => [planned.subject, planned]));
  const old = written.flatMap(quantity => {
    if (uses.has(quantity.target.key) || new Big(quantity.quantity).eq(0)) return [];
    return planOld(quantity, subjects.get(subjectOf(quantity)), mapped) ?? [];
  });
  return [...current, ...old];
}

/** Names a company and level in `planQuantities`' `mapped`. */
export function companyAtLevel(companyId: string, level: string): string {
  return JSON.stringify([companyId, level]);
}

function subjectOf({ companyId, usageType, level }: BillingRequest): string {
  return JSON.stringify([companyId, usageType, level]);
}

function planOne(
  usage: CompanyUsage,
  resolution: BillingResolution,
  uses: ReadonlyMap<string, number>,
): PlannedQuantity {
  const planned = {
    subject: subjectOf(usage),
    summary: `${usage.usageType} (${usage.level}): ${usage.quantity} for ${usage.companyName}`,
    companyId: usage.companyId,
    usageType: usage.usageType,
    level: usage.level,
    quantity: usage.quantity,
    organizationIds: usage.organizationIds,
  };
  if (resolution.state === 'UNRESOLVED') {
    return {
      ...planned,
      target: null,
      state: resolution.reason === 'LEVEL_DISABLED' ? 'SKIPPED' : 'FAILED',
      reasonCode: resolution.reason,
      message: resolution.message,
    };
  }
  const { target } = resolution;
  const summary = `${planned.summary}, on ${target.description}`;
  if (uses.get(target.key)! > 1)
    return { ...planned, summary, target, ...because('FAILED', 'SHARED_TARGET') };
  const fallsToZero =
    new Big(usage.quantity).eq(0) && target.quantity !== null && new Big(target.quantity).gt(0);
  if (fallsToZero) return { ...planned, summary, target, ...because('HELD', 'FALLS_TO_ZERO') };
  return { ...planned, summary, target, state: 'PENDING', reasonCode: null, message: null };
}

function planOld(
  written: WrittenQuantity,
  current: PlannedQuantity | undefined,
  mapped: ReadonlySet<string>,
): PlannedQuantity | undefined {
  // The same usage has no place this time: that is a failure of its own to fix, and no reason to bill zero.
  if (current && !current.target) return undefined;
  const stillMapped = mapped.has(companyAtLevel(written.companyId, written.level));
  return {
    subject: `zero ${written.target.key}`,
    summary: `${written.usageType} (${written.level}): ${written.quantity} ${written.sure ? '' : 'perhaps '}written earlier becomes 0, on ${written.target.description}`,
    companyId: written.companyId,
    usageType: written.usageType,
    level: null,
    quantity: '0',
    organizationIds: [],
    target: { ...written.target, quantity: written.sure ? written.quantity : null },
    ...(!written.sure
      ? because('HELD', 'MAYBE_WRITTEN')
      : current
        ? because('HELD', 'TARGET_MOVED')
        : stillMapped
          ? because('HELD', 'NOT_MEASURED')
          : { formerLevel: written.level, ...because('PENDING', 'MAPPING_CHANGED') }),
  };
}

function because<State extends PlannedQuantity['state']>(state: State, code: ReasonCode) {
  return { state, reasonCode: code, message: reasons[code] };
}
