import { ArgsType, Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ActorKind } from '../../domain/audit/audit-entry.js';
import { connectionType, pageArgs } from '../pages.js';
import { DateTimeScalar } from '../scalars/scalars.js';

registerEnumType(ActorKind, {
  name: 'ActorKind',
  description: 'How somebody signed in.',
  valuesConfig: {
    TOKEN: { description: 'By an API token; `id` is the token’s.' },
    IDENTITY: { description: 'By the vendor’s identity provider; `id` is its subject.' },
  },
});

@ObjectType('Actor', { description: 'Who did something.' })
export class ActorType {
  @Field(() => ActorKind, { description: 'How they signed in.' })
  kind!: ActorKind;

  @Field(() => ID, { description: 'The same for all that one token or person does.' })
  id!: string;

  @Field(() => String, { description: 'The token’s or the person’s name, as it was then.' })
  name!: string;

  @Field(() => String, { description: 'The role they had.' })
  role!: string;
}

@ObjectType('AuditChange', { description: 'One value that was changed.' })
export class AuditChangeType {
  @Field(() => String, { description: 'What was changed, such as `billing_level`.' })
  field!: string;

  @Field(() => String, { nullable: true, description: 'As JSON; null: it was not there.' })
  before?: string | null;

  @Field(() => String, { nullable: true, description: 'As JSON; null: it is gone.' })
  after?: string | null;
}

@ObjectType('AuditEntry', {
  description:
    'Something that somebody did: a change of settings, mappings or tokens, a run, an approval, a sign-in. Never changed, never deleted.',
})
export class AuditEntryType {
  @Field(() => ID, { description: 'Grows with time.' })
  id!: string;

  @Field(() => DateTimeScalar, { description: 'When it was done.' })
  at!: Date;

  @Field(() => String, {
    description:
      'What was done: `integration.connected`, `integration.credentials_changed`, `integration.options_changed`, `integration.paused`, `integration.resumed`, `integration.disconnected`, `mapping.changed`, `partner.changed`, `token.created`, `token.revoked`, `run.started`, `deliveries.retried`, `test_ticket.sent`, `signed_in`, `sign_in.refused`.',
  })
  action!: string;

  @Field(() => ID, { nullable: true, description: 'Whose things it is about.' })
  partnerId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Which integration it is about.' })
  integrationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The organization, token or run that it is about.' })
  subjectId?: string | null;

  @Field(() => String, { nullable: true, description: 'The `x-request-id` of the request, also in the log.' })
  requestId?: string | null;
}

export const AuditEntryConnection = connectionType(AuditEntryType, 'AuditEntry');

@ArgsType()
export class AuditLogArgs extends pageArgs(50) {
  @Field(() => ID, { nullable: true, description: 'Only what is about this partner.' })
  partnerId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only what is about this integration.' })
  integrationId?: string | null;

  @Field(() => String, { nullable: true, description: 'Only this action.' })
  action?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only what this actor did.' })
  actorId?: string | null;
}

@ArgsType()
export class AuditDeliveriesArgs extends pageArgs(50) {}
