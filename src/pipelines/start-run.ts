import type { EntityManager } from '@mikro-orm/postgresql';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { Problem } from '../domain/problem.js';
import type { PipelineName } from '../domain/runs/pipeline-name.js';
import { RunState, RunTrigger, SyncRun } from '../domain/runs/sync-run.js';
import { rowsOf } from '../domain/tables.js';
import { finishRuns } from '../runs/finish-runs.js';
import { unplannedRuns } from '../runs/unplanned-runs.js';
import { checkRequest } from './check-request.js';
import type { AtOnce, Pipeline, RunRequest } from './pipeline.js';
import { pipelines } from './registry.js';

export interface StartRequest extends RunRequest {
  pipeline: PipelineName;
  /** Left out: the pipeline's default. */
  date?: string | null;
  wakeUp: WakeUp;
}

/** With a problem nothing was started; `run` is then the one that is in the way, if there is one. */
export type StartedRun = { run: SyncRun; problem?: undefined } | { run: SyncRun | null; problem: Problem };

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
    const inTheWay = await unplannedRunInTheWay(tx, pipeline, request);
    if (inTheWay) return { run: inTheWay, problem: alreadyRunning(inTheWay) };
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

/** The integration's row is locked, so that of two that are started at once one finds the other. */
async function unplannedRunInTheWay(
  em: EntityManager,
  { name, planning }: Pipeline,
  { integration, trigger }: StartRequest,
): Promise<SyncRun | undefined> {
  if (planning.how !== 'BY_JOB' || !planning.oneAtATime || trigger !== RunTrigger.MANUAL) return undefined;
  await rowsOf(em, tables =>
    tables.selectFrom('integration').select('id').where('id', '=', integration.id).forNoKeyUpdate(),
  );
  const [unplanned] = await unplannedRuns(em, integration.id, name);
  return unplanned;
}

function alreadyRunning({ dryRun, forDate }: SyncRun): Problem {
  const what = `${dryRun ? 'A dry run' : 'A run'}${forDate ? ` for ${forDate}` : ''}`;
  return {
    field: ['pipeline'],
    code: 'ALREADY_RUNNING',
    message: `${what} was started before and is still to be planned. Wait until it is, then start another one.`,
  };
}
