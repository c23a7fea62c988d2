import { ArgsType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { countedConnectionType } from '../pages.js';
import { OrganizationType, SearchArgs } from '../partners/types.js';
import { PsaCompany } from '../psa/types.js';
import { UserError, userErrorsDescription } from '../user-error.js';

@ObjectType('Mapping', {
  description:
    'An organization of the partner and its company in the PSA, if it is mapped. Every organization has one.',
})
export class MappingType {
  @Field(() => OrganizationType, { description: 'The partner’s customer in the backup platform.' })
  organization!: OrganizationType;

  @Field(() => PsaCompany, {
    nullable: true,
    description:
      'With the company’s name at the time of mapping. Null: not mapped, nothing is written for it.',
  })
  company?: PsaCompany | null;

  @Field(() => String, { description: 'The level that its usage is billed on: a `BillingLevel.level`.' })
  billingLevel!: string;
}

export const MappingConnection = countedConnectionType(MappingType, 'Mapping');

@ArgsType()
export class MappingsArgs extends SearchArgs {
  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only those with a company; false: only those without.',
  })
  mapped?: boolean | null;
}

@InputType()
export class MappingInput {
  @Field(() => ID, { description: 'One of the partner’s organizations.' })
  organizationId!: string;

  @Field(() => ID, { nullable: true, description: 'One of `companies`. Null: unmap the organization.' })
  companyId?: string | null;

  @Field(() => String, {
    nullable: true,
    defaultValue: 'Default',
    description: 'The `level` of an active BillingLevel; any text while billing is off.',
  })
  billingLevel?: string | null;
}

@ObjectType()
export class SetMappingsPayload {
  @Field(() => [MappingType], {
    description: 'The mappings as they are now, in the order of the call; empty where there are userErrors.',
  })
  mappings!: object[];

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}
