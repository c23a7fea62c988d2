import type { EntityManager } from '@mikro-orm/postgresql';
import { stateOfUnsent, whyNotDelivered } from '../../domain/deliveries/delivery-policy.js';
import { reasons } from '../../domain/deliveries/reasons.js';
import type { Integration } from '../../domain/integrations/integration.js';
import type { WakeUp } from '../../domain/integrations/wake-up.js';
import { NoticeType } from '../../domain/notices/notice-type.js';
import { RunState, type SyncRun } from '../../domain/runs/sync-run.js';
import { rowsOf } from '../../domain/tables.js';
import { billingPeriod, type Period } from '../../domain/usage/billing-period.js';
import type { UsageRules } from '../../domain/usage/usage-line.js';
import { createRunNotice } from '../../notifications/create-notice.js';
import type { BillingResolution, PsaAdapter } from '../../psa/adapter.js';
import { keepPlan } from '../../runs/keep-plan.js';
import { type ClosedStatement, closeStatement } from './close-statement.js';
import { createQuantityDeliveries } from './create-quantity-deliveries.sql.js';
import { companyAtLevel, type PlannedQuantity, planQuantities, sumByCompany } from './plan-quantities.js';
import { plannedEffects } from './planned-effects.js';
import { readPeriodFigures, type UsageFigure } from './read-period-figures.sql.js';
import { QuantitiesBeingWritten, raiseUsageVersion, readUsageVersion } from './usage-version.sql.js';
import { writtenQuantities } from './written-quantities.sql.js';

export interface UsagePlanning {
  now: Date;
  rules: UsageRules;
  wakeUp: WakeUp;
}

/** How often a run is planned before it is left for later, because quantities keep being written. */
const mostPlans = 3;

/**
 * Closes the run's period and creates a delivery for every quantity of it; a dry run only keeps what would be done.
 * The statement is closed before the PSA is asked anything, so that an outage does not move the figures. Can be
 * repeated until it succeeds. No worker begins to write a quantity of the integration between what is read of the PSA
 * and the commit of the plan: where one does, the run is planned again. What earlier plans left unwritten is outdated
 * by the new plan. Throws what the adapter throws, and QuantitiesBeingWritten.
 */
export async function planUsageRun(
  em: EntityManager,
  run: SyncRun,
  integration: Integration,
  adapter: PsaAdapter,
  { now, rules, wakeUp }: UsagePlanning,
): Promise<void> {
  const { invoiceDate, period, figures, statement } = await closePeriod(em, run, integration, rules);
  const usages = sumByCompany(figures);
  const readPlaces = () =>
    adapter.resolveBillingTargets(usages, {
      createMissing: integration.createMissingAdditions,
      onDate: invoiceDate,
    });
  const plan = async (tx: EntityManager, places: BillingResolution[]): Promise<PlannedQuantity[]> =>
    planQuantities(
      usages,
      places,
      await writtenQuantities(tx, integration.id),
      await mappedLevels(tx, integration.id),
    );

  if (!statement) {
    const places = await readPlaces();
    await em.transactional(async tx => {
      await keepPlan(tx, run.id, plannedEffects(figures, await plan(tx, places)));
      await markPlanned(tx, run, { now, statementId: null });
    });
    return;
  }
  for (let plans = 0; plans < mostPlans; plans += 1) {
    const version = await readUsageVersion(em, integration.id);
    if (version === undefined) break;
    const places = await readPlaces();
    const committed = await em.transactional(async tx => {
      if (!(await raiseUsageVersion(tx, integration.id, version))) return false;
      const planned = (await plan(tx, places)).map(quantity => unlessUnwanted(quantity, integration));
      const target = { runId: run.id, integrationId: integration.id, now };
      await createQuantityDeliveries(tx, target, statement, { invoiceDate, period }, planned);
      await wakeUp(tx, 'deliver', [integration.id]);
      if (planned.some(({ state }) => state === 'HELD')) {
        await createRunNotice(tx, NoticeType.DELIVERY_HELD, run.id, { now, wakeUp });
      }
      await markPlanned(tx, run, { now, statementId: statement.id });
      return true;
    });
    if (committed) return;
  }
  throw new QuantitiesBeingWritten();
}

interface ClosedPeriod {
  invoiceDate: string;
  period: Period;
  figures: UsageFigure[];
  /** Undefined for a dry run, which closes nothing. */
  statement: ClosedStatement | undefined;
}

async function closePeriod(
  em: EntityManager,
  { forDate, dryRun }: SyncRun,
  integration: Integration,
  rules: UsageRules,
): Promise<ClosedPeriod> {
  const invoiceDate = forDate!;
  const partner = integration.partner.unwrap();
  const period = await periodOf(em, integration.id, invoiceDate, partner.invoiceDay);
  return em.transactional(async tx => {
    const figures = await readPeriodFigures(tx, integration.id, partner, period, rules);
    const statement = dryRun
      ? undefined
      : await closeStatement(tx, integration.id, invoiceDate, period, figures);
    return { invoiceDate, period, figures, statement };
  });
}

/** A quantity that would be written is skipped where the integration's options are against it. Asked again before it is written. */
function unlessUnwanted(quantity: PlannedQuantity, integration: Integration): PlannedQuantity {
  const { billingEnabled, updateAgreementAdditions } = integration;
  const reason = whyNotDelivered({
    kind: 'USAGE',
    billingEnabled,
    updateAgreementAdditions,
    outdated: false,
    remapped: false,
  });
  if (quantity.state !== 'PENDING' || reason === null) return quantity;
  return { ...quantity, state: stateOfUnsent(reason), reasonCode: reason, message: reasons[reason] };
}

/** The period that the invoice bills, without the days that an earlier statement bills already. */
async function periodOf(
  em: EntityManager,
  integrationId: string,
  invoiceDate: string,
  invoiceDay: number,
): Promise<Period> {
  const [before] = await rowsOf(em, tables =>
    tables
      .selectFrom('usage_statement')
      .select('period_end')
      .where('integration_id', '=', integrationId)
      .where('invoice_date', '<', invoiceDate)
      .orderBy('invoice_date', 'desc')
      .limit(1),
  );
  return billingPeriod(invoiceDate, invoiceDay, before?.period_end);
}

async function mappedLevels(em: EntityManager, integrationId: string): Promise<Set<string>> {
  const rows = await rowsOf(em, tables =>
    tables
      .selectFrom('mapping')
      .select(['company_id', 'billing_level'])
      .distinct()
      .where('integration_id', '=', integrationId),
  );
  return new Set(rows.map(row => companyAtLevel(row.company_id, row.billing_level)));
}

/** A dry run ends with its plan. */
async function markPlanned(
  em: EntityManager,
  run: SyncRun,
  { now, statementId }: { now: Date; statementId: string | null },
): Promise<void> {
  await rowsOf(em, tables =>
    tables
      .updateTable('sync_run')
      .set({
        planned_at: now,
        error: null,
        statement_id: statementId,
        ...(run.dryRun ? { state: RunState.SUCCEEDED, finished_at: now } : {}),
      })
      .where('id', '=', run.id),
  );
}
