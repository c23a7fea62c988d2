import type { EntityManager } from '@mikro-orm/postgresql';
import type { PipelineName } from '../domain/runs/pipeline-name.js';
import { RunState, SyncRun } from '../domain/runs/sync-run.js';

/** The integration's runs of a pipeline that are still to be planned, the oldest date first. */
export function unplannedRuns(
  em: EntityManager,
  integrationId: string,
  pipeline: PipelineName,
): Promise<SyncRun[]> {
  return em.find(
    SyncRun,
    { integration: integrationId, pipeline, plannedAt: null, state: RunState.RUNNING },
    { orderBy: { forDate: 'asc', id: 'asc' } },
  );
}
