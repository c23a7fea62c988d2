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
import { Partner } from '../partners/partner.js';
import { partnerRows } from './partner-rows.js';

export enum Role {
  /** The vendor's staff: every partner. */
  OPERATOR = 'OPERATOR',
  /** One partner's own integrations, organizations and history. */
  PARTNER = 'PARTNER',
  /** The vendor's backup platform: writes facts, reads nothing. */
  SOURCE = 'SOURCE',
}

/** An API token. Only its hash is kept. */
@Entity({ tableName: 'api_token', policies: [partnerRows('partner_id = asking_partner()')] })
@Check({ name: 'api_token_partner', expression: "(role = 'PARTNER') = (partner_id is not null)" })
export class ApiToken {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @Property({ type: 'text' })
  name!: string;

  @Enum({ items: () => Role })
  role!: Role;

  @ManyToOne(() => Partner, { ref: true, nullable: true, deleteRule: 'cascade' })
  @Index()
  partner?: Ref<Partner> | null;

  /** SHA-256 of the token, hex. The token is 256 random bits, so a slow hash would add nothing. */
  @Property({ type: 'text' })
  @Unique()
  hash!: string;

  @Property({ type: 'timestamptz', nullable: true })
  expiresAt?: Date | null;

  @Property({ type: 'timestamptz', nullable: true })
  revokedAt?: Date | null;

  @Property({ type: 'timestamptz', nullable: true })
  lastUsedAt?: Date | null;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;
}
