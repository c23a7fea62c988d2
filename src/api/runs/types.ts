import { ArgsType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Pipeline, RunState, RunTrigger } from '../../domain/runs/sync-run.js';
import { connectionType, pageArgs } from '../pages.js';
import { DateTimeScalar, DecimalScalar, LocalDateScalar } from '../scalars/scalars.js';
import { UserError, userErrorsDescription } from '../user-error.js';

registerEnumType(Pipeline, {
  name: 'Pipeline',
  description: 'What decides what is owed to a PSA.',
  valuesConfig: {
    USAGE: { description: 'On the invoice date: closes the billing period, sets quantities on agreements.' },
    DIGEST: {
      description: 'Once a day: a ticket that sums up the day before, for each mapped organization.',
    },
    EVENTS: { description: 'When job results arrive: a ticket for each that wants one.' },
  },
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
  description: 'How a run stands.',
  valuesConfig: {
    RUNNING: { description: 'Something is still to be planned or delivered.' },
    SUCCEEDED: { description: 'Everything that was owed is in the PSA.' },
    PARTIAL: { description: 'Some of it is; the rest failed or waits for approval.' },
    FAILED: { description: 'Nothing of it is.' },
  },
});

@ObjectType('SyncRun', {
  description: 'One run of a pipeline. Its counts move while it works: watch it by `syncStatus`.',
})
export class SyncRunType {
  @Field(() => ID, { description: 'Grows with time.' })
  id!: string;

  @Field(() => Pipeline, { description: 'Which pipeline ran.' })
  pipeline!: Pipeline;

  @Field(() => RunTrigger, { description: 'What started it.' })
  trigger!: RunTrigger;

  @Field(() => RunState, { description: 'How it stands.' })
  state!: RunState;

  @Field(() => Boolean, { description: 'It only worked out what it would do: see `changes`.' })
  dryRun!: boolean;

  @Field(() => LocalDateScalar, {
    nullable: true,
    name: 'date',
    description: 'The invoice date of a usage run, the day that a digest run sums up; null for events.',
  })
  forDate?: string | null;

  @Field(() => DateTimeScalar, { description: 'When it began.' })
  startedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Null while it is RUNNING.' })
  finishedAt?: Date | null;

  @Field(() => Int, { description: 'How many deliveries it owes.' })
  total!: number;

  @Field(() => Int, { description: 'How many of them are in the PSA.' })
  delivered!: number;

  @Field(() => Int, { description: 'How many turned out not to be owed, each with its reason.' })
  skipped!: number;

  @Field(() => Int, { description: 'How many the PSA refused.' })
  failed!: number;

  @Field(() => Int, { description: 'How many wait for a person’s approval by `retryDeliveries`.' })
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
  @Field(() => Pipeline, { nullable: true, description: 'Only runs of this pipeline.' })
  pipeline?: Pipeline | null;
}

@ArgsType()
export class ChangesArgs extends pageArgs(100) {}

@ObjectType({ description: 'When a pipeline runs next by itself.' })
export class ScheduledRun {
  @Field(() => Pipeline, { description: 'Which pipeline.' })
  pipeline!: Pipeline;

  @Field(() => DateTimeScalar, { description: 'When it is due.' })
  nextRunAt!: Date;
}

@ObjectType()
export class RunPipelinePayload {
  @Field(() => SyncRunType, { nullable: true, description: 'The run, which a worker now works on.' })
  run?: object | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}
