import type { Opt } from '@mikro-orm/core';
import { Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { partnerRows } from '../access/partner-rows.js';

export enum ActorKind {
  /** An API token. */
  TOKEN = 'TOKEN',
  /** Somebody whom the vendor's identity provider vouches for. */
  IDENTITY = 'IDENTITY',
}

/**
 * Something that somebody did, as it was then: written by the database in the transaction of the deed, never changed
 * and never deleted. Secrets are not in it. Ids are kept without references, so that an entry outlives what it names.
 */
@Entity({ tableName: 'audit_entry', policies: [partnerRows('partner_id = asking_partner()')] })
@Index({ properties: ['partnerId', 'id'] })
@Index({ properties: ['integrationId', 'id'] })
@Index({ properties: ['actorId', 'action', 'at'] })
export class AuditEntry {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @Property({ type: 'timestamptz', defaultRaw: 'clock_timestamp()' })
  at!: Date & Opt;

  /** What was done, such as `integration.options_changed`. */
  @Property({ type: 'text' })
  action!: string;

  @Enum({ items: () => ActorKind })
  actorKind!: ActorKind;

  /** The token's id, or the identity provider's subject. */
  @Property({ type: 'text' })
  actorId!: string;

  @Property({ type: 'text' })
  actorName!: string;

  @Property({ type: 'text' })
  actorRole!: string;

  /** The address that the request came from. */
  @Property({ type: 'text', nullable: true })
  address?: string | null;

  @Property({ type: 'text', nullable: true })
  requestId?: string | null;

  /** Whose things it is about; null: nobody's in particular. */
  @Property({ type: 'uuid', nullable: true })
  partnerId?: string | null;

  @Property({ type: 'uuid', nullable: true })
  integrationId?: string | null;

  /** What exactly: a token's, an organization's, a run's id. */
  @Property({ type: 'text', nullable: true })
  subjectId?: string | null;

  /** Only what changed, by column. */
  @Property({ type: 'jsonb', nullable: true })
  before?: Record<string, unknown> | null;

  @Property({ type: 'jsonb', nullable: true })
  after?: Record<string, unknown> | null;
}
