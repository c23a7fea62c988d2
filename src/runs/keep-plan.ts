import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../db/sql.js';

/** What a run would do for one organization, in one line for a person. */
export interface PlannedEffect {
  organizationId: string;
  summary: string;
  /** The quantity in the PSA before, an exact decimal; left out for tickets. */
  before?: string | null;
  /** The quantity in the PSA after. */
  after?: string | null;
}

/** Keeps what a dry run would do, in the order given. One statement, whatever the number. */
export async function keepPlan(
  em: EntityManager,
  runId: string,
  effects: readonly PlannedEffect[],
): Promise<void> {
  await execute(
    em,
    `insert into planned_change (run_id, organization_id, summary, before, after)
     select $1, "organizationId", summary, before, after
     from jsonb_to_recordset($2::jsonb) as c("organizationId" uuid, summary text, before numeric, after numeric)`,
    [
      runId,
      JSON.stringify(
        effects.map(({ organizationId, summary, before, after }) => ({
          organizationId,
          summary,
          before,
          after,
        })),
      ),
    ],
  );
}
