import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../../db/sql.js';
import { dueManually } from '../../domain/deliveries/retry-pauses.js';
import type { Period } from '../../domain/usage/billing-period.js';
import type { ClosedStatement } from './close-statement.js';
import type { PlannedQuantity } from './plan-quantities.js';

/** Each line of the statement is tied to the delivery that carries it, alone or summed with others of its company. */
const create = `
with input as (
  select * from jsonb_to_recordset($4::jsonb) as r(key text, "organizationId" uuid, "organizationIds" uuid[],
    "usageType" text, summary text, state text, "reasonCode" text, message text, "targetKey" text, content jsonb)
), created as (
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
update usage_line l set delivery_id = created.id
from created join input on input.key = created.key
where l.statement_id = $5 and l.organization_id = any(input."organizationIds") and l.usage_type = input."usageType"`;

/**
 * Creates the deliveries of a statement. One that exists already, because the run was repeated, is due again: writing
 * an absolute quantity twice does no harm, and it corrects what a person changed in the PSA meanwhile.
 */
export async function createQuantityDeliveries(
  em: EntityManager,
  { runId, integrationId, now }: { runId: string; integrationId: string; now: Date },
  statement: ClosedStatement,
  { invoiceDate, period }: { invoiceDate: string; period: Period },
  planned: readonly PlannedQuantity[],
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
  await execute(em, create, [integrationId, runId, now, JSON.stringify(rows), statement.id]);
}
