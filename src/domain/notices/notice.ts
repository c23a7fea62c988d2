import { type Opt, type Ref } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { rowsOfItsIntegrations } from '../access/partner-rows.js';
import { Integration } from '../integrations/integration.js';
import { SyncRun } from '../runs/sync-run.js';

export enum NoticeType {
  NEEDS_ATTENTION = 'integration.needs_attention',
  RECOVERED = 'integration.recovered',
  RUN_FAILED = 'run.failed',
  DELIVERY_HELD = 'delivery.held',
}

/** What receivers of webhooks get as JSON. Never holds a secret. */
export interface NoticePayload {
  type: NoticeType;
  /** When it happened, RFC 3339. */
  timestamp: string;
  data: {
    integrationId: string;
    partner: { id: string; externalId: string; name: string };
    /** The plugin's id. */
    psa: string;
    status: 'CONNECTED' | 'PAUSED' | 'NEEDS_ATTENTION';
    /** What to do, for a person. */
    reason: string | null;
    /** NEEDS_ATTENTION and RECOVERED: when it broke, RFC 3339. */
    since?: string;
    /** RUN_FAILED and DELIVERY_HELD. */
    run?: {
      id: string;
      pipeline: 'USAGE' | 'DIGEST';
      date: string;
      state: 'RUNNING' | 'PARTIAL' | 'FAILED';
      total: number;
      delivered: number;
      skipped: number;
      failed: number;
      held: number;
    };
  };
}

/** Something that people are to be told, written in the transaction in which it came true. */
@Entity({ tableName: 'notice', policies: [rowsOfItsIntegrations] })
@Unique({ properties: ['type', 'run'] })
@Index({ properties: ['integration', 'type', 'id'] })
@Index({
  name: 'notice_unaddressed',
  expression: 'create index "notice_unaddressed" on "notice" ("due_at") where "addressed_at" is null',
})
export class Notice {
  /** Also the webhook-id, the same on every attempt. */
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @Enum({ items: () => NoticeType })
  type!: NoticeType;

  @ManyToOne(() => Integration, { ref: true })
  integration!: Ref<Integration>;

  /** The run that it is about: one notice of a type for each run. */
  @ManyToOne(() => SyncRun, { ref: true, nullable: true })
  @Index()
  run?: Ref<SyncRun> | null;

  @Property({ type: 'jsonb' })
  payload!: NoticePayload;

  /** Not told before this; a recovery waits a little whether it lasts. */
  @Property({ type: 'timestamptz' })
  dueAt!: Date;

  /** When it was decided who is told. */
  @Property({ type: 'timestamptz', nullable: true })
  addressedAt?: Date | null;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;
}
