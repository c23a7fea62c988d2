import type { EntityManager } from '@mikro-orm/postgresql';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { type PipelineName, pipelineTerms } from '../domain/runs/pipeline-name.js';
import { RunState } from '../domain/runs/sync-run.js';
import { rowsOf } from '../domain/tables.js';

/** Wakes the job that plans the integration's runs of a pipeline, where one is still to be planned. */
export async function wakeForUnplannedRuns(
  em: EntityManager,
  integrationId: string,
  pipeline: PipelineName,
  wakeUp: WakeUp,
): Promise<void> {
  const [unplanned] = await rowsOf(em, tables =>
    tables
      .selectFrom('sync_run')
      .select('id')
      .where('integration_id', '=', integrationId)
      .where('pipeline', '=', pipeline)
      .where('state', '=', RunState.RUNNING)
      .where('planned_at', 'is', null)
      .limit(1),
  );
  const { job } = pipelineTerms[pipeline];
  if (unplanned && job) await wakeUp(em, job, [integrationId]);
}
