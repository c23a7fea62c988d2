import { type Opt, PrimaryKeyProp, type Ref } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, Property } from '@mikro-orm/decorators/legacy';
import { rowsOfItsIntegrations } from '../access/partner-rows.js';
import { Integration } from '../integrations/integration.js';
import { Organization } from '../partners/organization.js';

/** The PSA company of an organization, and the level that its usage is billed on. No row: not mapped. */
@Entity({ tableName: 'mapping', policies: [rowsOfItsIntegrations] })
export class Mapping {
  [PrimaryKeyProp]?: ['integration', 'organization'];

  @ManyToOne(() => Integration, { ref: true, primary: true, deleteRule: 'cascade' })
  integration!: Ref<Integration>;

  @ManyToOne(() => Organization, { ref: true, primary: true, deleteRule: 'restrict' })
  @Index()
  organization!: Ref<Organization>;

  @Property({ type: 'text' })
  companyId!: string;

  @Property({ type: 'text' })
  companyIdentifier!: string;

  @Property({ type: 'text' })
  companyName!: string;

  @Property({ type: 'text' })
  billingLevel!: string;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  updatedAt!: Date & Opt;
}
