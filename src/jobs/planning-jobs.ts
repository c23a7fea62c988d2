import type { PlanningDependencies } from '../pipelines/pipeline.js';
import { planRuns } from '../pipelines/plan-runs.js';
import { pipelinesPlannedByJob } from '../pipelines/registry.js';
import type { IntegrationJob } from './job.js';

/** For each pipeline whose runs a worker plans: plans the runs of one integration. */
export const planningJobs: readonly IntegrationJob<PlanningDependencies>[] = pipelinesPlannedByJob.map(
  pipeline => ({
    name: pipeline.planning.job,
    concurrency: 4,
    work: (dependencies, integrationId) => planRuns(dependencies, pipeline, integrationId),
  }),
);
