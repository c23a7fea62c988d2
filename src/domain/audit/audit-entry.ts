import type { Opt } from '@mikro-orm/core';
import { Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { partnerRows } from '../access/partner-rows.js';

export enum ActorKind {
  /** An API token. */
  TOKEN = 'TOKEN',
  /** A person whom the vendor's identity provider authenticated. */
  IDENTITY = 'IDENTITY',
}

/**
 * An action of a person or a script, as it was then: written by the database in the transaction of the action, never
 * changed, never deleted. It contains no secrets. Ids are stored without references, so that an entry outlives what it
 * names.
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

  /** One of `auditActions`, or one that a newer version added. */
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

  /** The affected partner; null: none in particular. */
  @Property({ type: 'uuid', nullable: true })
  partnerId?: string | null;

  @Property({ type: 'uuid', nullable: true })
  integrationId?: string | null;

  /** The id of the affected token, organization or run. */
  @Property({ type: 'text', nullable: true })
  subjectId?: string | null;

  /** Values by column: only changed ones of an integration, all shown ones of the other tables. */
  @Property({ type: 'jsonb', nullable: true })
  before?: Record<string, unknown> | null;

  @Property({ type: 'jsonb', nullable: true })
  after?: Record<string, unknown> | null;
}
