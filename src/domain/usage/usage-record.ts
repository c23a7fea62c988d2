import { type Opt, type Ref } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { rowsOfItsOrganizations } from '../access/partner-rows.js';
import { Organization } from '../partners/organization.js';

/** One measurement of one usage type, as the backup platform reported it. */
@Entity({ tableName: 'usage_record', policies: [rowsOfItsOrganizations] })
@Unique({ properties: ['organization', 'usageType', 'measuredAt'] })
export class UsageRecord {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => Organization, { ref: true })
  organization!: Ref<Organization>;

  @Property({ type: 'text' })
  usageType!: string;

  /** Exact decimal. */
  @Property({ columnType: 'numeric', type: 'decimal' })
  quantity!: string;

  @Property({ type: 'timestamptz' })
  measuredAt!: Date;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  receivedAt!: Date & Opt;
}
