import { type Opt, type Ref } from '@mikro-orm/core';
import { Check, Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { rowsOfItsIntegrations } from '../access/partner-rows.js';
import { Integration } from '../integrations/integration.js';

/** The closed usage of one billing period. Frozen: a correction is a new revision with its reason. */
@Entity({ tableName: 'usage_statement', policies: [rowsOfItsIntegrations] })
@Unique({ properties: ['integration', 'invoiceDate', 'revision'] })
@Check({
  name: 'usage_statement_period',
  expression: 'period_start <= period_end and period_end < invoice_date',
})
export class UsageStatement {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  @ManyToOne(() => Integration, { ref: true })
  integration!: Ref<Integration>;

  /** First day of the period, in the partner's calendar. */
  @Property({ type: 'date' })
  periodStart!: string;

  /** Last day of the period. */
  @Property({ type: 'date' })
  periodEnd!: string;

  @Property({ type: 'date' })
  invoiceDate!: string;

  @Property({ type: 'smallint' })
  revision!: number;

  /** Why a revision after the first was made. */
  @Property({ type: 'text', nullable: true })
  reason?: string | null;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;
}
