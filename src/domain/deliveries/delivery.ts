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

export enum DeliveryKind {
  EVENT = 'EVENT',
  DIGEST = 'DIGEST',
  USAGE = 'USAGE',
  TEST = 'TEST',
}

/** A kind as it stands in rows and labels. */
export type DeliveryKindName = `${DeliveryKind}`;

export enum DeliveryState {
  PENDING = 'PENDING',
  /** Waits for a person's approval. */
  HELD = 'HELD',
  DELIVERED = 'DELIVERED',
  /** Not owed, with the reason: not mapped, no priority for that result… */
  SKIPPED = 'SKIPPED',
  /** The PSA says no to this one; a person mends and retries. */
  FAILED = 'FAILED',
}

/** What a DIGEST or TEST delivery writes. */
export interface TicketContent {
  body: string;
  /** TEST only: digests and events go to the company that the organization is mapped to at that time. */
  companyId?: string;
  /** DIGEST only: the worst result of the day, which decides the priority. */
  worst?: 'SUCCESS' | 'WARNING' | 'ERROR';
}

/** What a USAGE delivery writes. */
export interface QuantityContent {
  companyId: string;
  usageType: string;
  level: string;
  /** Absolute, exact decimal. */
  quantity: string;
  periodStart: string;
  periodEnd: string;
  invoiceDate: string;
  /** The place as the pipeline resolved it; missing where it could not be, and then resolved again on retry. */
  target?: { key: string; description: string; quantity: string | null; place: unknown };
  /** Zero for an old place: the level that nobody of the company is mapped at any more. Zero is owed while that is so. */
  formerLevel?: string;
  /** When the place was resolved, RFC 3339. */
  resolvedAt?: string;
}

/** One thing owed to the PSA, kept until it is there. */
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

  /** Made of facts, so that the same fact is never owed twice. */
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
  content!: (TicketContent | QuantityContent | Record<string, never>) & Opt;

  /** USAGE: the place in the PSA that this one writes to, once it is known. */
  @Property({ type: 'text', nullable: true })
  targetKey?: string | null;

  @Property({ type: 'integer', default: 0 })
  attempts!: number & Opt;

  /** An attempt began whose end we do not know: look the reference up before the next one. */
  @Property({ type: 'boolean', default: false })
  unsure!: boolean & Opt;

  /** The lease number of the worker that has it in hand; meaningless once that lease is lost. */
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

  /** USAGE: what stood in the PSA before, and what the PSA said stands there after. */
  @Property({ columnType: 'numeric', type: 'decimal', nullable: true })
  quantityBefore?: string | null;

  @Property({ columnType: 'numeric', type: 'decimal', nullable: true })
  quantityAfter?: string | null;

  /** The audit entry of whoever made it due by hand last: a test ticket, a retry, an approval. */
  @Property({ type: 'uuid', nullable: true })
  releasedBy?: string | null;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;

  @Property({ type: 'timestamptz', nullable: true })
  deliveredAt?: Date | null;
}
