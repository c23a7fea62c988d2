import { type Opt, type Ref } from '@mikro-orm/core';
import { Check, Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { rowsOfItsIntegrations } from '../access/partner-rows.js';
import { Integration } from '../integrations/integration.js';
import { PipelineName } from './pipeline-name.js';

export enum RunTrigger {
  SCHEDULE = 'SCHEDULE',
  MANUAL = 'MANUAL',
  INGEST = 'INGEST',
}

export enum RunState {
  RUNNING = 'RUNNING',
  SUCCEEDED = 'SUCCEEDED',
  PARTIAL = 'PARTIAL',
  FAILED = 'FAILED',
}

/**
 * One run of a pipeline for one integration. The counts follow the states of its deliveries by a trigger
 * of the database, which also notifies the listeners of syncStatus.
 */
@Entity({ tableName: 'sync_run', policies: [rowsOfItsIntegrations] })
@Index({ properties: ['integration', 'id'] })
@Index({ properties: ['integration', 'pipeline', 'id'] })
@Index({
  name: 'sync_run_unplanned',
  expression:
    'create index "sync_run_unplanned" on "sync_run" ("started_at") where "planned_at" is null and "state" = \'RUNNING\'',
})
@Index({
  name: 'sync_run_running',
  expression: 'create index "sync_run_running" on "sync_run" ("integration_id") where "state" = \'RUNNING\'',
})
@Index({
  name: 'sync_run_one_collecting',
  expression:
    'create unique index "sync_run_one_collecting" on "sync_run" ("integration_id") where "collecting"',
})
@Check({ name: 'sync_run_finished', expression: "(state = 'RUNNING') = (finished_at is null)" })
@Check({
  name: 'sync_run_collecting',
  expression: "not collecting or (state = 'RUNNING' and pipeline = 'EVENTS')",
})
@Check({
  name: 'sync_run_counts',
  expression:
    'delivered >= 0 and skipped >= 0 and failed >= 0 and held >= 0 and delivered + skipped + failed + held <= total',
})
export class SyncRun {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => Integration, { ref: true })
  integration!: Ref<Integration>;

  @Enum({ items: () => PipelineName })
  pipeline!: PipelineName;

  @Enum({ items: () => RunTrigger })
  trigger!: RunTrigger;

  @Enum({ items: () => RunState })
  state: RunState & Opt = RunState.RUNNING;

  @Property({ type: 'boolean', default: false })
  dryRun!: boolean & Opt;

  /** What its pipeline's `dateMeaning` says, such as the invoice date; null: it has no date. */
  @Property({ type: 'date', nullable: true })
  forDate?: string | null;

  /** Which statement a usage run writes; null until it is closed. */
  @Property({ type: 'uuid', nullable: true })
  statementId?: string | null;

  /** An events run that newly reported results are still added to. */
  @Property({ type: 'boolean', default: false })
  collecting!: boolean & Opt;

  @Property({ type: 'timestamptz' })
  startedAt!: Date;

  /** When the pipeline had created all its deliveries; null until then. */
  @Property({ type: 'timestamptz', nullable: true })
  plannedAt?: Date | null;

  @Property({ type: 'timestamptz', nullable: true })
  finishedAt?: Date | null;

  @Property({ type: 'integer', default: 0 })
  total!: number & Opt;

  @Property({ type: 'integer', default: 0 })
  delivered!: number & Opt;

  @Property({ type: 'integer', default: 0 })
  skipped!: number & Opt;

  @Property({ type: 'integer', default: 0 })
  failed!: number & Opt;

  /** Deliveries that wait for a person's approval. */
  @Property({ type: 'integer', default: 0 })
  held!: number & Opt;

  /** What ended the run, or what it waits for, for a person. */
  @Property({ type: 'text', nullable: true })
  error?: string | null;
}
