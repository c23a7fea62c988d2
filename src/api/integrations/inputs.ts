import { Field, ID, InputType } from 'type-graphql';

@InputType()
export class CredentialInput {
  @Field(() => String, { description: 'The `key` of a CredentialField of the plugin.' })
  key!: string;

  @Field(() => String, { description: 'As the person entered it.' })
  value!: string;
}

@InputType()
export class ConnectIntegrationInput {
  @Field(() => ID, { description: 'The partner whose PSA it is.' })
  partnerId!: string;

  @Field(() => String, { description: 'The `id` of a PsaPlugin.' })
  psa!: string;

  @Field(() => [CredentialInput], { description: 'What the person entered in the plugin’s form.' })
  credentials!: CredentialInput[];
}
