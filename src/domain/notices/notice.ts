import { type Opt, type Ref } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { rowsOfItsIntegrations } from '../access/partner-rows.js';
import { Integration } from '../integrations/integration.js';
import { SyncRun } from '../runs/sync-run.js';
import type { NoticePayload } from './notice-payload.js';
import { NoticeType } from './notice-type.js';

/** An event that people are notified of, written in the transaction in which it happens. */
@Entity({ tableName: 'notice', policies: [rowsOfItsIntegrations] })
@Unique({ properties: ['type', 'run'] })
@Index({ properties: ['integration', 'type', 'id'] })
@Index({
  name: 'notice_unaddressed',
  expression: 'create index "notice_unaddressed" on "notice" ("due_at") where "addressed_at" is null',
})
export class Notice {
  /** Also the webhook-id, the same for every attempt. */
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @Enum({ items: () => NoticeType })
  type!: NoticeType;

  @ManyToOne(() => Integration, { ref: true })
  integration!: Ref<Integration>;

  /** The affected run. A run has at most one notice of each type. */
  @ManyToOne(() => SyncRun, { ref: true, nullable: true })
  @Index()
  run?: Ref<SyncRun> | null;

  @Property({ type: 'jsonb' })
  payload!: NoticePayload;

  /** Not sent before this instant: the notice of a recovery waits until the recovery has lasted. */
  @Property({ type: 'timestamptz' })
  dueAt!: Date;

  /** When its receivers were decided. */
  @Property({ type: 'timestamptz', nullable: true })
  addressedAt?: Date | null;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;
}
