import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import { dueManually } from '../../domain/deliveries/retry-pauses.js';
import type { Integration } from '../../domain/integrations/integration.js';
import type { WakeUp } from '../../domain/integrations/wake-up.js';
import { NoticeType } from '../../domain/notices/notice-type.js';
import type { Partner } from '../../domain/partners/partner.js';
import type { SyncRun } from '../../domain/runs/sync-run.js';
import { billingPeriod, type Period } from '../../domain/usage/billing-period.js';
import { createRunNotice } from '../../notifications/create-notice.js';
import type { PsaAdapter } from '../../psa/adapter.js';
import { keepPlan, type PlannedEffect } from '../../runs/keep-plan.js';
import { type ClosedStatement, closeStatement } from './close-statement.js';
import { companyAtLevel, type PlannedQuantity, planQuantities, sumByCompany } from './plan-quantities.js';
import { keepAtRest, untilAtRest } from './quantities-at-rest.js';
import { readPeriodFigures, type UsageFigure, type UsageRules } from './read-period-figures.js';
import { writtenQuantities } from './written-quantities.js';

export interface UsagePlanning {
  now: Date;
  rules: UsageRules;
  wakeUp: WakeUp;
}

/**
 * Closes the run's period and owes the PSA every quantity of it; in a dry run only says what would be owed.
 * The statement is closed before the PSA is asked anything, so that an outage does not move the figures. Can
 * be repeated until it succeeds. Workers write none of the integration's quantities between what it reads of the PSA and
 * what it plans; what earlier plans left unwritten is outdated by it. Throws what the adapter throws, and
 * QuantitiesInHand.
 */
export async function planUsageRun(
  em: EntityManager,
  run: SyncRun,
  integration: Integration,
  partner: Partner,
  adapter: PsaAdapter,
  { now, rules, wakeUp }: UsagePlanning,
): Promise<void> {
  const invoiceDate = run.forDate!;
  const [before] = await query<{ periodEnd: string }>(
    em,
    `select period_end as "periodEnd" from usage_statement where integration_id = $1 and invoice_date < $2
     order by invoice_date desc limit 1`,
    [integration.id, invoiceDate],
  );
  const period = billingPeriod(invoiceDate, partner.invoiceDay, before?.periodEnd);
  const { figures, statement } = await em.transactional(async tx => {
    const read = await readPeriodFigures(tx, integration.id, partner, period, rules);
    return {
      figures: read,
      statement: run.dryRun ? undefined : await closeStatement(tx, integration.id, invoiceDate, period, read),
    };
  });
  const usages = sumByCompany(figures);
  const attempts = run.dryRun ? undefined : await untilAtRest(em, integration.id);
  const resolutions = await adapter.resolveBillingTargets(usages, {
    createMissing: integration.createMissingAdditions,
    onDate: invoiceDate,
  });
  await em.transactional(async tx => {
    if (attempts !== undefined) await keepAtRest(tx, integration.id, attempts);
    const planned = planQuantities(
      usages,
      resolutions,
      await writtenQuantities(tx, integration.id),
      await mappedLevels(tx, integration.id),
    );
    if (statement) {
      await owe(tx, run.id, integration.id, statement, { invoiceDate, period, planned, now });
      await wakeUp(tx, 'deliver', [integration.id]);
    } else {
      await keepPlan(tx, run.id, effects(figures, planned));
    }
    if (statement && planned.some(({ state }) => state === 'HELD')) {
      await createRunNotice(tx, NoticeType.DELIVERY_HELD, run.id, { now, wakeUp });
    }
    await query(
      tx,
      `update sync_run set planned_at = $2, error = null, statement_id = $3,
         state = case when dry_run then 'SUCCEEDED' else state end, finished_at = case when dry_run then $2::timestamptz end
       where id = $1`,
      [run.id, now, statement?.id ?? null],
    );
  });
}

async function mappedLevels(em: EntityManager, integrationId: string): Promise<Set<string>> {
  const rows = await query<{ companyId: string; level: string }>(
    em,
    'select distinct company_id as "companyId", billing_level as level from mapping where integration_id = $1',
    [integrationId],
  );
  return new Set(rows.map(row => companyAtLevel(row.companyId, row.level)));
}

interface OwedQuantities {
  invoiceDate: string;
  period: Period;
  planned: readonly PlannedQuantity[];
  now: Date;
}

/**
 * Writes the deliveries of a statement. One that exists already (the run was repeated) is due again: writing
 * an absolute quantity twice does no harm, and it mends what somebody changed in the PSA meanwhile.
 */
async function owe(
  em: EntityManager,
  runId: string,
  integrationId: string,
  statement: ClosedStatement,
  { invoiceDate, period, planned, now }: OwedQuantities,
): Promise<void> {
  const rows = planned.map(
    ({ subject, organizationIds, target, state, reasonCode, message, summary, ...rest }) => ({
      key: `usage:${invoiceDate}:${statement.revision}:${subject}`,
      organizationId: organizationIds.length === 1 ? organizationIds[0] : null,
      organizationIds,
      usageType: rest.usageType,
      summary,
      state,
      reasonCode,
      message,
      targetKey: target?.key,
      content: {
        ...rest,
        invoiceDate,
        periodStart: period.start,
        periodEnd: period.end,
        ...(target ? { target, resolvedAt: now.toISOString() } : {}),
      },
    }),
  );
  await query(
    em,
    `with input as (
       select * from jsonb_to_recordset($4::jsonb) as r(key text, "organizationId" uuid, "organizationIds" uuid[],
         "usageType" text, summary text, state text, "reasonCode" text, message text, "targetKey" text, content jsonb)
     ), owed as (
       insert into delivery (integration_id, run_id, kind, key, organization_id, summary, content, target_key, state,
         reason_code, last_error, next_attempt_at, created_at)
       select $1, $2, 'USAGE', key, "organizationId", summary, content, "targetKey", state, "reasonCode", message,
         case when state = 'PENDING' then $3::timestamptz end, $3
       from input order by key
       on conflict (integration_id, key) do update set
         run_id = excluded.run_id, summary = excluded.summary, content = excluded.content,
         target_key = excluded.target_key, state = excluded.state, reason_code = excluded.reason_code,
         last_error = excluded.last_error, delivered_at = null, attempts = 0,
         next_attempt_at = case when excluded.state = 'PENDING' then ${dueManually('$3')} end
       returning id, key
     )
     update usage_line l set delivery_id = owed.id
     from owed join input on input.key = owed.key
     where l.statement_id = $5 and l.organization_id = any(input."organizationIds") and l.usage_type = input."usageType"`,
    [integrationId, runId, now, JSON.stringify(rows), statement.id],
  );
}

/** What a dry run found: one effect for each organization, with the quantities of its company's place. */
function effects(figures: readonly UsageFigure[], planned: readonly PlannedQuantity[]): PlannedEffect[] {
  return [
    ...figures
      .filter(figure => figure.companyId === null)
      .map(figure => ({
        organizationId: figure.organizationId,
        summary: `${figure.usageType}: ${figure.quantity}. Not billed: the organization is not mapped.`,
      })),
    ...planned.flatMap(quantity =>
      quantity.organizationIds.map(organizationId => ({
        organizationId,
        summary: quantity.message ? `${quantity.summary}. ${quantity.message}` : quantity.summary,
        before: quantity.target?.quantity,
        after: quantity.state === 'PENDING' || quantity.state === 'HELD' ? quantity.quantity : null,
      })),
    ),
  ];
}
