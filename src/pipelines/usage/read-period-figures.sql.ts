import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../../db/sql.js';
import { addDays, startOfDay } from '../../domain/calendar.js';
import type { Period } from '../../domain/usage/billing-period.js';
import type { UsageEvidence, UsageRules } from '../../domain/usage/usage-line.js';

const figures = statement(
  z.object({
    organizationId: z.string(),
    usageType: z.string(),
    /** Exact decimal without trailing zeros. */
    quantity: z.string(),
    evidence: z.object({
      rule: z.enum(['last', 'maximum', 'average', 'sum']),
      measurements: z.number(),
      firstMeasuredAt: z.string(),
      lastMeasuredAt: z.string(),
    }) satisfies z.ZodType<UsageEvidence>,
    // All three null: the organization is not mapped.
    companyId: z.string().nullable(),
    companyName: z.string().nullable(),
    billingLevel: z.string().nullable(),
  }),
  `select f.organization_id as "organizationId", f.usage_type as "usageType",
     trim_scale(case f.rule
       when 'maximum' then f.maximum when 'sum' then f.sum when 'average' then round(f.average, 6) else f.last
     end)::text as quantity,
     json_build_object('rule', f.rule, 'measurements', f.measurements,
       'firstMeasuredAt', f.first_at, 'lastMeasuredAt', f.last_at) as evidence,
     m.company_id as "companyId", m.company_name as "companyName", m.billing_level as "billingLevel"
   from (
     select u.organization_id, u.usage_type, coalesce($5::jsonb ->> u.usage_type, 'last') as rule,
       (array_agg(u.quantity order by u.measured_at desc))[1] as last, max(u.quantity) as maximum,
       sum(u.quantity) as sum, avg(u.quantity) as average, count(*)::int as measurements,
       min(u.measured_at) as first_at, max(u.measured_at) as last_at
     from usage_record u join organization o on o.id = u.organization_id
     where o.partner_id = $2 and u.measured_at >= $3 and u.measured_at < $4
     group by 1, 2
   ) f
   left join mapping m on m.integration_id = $1 and m.organization_id = f.organization_id
   order by f.organization_id, f.usage_type`,
);

/** One organization's quantity of one usage type in a period, and where the mapping bills it. */
export type UsageFigure = z.infer<typeof figures.row>;

/**
 * What each organization used in the period, by the rule of each usage type. A
 * measurement belongs to the day on which it was made, in the partner's time zone. PostgreSQL's numeric keeps it
 * exact; an average is rounded to six digits after the point.
 */
export function readPeriodFigures(
  em: EntityManager,
  integrationId: string,
  partner: { id: string; timeZone: string },
  period: Period,
  rules: UsageRules,
): Promise<UsageFigure[]> {
  return run(em, figures, [
    integrationId,
    partner.id,
    startOfDay(period.start, partner.timeZone),
    startOfDay(addDays(period.end, 1), partner.timeZone),
    JSON.stringify(rules),
  ]);
}
