import { type Opt, PrimaryKeyProp, type Ref } from '@mikro-orm/core';
import { Check, Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Notice } from './notice.js';

export enum NoticeChannel {
  WEBHOOK = 'webhook',
  EMAIL = 'email',
}

export enum NoticeDeliveryState {
  PENDING = 'PENDING',
  DELIVERED = 'DELIVERED',
  /** Given up. */
  FAILED = 'FAILED',
  /** The receiver answered 410 Gone: nothing more is sent to it. */
  GONE = 'GONE',
}

/** One notice for one receiver. */
@Entity({ tableName: 'notice_delivery', rowLevelSecurity: true })
@Index({
  name: 'notice_delivery_due',
  expression:
    'create index "notice_delivery_due" on "notice_delivery" ("next_attempt_at") where "state" = \'PENDING\'',
})
@Index({
  name: 'notice_delivery_gone',
  expression:
    'create index "notice_delivery_gone" on "notice_delivery" ("channel", "target") where "state" = \'GONE\'',
})
@Check({
  name: 'notice_delivery_next_attempt',
  expression: "(state = 'PENDING') = (next_attempt_at is not null)",
})
@Check({
  name: 'notice_delivery_delivered',
  expression: "(state = 'DELIVERED') = (delivered_at is not null)",
})
export class NoticeDelivery {
  [PrimaryKeyProp]?: ['notice', 'channel', 'target'];

  @ManyToOne(() => Notice, { ref: true, primary: true, deleteRule: 'cascade' })
  notice!: Ref<Notice>;

  @Enum({ items: () => NoticeChannel, primary: true })
  channel!: NoticeChannel;

  /** The address: a URL, or where an e-mail goes. */
  @PrimaryKey({ type: 'text' })
  target!: string;

  @Enum({ items: () => NoticeDeliveryState })
  state: NoticeDeliveryState & Opt = NoticeDeliveryState.PENDING;

  @Property({ type: 'integer', default: 0 })
  attempts!: number & Opt;

  /** While an attempt is made: when another worker may consider it lost. */
  @Property({ type: 'timestamptz', nullable: true })
  nextAttemptAt?: Date | null;

  @Property({ type: 'text', nullable: true })
  lastError?: string | null;

  @Property({ type: 'timestamptz', nullable: true })
  deliveredAt?: Date | null;
}
