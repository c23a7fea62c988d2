import { z } from 'zod';
import { statement } from '../db/sql.js';

/**
 * Whether the plan that quantities come from still holds. $1: ids of usage deliveries.
 * Outdated: a newer usage run has planned. Remapped: a statement line's organization has another company or level now,
 * or an organization came back to a level whose old place was to be set to zero.
 */
export const readUsageFacts = statement(
  z.object({ deliveryId: z.string(), outdated: z.boolean(), remapped: z.boolean() }),
  `select d.id as "deliveryId",
     exists (
       select 1 from sync_run mine join sync_run newer on newer.integration_id = mine.integration_id
         and newer.pipeline = 'USAGE' and not newer.dry_run and newer.planned_at is not null
         and (newer.for_date, newer.planned_at) > (mine.for_date, mine.planned_at)
       where mine.id = d.run_id) as outdated,
     exists (
       select 1 from usage_line l left join mapping now
         on now.integration_id = d.integration_id and now.organization_id = l.organization_id
       where l.delivery_id = d.id
         and (now.company_id, now.billing_level) is distinct from (l.company_id, l.billing_level))
     or exists (
       select 1 from mapping back where back.integration_id = d.integration_id
         and (back.company_id, back.billing_level) = (d.content ->> 'companyId', d.content ->> 'formerLevel'))
       as remapped
   from delivery d where d.id = any($1)`,
);
export type UsageFacts = z.infer<typeof readUsageFacts.row>;
