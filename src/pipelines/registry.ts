import type { Schedule } from '../domain/integrations/schedule.js';
import type { PipelineName } from '../domain/runs/pipeline-name.js';
import { digestPipeline } from './digest/pipeline.js';
import { eventsPipeline } from './events/pipeline.js';
import type { Pipeline, PipelinePlannedByJob, ScheduleSettings } from './pipeline.js';
import { usagePipeline } from './usage/pipeline.js';

/** Every pipeline, by its name. */
export const pipelines: Readonly<Record<PipelineName, Pipeline>> = {
  USAGE: usagePipeline,
  DIGEST: digestPipeline,
  EVENTS: eventsPipeline,
};

export const allPipelines: readonly Pipeline[] = Object.values(pipelines);

/** The pipelines whose runs a worker plans. */
export const pipelinesPlannedByJob: readonly PipelinePlannedByJob[] = allPipelines.flatMap(pipeline =>
  pipeline.planning.how === 'BY_JOB' ? { ...pipeline, planning: pipeline.planning } : [],
);

/** The schedules of the pipelines that have one. */
export function schedulesOf(settings: ScheduleSettings): Schedule[] {
  return allPipelines.flatMap(({ schedule }) => schedule?.(settings) ?? []);
}
