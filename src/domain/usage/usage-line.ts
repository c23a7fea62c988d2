import { type Opt, type Ref } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { partnerRows } from '../access/partner-rows.js';
import { Delivery } from '../deliveries/delivery.js';
import { Organization } from '../partners/organization.js';
import { UsageStatement } from './usage-statement.js';

/** How a line's quantity was made of measurements, so that a person can check it. */
export interface UsageEvidence {
  rule: 'last' | 'maximum' | 'average' | 'sum';
  measurements: number;
  firstMeasuredAt: string;
  lastMeasuredAt: string;
}

/** Which rule makes a period's quantity of its measurements, by usage type; "last" where a type is not named. */
export type UsageRules = Readonly<Record<string, UsageEvidence['rule']>>;

/** One organization's quantity of one usage type in a statement. */
@Entity({
  tableName: 'usage_line',
  policies: [partnerRows('exists (select 1 from usage_statement where usage_statement.id = statement_id)')],
})
@Unique({ properties: ['statement', 'organization', 'usageType'] })
export class UsageLine {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => UsageStatement, { ref: true })
  statement!: Ref<UsageStatement>;

  @ManyToOne(() => Organization, { ref: true })
  @Index()
  organization!: Ref<Organization>;

  @Property({ type: 'text' })
  usageType!: string;

  /** Exact decimal. */
  @Property({ columnType: 'numeric', type: 'decimal' })
  quantity!: string;

  @Property({ type: 'jsonb' })
  evidence!: UsageEvidence;

  /** As the mapping stood when the period closed; null for an organization that was not mapped. */
  @Property({ type: 'text', nullable: true })
  billingLevel?: string | null;

  @Property({ type: 'text', nullable: true })
  companyId?: string | null;

  /** The delivery that carries this line to the PSA, alone or summed with others of the same company. */
  @ManyToOne(() => Delivery, { ref: true, nullable: true, deleteRule: 'restrict' })
  @Index()
  delivery?: Ref<Delivery> | null;
}
