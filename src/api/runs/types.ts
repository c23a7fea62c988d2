import { ArgsType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { PipelineName } from '../../domain/runs/pipeline-name.js';
import { RunState, RunTrigger, type SyncRun } from '../../domain/runs/sync-run.js';
import { allPipelines } from '../../pipelines/registry.js';
import { connectionType, pageArgs } from '../pages.js';
import { DateTimeScalar, DecimalScalar, LocalDateScalar } from '../scalars/scalars.js';
import { UserError, userErrorsDescription } from '../user-error.js';

registerEnumType(PipelineName, {
  name: 'Pipeline',
  description: 'Decides what has to be written to a PSA, and creates deliveries for it.',
  valuesConfig: Object.fromEntries(allPipelines.map(({ name, description }) => [name, { description }])),
});
registerEnumType(RunTrigger, {
  name: 'RunTrigger',
  description: 'What started a run.',
  valuesConfig: {
    SCHEDULE: { description: 'It was due.' },
    MANUAL: { description: 'By `runPipeline`.' },
    INGEST: { description: 'Job results were reported.' },
  },
});
registerEnumType(RunState, {
  name: 'RunState',
  description: 'The status of a run.',
  valuesConfig: {
    RUNNING: { description: 'Something is still to be planned or delivered.' },
    SUCCEEDED: { description: 'Everything is in the PSA, or was skipped for a reason.' },
    PARTIAL: { description: 'Some of it is in the PSA; the rest failed or waits for approval.' },
    FAILED: { description: 'Nothing of it is in the PSA.' },
  },
});

/** For example "USAGE: the invoice date. DIGEST: the day to sum up." */
export const dateMeanings = allPipelines.map(({ name, dateMeaning }) => `${name}: ${dateMeaning}.`).join(' ');

@ObjectType('SyncRun', {
  description: 'One run of a pipeline. Its counts change while it works: watch it by `syncStatus`.',
})
export class SyncRunType {
  @Field(() => ID, { description: 'Grows with time.' })
  id!: string;

  @Field(() => PipelineName, { description: 'Which pipeline ran.' })
  pipeline!: PipelineName;

  @Field(() => RunTrigger, { description: 'What started it.' })
  trigger!: RunTrigger;

  @Field(() => RunState, { description: 'Its status.' })
  state!: RunState;

  @Field(() => Boolean, { description: 'It only worked out what it would do: see `changes`.' })
  dryRun!: boolean;

  @Field(() => LocalDateScalar, {
    nullable: true,
    name: 'date',
    description: `What it is for. ${dateMeanings}`,
  })
  forDate?: string | null;

  @Field(() => DateTimeScalar, { description: 'When it began.' })
  startedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Null while it is RUNNING.' })
  finishedAt?: Date | null;

  @Field(() => Int, { description: 'The number of its deliveries.' })
  total!: number;

  @Field(() => Int, { description: 'The number of them that are in the PSA.' })
  delivered!: number;

  @Field(() => Int, { description: 'The number of them that were not sent, each with its reason.' })
  skipped!: number;

  @Field(() => Int, { description: 'The number of them that the PSA rejected.' })
  failed!: number;

  @Field(() => Int, {
    description: 'The number of them that wait for a person’s approval by `retryDeliveries`.',
  })
  held!: number;

  @Field(() => String, { nullable: true, description: 'What ended it, or what it waits for, for a person.' })
  error?: string | null;
}

export const SyncRunConnection = connectionType(SyncRunType, 'SyncRun');

@ObjectType('PlannedChange', {
  description: 'What a run did for one organization, or, in a dry run, would do.',
})
export class PlannedChangeType {
  @Field(() => String, { description: 'In one line, for a person.' })
  summary!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'The quantity in the PSA before; null for tickets.',
  })
  before?: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'The quantity in the PSA after; null for tickets.',
  })
  after?: string | null;
}

export const PlannedChangeConnection = connectionType(PlannedChangeType, 'PlannedChange');

@ArgsType()
export class SyncRunsArgs extends pageArgs(20) {
  @Field(() => PipelineName, { nullable: true, description: 'Only runs of this pipeline.' })
  pipeline?: PipelineName | null;
}

@ArgsType()
export class ChangesArgs extends pageArgs(100) {}

@ObjectType({ description: 'When a pipeline runs next by itself.' })
export class ScheduledRun {
  @Field(() => PipelineName, { description: 'Which pipeline.' })
  pipeline!: PipelineName;

  @Field(() => DateTimeScalar, { description: 'When it is due.' })
  nextRunAt!: Date;
}

@ObjectType()
export class RunPipelinePayload {
  @Field(() => SyncRunType, {
    nullable: true,
    description: 'The run, which a worker now works on. With `ALREADY_RUNNING`, the run that is in the way.',
  })
  run?: SyncRun | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}
