import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { countedConnectionType, pageArgs } from '../pages.js';
import { TimeZoneScalar } from '../scalars/scalars.js';

@ObjectType('Partner', { description: 'A managed service provider that sells the vendor’s service.' })
export class PartnerType {
  @Field(() => ID, { description: 'For every query and mutation about it.' })
  id!: string;

  @Field(() => String, { description: 'The backup platform’s own id of this partner.' })
  externalId!: string;

  @Field(() => String, { description: 'As the backup platform calls it.' })
  name!: string;

  @Field(() => TimeZoneScalar, { description: 'Decides when its days begin, for digests and invoice dates.' })
  timeZone!: string;

  @Field(() => Int, {
    description: 'The day of the month on which usage is billed, 1 to 31; in a shorter month its last day.',
  })
  invoiceDay!: number;
}

@ObjectType('Organization', { description: 'A partner’s customer in the vendor’s backup platform.' })
export class OrganizationType {
  @Field(() => ID, { description: 'For mappings and filters.' })
  id!: string;

  @Field(() => String, { description: 'The backup platform’s own id of this organization.' })
  externalId!: string;

  @Field(() => String, { description: 'As the backup platform calls it.' })
  name!: string;

  @Field(() => Boolean, { description: 'False: no longer a customer there. Its history stays.' })
  active!: boolean;
}

export const PartnerConnection = countedConnectionType(PartnerType, 'Partner');
export const OrganizationConnection = countedConnectionType(OrganizationType, 'Organization');

@ArgsType()
export class SearchArgs extends pageArgs(50) {
  @Field(() => String, {
    nullable: true,
    description: 'Only those whose name contains this, whatever the case.',
  })
  search?: string | null;
}
