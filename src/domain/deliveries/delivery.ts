import { type Opt, type Ref } from '@mikro-orm/core';
import {
  Check,
  Entity,
  Enum,
  Index,
  ManyToOne,
  PrimaryKey,
  Property,
  Unique,
} from '@mikro-orm/decorators/legacy';
import { rowsOfItsIntegrations } from '../access/partner-rows.js';
import { BackupJobResult } from '../backups/backup-job-result.js';
import { Integration } from '../integrations/integration.js';
import { Organization } from '../partners/organization.js';
import { SyncRun } from '../runs/sync-run.js';
import type { DigestContent, QuantityContent, TestContent } from './delivery-content.js';

export enum DeliveryKind {
  EVENT = 'EVENT',
  DIGEST = 'DIGEST',
  USAGE = 'USAGE',
  TEST = 'TEST',
}

/** A kind as written in rows and labels. */
export type DeliveryKindName = `${DeliveryKind}`;

export enum DeliveryState {
  PENDING = 'PENDING',
  /** Waits for a person's approval. */
  HELD = 'HELD',
  DELIVERED = 'DELIVERED',
  /** Not wanted, with the reason: not mapped, no priority for that result… */
  SKIPPED = 'SKIPPED',
  /** The PSA rejects this one; a person fixes the cause and retries. */
  FAILED = 'FAILED',
}

/** One thing to be written to the PSA, kept until it is there. */
@Entity({ tableName: 'delivery', policies: [rowsOfItsIntegrations] })
@Unique({ properties: ['integration', 'key'] })
@Index({
  name: 'delivery_due',
  expression:
    'create index "delivery_due" on "delivery" ("integration_id", "id") include ("next_attempt_at") where "state" = \'PENDING\'',
})
@Index({ properties: ['integration', 'state', 'id'] })
@Index({ properties: ['integration', 'id'] })
@Index({
  name: 'delivery_written_place',
  expression:
    'create index "delivery_written_place" on "delivery" ("integration_id", "target_key", "delivered_at") where "kind" = \'USAGE\' and "state" = \'DELIVERED\'',
})
@Index({
  name: 'delivery_released_by',
  expression:
    'create index "delivery_released_by" on "delivery" ("released_by", "id") where "released_by" is not null',
})
@Check({ name: 'delivery_next_attempt', expression: "(state = 'PENDING') = (next_attempt_at is not null)" })
@Check({ name: 'delivery_delivered', expression: "(state = 'DELIVERED') = (delivered_at is not null)" })
@Check({ name: 'delivery_event', expression: "(kind = 'EVENT') = (job_result_id is not null)" })
export class Delivery {
  /** Also the reference that a ticket carries, behind a prefix. */
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => Integration, { ref: true })
  integration!: Ref<Integration>;

  @Enum({ items: () => DeliveryKind })
  kind!: DeliveryKind;

  /** Made of facts, so that the same fact never makes two deliveries. */
  @Property({ type: 'text' })
  key!: string;

  @ManyToOne(() => Organization, { ref: true, nullable: true, deleteRule: 'restrict' })
  @Index()
  organization?: Ref<Organization> | null;

  @ManyToOne(() => BackupJobResult, { ref: true, nullable: true, deleteRule: 'restrict' })
  @Index()
  jobResult?: Ref<BackupJobResult> | null;

  @ManyToOne(() => SyncRun, { ref: true, nullable: true })
  @Index()
  run?: Ref<SyncRun> | null;

  @Enum({ items: () => DeliveryState })
  state: DeliveryState & Opt = DeliveryState.PENDING;

  @Property({ type: 'text' })
  summary!: string;

  @Property({ type: 'jsonb', defaultRaw: "'{}'" })
  content!: (DigestContent | TestContent | QuantityContent | Record<string, never>) & Opt;

  /** USAGE: the place in the PSA that this one writes to, once it is known. */
  @Property({ type: 'text', nullable: true })
  targetKey?: string | null;

  @Property({ type: 'integer', default: 0 })
  attempts!: number & Opt;

  /** An attempt began whose end is not known: the reference is looked up before the next one. */
  @Property({ type: 'boolean', default: false })
  unsure!: boolean & Opt;

  /** The lease number of the worker that is processing it; meaningless once that lease is lost. */
  @Property({ type: 'bigint', nullable: true })
  claimFence?: string | null;

  @Property({ type: 'timestamptz', nullable: true })
  nextAttemptAt?: Date | null;

  /** Why it is where it is, for a person: the PSA's words and ours. */
  @Property({ type: 'text', nullable: true })
  lastError?: string | null;

  /** Stable code of that reason: UNMAPPED, NO_PRIORITY, REJECTED… */
  @Property({ type: 'text', nullable: true })
  reasonCode?: string | null;

  @Property({ type: 'text', nullable: true })
  psaRecordId?: string | null;

  @Property({ type: 'text', nullable: true })
  psaRecordUrl?: string | null;

  /** USAGE: the quantity in the PSA before, and the one that the PSA reported afterwards. */
  @Property({ columnType: 'numeric', type: 'decimal', nullable: true })
  quantityBefore?: string | null;

  @Property({ columnType: 'numeric', type: 'decimal', nullable: true })
  quantityAfter?: string | null;

  /** The audit entry of the person who made it due last: a test ticket, a retry, an approval. */
  @Property({ type: 'uuid', nullable: true })
  releasedBy?: string | null;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;

  @Property({ type: 'timestamptz', nullable: true })
  deliveredAt?: Date | null;
}
