import type { EntityManager } from '@mikro-orm/postgresql';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { Problem } from '../domain/problem.js';
import type { PipelineName } from '../domain/runs/pipeline-name.js';
import { RunState, SyncRun } from '../domain/runs/sync-run.js';
import { finishRuns } from '../runs/finish-runs.js';
import { checkRequest } from './check-request.js';
import type { AtOnce, RunRequest } from './pipeline.js';
import { pipelines } from './registry.js';

export interface StartRequest extends RunRequest {
  pipeline: PipelineName;
  /** Left out: the pipeline's default. */
  date?: string | null;
  wakeUp: WakeUp;
}

/** With a problem nothing was started. */
export type StartedRun = { run: SyncRun; problem?: undefined } | { run: null; problem: Problem };

/**
 * Starts a run of a pipeline, in `em`'s transaction if it has one. It is planned here and now, or by the worker that is
 * woken for it, as its pipeline says.
 */
export async function startRun(em: EntityManager, request: StartRequest): Promise<StartedRun> {
  const pipeline = pipelines[request.pipeline];
  const { planning } = pipeline;
  const date = request.date ?? pipeline.defaultDate(request);
  const problem =
    checkRequest(pipeline, request, date) ??
    (date === null ? undefined : await pipeline.checkHistory?.(em, date, request));
  if (problem) return { run: null, problem };
  return em.transactional(async tx => {
    const { integration, trigger, dryRun, now, wakeUp } = request;
    const run = tx.create(SyncRun, {
      integration: integration.id,
      pipeline: pipeline.name,
      trigger,
      dryRun,
      forDate: date,
      startedAt: now,
    });
    await tx.flush();
    if (planning.how === 'BY_JOB') await wakeUp(tx, planning.job, [integration.id]);
    else await planAtOnce(tx, planning, run, request);
    return { run };
  });
}

async function planAtOnce(
  em: EntityManager,
  planning: AtOnce,
  run: SyncRun,
  request: StartRequest,
): Promise<void> {
  const { integration, dryRun, now, wakeUp } = request;
  run.plannedAt = now;
  if (dryRun) Object.assign(run, { state: RunState.SUCCEEDED, finishedAt: now });
  await em.flush();
  await planning.plan(em, run, request);
  await finishRuns(em, integration.id, { now, wakeUp });
  await wakeUp(em, 'deliver', [integration.id]);
  await em.refresh(run);
}
