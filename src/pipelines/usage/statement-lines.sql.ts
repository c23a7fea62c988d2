import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { execute, run, statement } from '../../db/sql.js';
import type { UsageFigure } from './read-period-figures.sql.js';

/** Writes the figures as the lines of a new statement. */
export async function insertLines(
  em: EntityManager,
  statementId: string,
  figures: readonly UsageFigure[],
): Promise<void> {
  await execute(
    em,
    `insert into usage_line (statement_id, organization_id, usage_type, quantity, evidence, billing_level, company_id)
     select $1, "organizationId", "usageType", quantity, evidence, "billingLevel", "companyId"
     from jsonb_to_recordset($2::jsonb) as f("organizationId" uuid, "usageType" text, quantity numeric,
       evidence jsonb, "billingLevel" text, "companyId" text)
     order by "organizationId", "usageType"`,
    [statementId, JSON.stringify(figures)],
  );
}

const differences = statement(
  z.object({ differing: z.number() }),
  `select count(*)::int as differing
   from (select * from usage_line where statement_id = $1) l
   full join jsonb_to_recordset($2::jsonb) as f("organizationId" uuid, "usageType" text, quantity numeric,
     "billingLevel" text, "companyId" text)
     on f."organizationId" = l.organization_id and f."usageType" = l.usage_type
   where (l.quantity, l.billing_level, l.company_id) is distinct from (f.quantity, f."billingLevel", f."companyId")`,
);

/** How many lines the figures would change, add or remove. The evidence alone makes no difference. */
export async function countDifferences(
  em: EntityManager,
  statementId: string,
  figures: readonly UsageFigure[],
): Promise<number> {
  const [counted] = await run(em, differences, [statementId, JSON.stringify(figures)]);
  return counted!.differing;
}
