import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { PsaCapability as PluginCapability } from '../../psa/capabilities.js';
import { psaCapabilities, reservedCapabilities } from '../../psa/capabilities.js';
import { connectionType } from '../pages.js';

/** Of a plugin, and those that the contract reserves, by name. */
const PsaCapability = Object.fromEntries(
  [...psaCapabilities, ...reservedCapabilities].map(capability => [capability, capability]),
) as { [Capability in (typeof psaCapabilities | typeof reservedCapabilities)[number]]: Capability };
registerEnumType(PsaCapability, {
  name: 'PsaCapability',
  description: 'What can be done in a kind of PSA. Hide what a plugin does not have.',
  valuesConfig: {
    TICKETS: { description: 'Create service tickets for events and digests.' },
    TICKET_NOTES: { description: 'Reserved: add notes to its tickets.' },
    TICKET_CLOSE: { description: 'Reserved: close its tickets.' },
    AGREEMENT_ADDITIONS: { description: 'Set billed quantities on agreements.' },
    BILLING_LEVELS: {
      description: 'The PSA itself lists the billing levels and the product that each is billed on.',
    },
    BACKUP_STATISTICS: { description: 'Reserved: show backup figures at the devices in the PSA.' },
    DOCUMENTS: { description: 'Reserved: attach documents.' },
    PROVISIONING: { description: 'Reserved: read from the PSA which customers to provision.' },
  },
});

@ObjectType({
  description: 'One entry of the form that connects a PSA. Draw the form from these, in this order.',
})
export class CredentialField {
  @Field(() => String, { description: 'The `key` of its CredentialInput.' })
  key!: string;

  @Field(() => String, { description: 'What to write beside the input.' })
  label!: string;

  @Field(() => String, { nullable: true, description: 'Where to find it in the PSA.' })
  help?: string | null;

  @Field(() => String, { nullable: true, description: 'An example to show in the empty input.' })
  placeholder?: string | null;

  @Field(() => Boolean, { description: 'Whether the form can be sent without it.' })
  required!: boolean;

  @Field(() => Boolean, { description: 'Draw it as a password; its value is never sent back.' })
  secret!: boolean;
}

@ObjectType('PsaPlugin', { description: 'A kind of PSA that can be connected.' })
export class PsaPluginType {
  @Field(() => String, { description: 'Stable, lower case. The `psa` of a ConnectIntegrationInput.' })
  id!: string;

  @Field(() => String, { description: 'The name that its users know.' })
  name!: string;

  @Field(() => [CredentialField], { description: 'The form that connects it.' })
  credentialFields!: CredentialField[];

  @Field(() => [PsaCapability], { description: 'What can be done with it.' })
  capabilities!: PluginCapability[];
}

@ObjectType({ description: 'A record of the PSA. The id is the PSA’s own, as text.' })
export class PsaReference {
  @Field(() => ID, { description: 'As the options take it.' })
  id!: string;

  @Field(() => String, { description: 'As the PSA calls it.' })
  name!: string;
}

@ObjectType({ description: 'A type of service ticket on one board.' })
export class ServiceType {
  @Field(() => ID, { description: 'The `serviceTypeId` of the options.' })
  id!: string;

  @Field(() => String, { description: 'As the PSA calls it.' })
  name!: string;

  @Field(() => [PsaReference], { description: 'The subtypes that may go with this type; often none.' })
  subtypes!: PsaReference[];
}

@ObjectType('ServiceBoard', { description: 'An active board that takes service tickets.' })
export class ServiceBoardType {
  @Field(() => ID, { description: 'The `serviceBoardId` of the options.' })
  id!: string;

  @Field(() => String, { description: 'As the PSA calls it.' })
  name!: string;
}

@ObjectType({ description: 'A customer as the PSA knows it.' })
export class PsaCompany {
  @Field(() => ID, { description: 'For mappings and test tickets.' })
  id!: string;

  @Field(() => String, { description: 'The PSA’s short unique name.' })
  identifier!: string;

  @Field(() => String, { description: 'As the PSA calls it.' })
  name!: string;
}

export const PsaCompanyConnection = connectionType(PsaCompany, 'PsaCompany');

@ObjectType({
  description:
    'A row of the PSA’s cross-reference: which product, on which type of agreement, a level of a usage type is billed on.',
})
export class BillingLevel {
  @Field(() => String, { description: 'The name that a mapping’s `billingLevel` refers to.' })
  level!: string;

  @Field(() => String, { description: 'What is measured: the `usageType` of a UsageInput.' })
  usageType!: string;

  @Field(() => PsaReference, { nullable: true, description: 'Null: the row is not complete in the PSA.' })
  agreementType?: PsaReference | null;

  @Field(() => PsaReference, { nullable: true, description: 'Null: the row is not complete in the PSA.' })
  product?: PsaReference | null;

  @Field(() => Boolean, { description: 'Whether usage on it is billed. Only active levels can be mapped.' })
  active!: boolean;
}
