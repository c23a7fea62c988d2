import { type Opt, type Ref } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { partnerRows } from '../access/partner-rows.js';
import { Partner } from './partner.js';

/** A partner's customer in the vendor's platform. */
@Entity({ tableName: 'organization', policies: [partnerRows('partner_id = asking_partner()')] })
@Index({ properties: ['partner', 'id'] })
@Index({ properties: ['partner', 'name', 'id'] })
export class Organization {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => Partner, { ref: true })
  partner!: Ref<Partner>;

  /** The backup platform's own id; unique over all partners. */
  @Property({ type: 'text' })
  @Unique()
  externalId!: string;

  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'boolean', default: true })
  active!: boolean & Opt;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;
}
