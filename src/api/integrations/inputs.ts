import { Field, ID, InputType } from 'type-graphql';
import { CatchUp } from '../../domain/integrations/integration.js';
import { LocalTimeScalar } from '../scalars/scalars.js';

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

@InputType({
  description: 'Ids of the PSA’s ticket priorities. A field left out stays as it is; null: no ticket.',
})
export class AlertPrioritiesInput {
  @Field(() => ID, { nullable: true, description: 'One of `ticketPriorities`.' })
  successId?: string | null;

  @Field(() => ID, { nullable: true, description: 'One of `ticketPriorities`.' })
  warningId?: string | null;

  @Field(() => ID, { nullable: true, description: 'One of `ticketPriorities`.' })
  errorId?: string | null;
}

@InputType({ description: 'A field left out stays as it is; null clears a choice.' })
export class IntegrationOptionsInput {
  @Field(() => ID, {
    nullable: true,
    description: 'One of `serviceBoards`. Another board clears type and subtype unless they are given too.',
  })
  serviceBoardId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'One of the board’s types. Another type clears the subtype unless it is given too.',
  })
  serviceTypeId?: string | null;

  @Field(() => ID, { nullable: true, description: 'One of the type’s subtypes.' })
  serviceSubtypeId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Switching it on tries the rights that billing needs.',
  })
  billingEnabled?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the quantities of additions on agreements are changed.',
  })
  updateAgreementAdditions?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether an addition that is missing on the agreement is created.',
  })
  createMissingAdditions?: boolean | null;

  @Field(() => AlertPrioritiesInput, { nullable: true, description: 'Setting one needs a service board.' })
  alertPriorities?: AlertPrioritiesInput | null;

  @Field(() => Boolean, { nullable: true, description: 'Switching it on needs a service board.' })
  dailyDigestEnabled?: boolean | null;

  @Field(() => LocalTimeScalar, { nullable: true, description: '`HH:MM` in the partner’s time zone.' })
  dailyDigestTime?: string | null;

  @Field(() => CatchUp, {
    nullable: true,
    description: 'What becomes of job results that waited over an hour for a PSA that could not be reached.',
  })
  catchUp?: CatchUp | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The partner’s own e-mail address, told when the integration breaks and when it is well again.',
  })
  notificationEmail?: string | null;
}
