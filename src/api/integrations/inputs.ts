import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class CredentialInput {
  @Field(() => String, { description: 'The `key` of a CredentialField of the plugin.' })
  key!: string;

  @Field(() => String, { description: 'As it was typed.' })
  value!: string;
}

@InputType()
export class ConnectIntegrationInput {
  @Field(() => ID, { description: 'Whose PSA it is.' })
  partnerId!: string;

  @Field(() => String, { description: 'The `id` of a PsaPlugin.' })
  psa!: string;

  @Field(() => [CredentialInput], { description: 'What was typed into the plugin’s form.' })
  credentials!: CredentialInput[];
}
