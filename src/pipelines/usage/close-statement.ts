import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import type { Period } from '../../domain/usage/billing-period.js';
import type { UsageFigure } from './read-period-figures.js';

export interface ClosedStatement {
  id: string;
  revision: number;
}

/**
 * Freezes the figures of a period as its statement. Figures that equal the newest revision's are that
 * revision; others make a new one, with the reason. To be called in a transaction: it locks the integration,
 * so that two closings of one period cannot make two statements.
 */
export async function closeStatement(
  em: EntityManager,
  integrationId: string,
  invoiceDate: string,
  period: Period,
  figures: readonly UsageFigure[],
): Promise<ClosedStatement> {
  await query(em, 'select 1 from integration where id = $1 for no key update', [integrationId]);
  const [newest] = await query<ClosedStatement>(
    em,
    `select id, revision from usage_statement where integration_id = $1 and invoice_date = $2
     order by revision desc limit 1`,
    [integrationId, invoiceDate],
  );
  const lines = JSON.stringify(figures);
  const differing = newest ? await countDifferences(em, newest.id, lines) : 0;
  if (newest && differing === 0) return newest;
  const revision = (newest?.revision ?? 0) + 1;
  const reason = newest
    ? `${differing} ${differing === 1 ? 'line differs' : 'lines differ'} from revision ${newest.revision}: measurements or mappings were changed after it was closed.`
    : null;
  const [statement] = await query<{ id: string }>(
    em,
    `insert into usage_statement (integration_id, period_start, period_end, invoice_date, revision, reason)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [integrationId, period.start, period.end, invoiceDate, revision, reason],
  );
  await query(
    em,
    `insert into usage_line (statement_id, organization_id, usage_type, quantity, evidence, billing_level, company_id)
     select $1, "organizationId", "usageType", quantity, evidence, "billingLevel", "companyId"
     from jsonb_to_recordset($2::jsonb) as f("organizationId" uuid, "usageType" text, quantity numeric,
       evidence jsonb, "billingLevel" text, "companyId" text)
     order by "organizationId", "usageType"`,
    [statement!.id, lines],
  );
  return { id: statement!.id, revision };
}

async function countDifferences(em: EntityManager, statementId: string, lines: string): Promise<number> {
  const [row] = await query<{ differing: number }>(
    em,
    `select count(*)::int as differing
     from (select * from usage_line where statement_id = $1) l
     full join jsonb_to_recordset($2::jsonb) as f("organizationId" uuid, "usageType" text, quantity numeric,
       "billingLevel" text, "companyId" text)
       on f."organizationId" = l.organization_id and f."usageType" = l.usage_type
     where (l.quantity, l.billing_level, l.company_id) is distinct from (f.quantity, f."billingLevel", f."companyId")`,
    [statementId, lines],
  );
  return row!.differing;
}
