import type { Opt } from '@mikro-orm/core';
import { Check, Entity, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { partnerRows } from '../access/partner-rows.js';

/** A managed service provider that sells the vendor's service. */
@Entity({ tableName: 'partner', policies: [partnerRows('id = asking_partner()')] })
@Index({ properties: ['name', 'id'] })
@Check({ name: 'partner_invoice_day', expression: 'invoice_day >= 1 and invoice_day <= 31' })
export class Partner {
  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuid_v7()' })
  id!: string & Opt;

  /** The backup platform's own id. */
  @Property({ type: 'text' })
  @Unique()
  externalId!: string;

  @Property({ type: 'text' })
  name!: string;

  /** IANA name. */
  @Property({ type: 'text' })
  timeZone!: string;

  /** 1 to 31; in a shorter month its last day. */
  @Property({ type: 'smallint' })
  invoiceDay!: number;

  @Property({ type: 'timestamptz', defaultRaw: 'now()' })
  createdAt!: Date & Opt;
}
