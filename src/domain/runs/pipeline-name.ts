/** The pipelines by name, as rows and the API have it. Each one's rules and plan: src/pipelines/<name>/pipeline.ts. */
export enum PipelineName {
  USAGE = 'USAGE',
  DIGEST = 'DIGEST',
  EVENTS = 'EVENTS',
}

/**
 * What a person calls a run of each pipeline ("the usage run of 2026-11-23"), and the job that plans its runs; null: they
 * are planned where they are started.
 */
export const pipelineTerms = {
  USAGE: { run: 'usage run', job: 'usage' },
  DIGEST: { run: 'digest', job: 'digest' },
  EVENTS: { run: 'events run', job: null },
} as const satisfies Record<PipelineName, { run: string; job: string | null }>;

export type PlanningJob = NonNullable<(typeof pipelineTerms)[PipelineName]['job']>;

export const planningJobs: readonly PlanningJob[] = Object.values(pipelineTerms).flatMap(
  ({ job }) => job ?? [],
);
