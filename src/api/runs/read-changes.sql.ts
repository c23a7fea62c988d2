import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run as runStatement, statement } from '../../db/sql.js';
import type { SyncRun } from '../../domain/runs/sync-run.js';
import { keysAfter, type Page, type PageArgs, pageOf, pageSize } from '../pages.js';

const row = z.object({
  id: z.string(),
  lineId: z.string(),
  organizationId: z.string(),
  summary: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

export type ChangeNode = Pick<z.infer<typeof row>, 'organizationId' | 'summary' | 'before' | 'after'>;

/** What a dry run planned. */
const planned = statement(
  row,
  `select id, id as "lineId", organization_id as "organizationId", summary, before::text, after::text
   from planned_change
   where run_id = $1 and ($2::uuid is null or (id, id) > ($2, $3::uuid))
   order by id limit $4`,
);

/** A run's deliveries: one row for each organization that one is for; a quantity may be the sum of several. */
const delivered = statement(
  row,
  `select d.id, coalesce(l.id, d.id) as "lineId", coalesce(l.organization_id, d.organization_id) as "organizationId",
     d.summary, d.quantity_before::text as before, d.quantity_after::text as after
   from delivery d left join usage_line l on l.delivery_id = d.id
   where d.run_id = $1 and coalesce(l.organization_id, d.organization_id) is not null
     and ($2::uuid is null or (d.id, coalesce(l.id, d.id)) > ($2, $3::uuid))
   order by d.id, coalesce(l.id, d.id) limit $4`,
);

/** A page of what the run did for each organization, or, for a dry run, would do. */
export async function readChanges(
  em: EntityManager,
  run: SyncRun,
  args: PageArgs,
): Promise<Page<ChangeNode>> {
  const first = pageSize(args);
  const after = keysAfter(args, 'uuid', 'uuid');
  const rows = await runStatement(em, run.dryRun ? planned : delivered, [
    run.id,
    after?.[0] ?? null,
    after?.[1] ?? null,
    first + 1,
  ]);
  return pageOf(rows, first, ({ id, lineId }) => [id, lineId]);
}
