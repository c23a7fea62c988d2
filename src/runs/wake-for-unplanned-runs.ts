import type { EntityManager } from '@mikro-orm/postgresql';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { Pipeline, RunState } from '../domain/runs/sync-run.js';
import { rowsOf } from '../domain/tables.js';

/** Has the integration's usage runs that are still to be planned looked at again, where there are any. */
export async function wakeForUnplannedRuns(
  em: EntityManager,
  integrationId: string,
  wakeUp: WakeUp,
): Promise<void> {
  const [unplanned] = await rowsOf(em, tables =>
    tables
      .selectFrom('sync_run')
      .select('id')
      .where('integration_id', '=', integrationId)
      .where('pipeline', '=', Pipeline.USAGE)
      .where('state', '=', RunState.RUNNING)
      .where('planned_at', 'is', null)
      .limit(1),
  );
  if (unplanned) await wakeUp(em, 'usage', [integrationId]);
}
