import { ArgsType, Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { auditActions } from '../../domain/audit/actions.js';
import { ActorKind } from '../../domain/audit/audit-entry.js';
import { connectionType, pageArgs } from '../pages.js';
import { DateTimeScalar } from '../scalars/scalars.js';

registerEnumType(ActorKind, {
  name: 'ActorKind',
  description: 'How an actor signed in.',
  valuesConfig: {
    TOKEN: { description: 'By an API token; `id` is the token’s.' },
    IDENTITY: { description: 'By the vendor’s identity provider; `id` is its subject.' },
  },
});

@ObjectType('Actor', { description: 'The person or script that did something.' })
export class ActorType {
  @Field(() => ActorKind, { description: 'How they signed in.' })
  kind!: ActorKind;

  @Field(() => ID, { description: 'The same for everything that one token or person does.' })
  id!: string;

  @Field(() => String, { description: 'The token’s or the person’s name, as it was then.' })
  name!: string;

  @Field(() => String, { description: 'The role that the actor had.' })
  role!: string;
}

@ObjectType('AuditChange', { description: 'One value that was changed.' })
export class AuditChangeType {
  @Field(() => String, { description: 'What was changed, such as `billing_level`.' })
  field!: string;

  @Field(() => String, { nullable: true, description: 'As JSON; null: there was no value.' })
  before?: string | null;

  @Field(() => String, { nullable: true, description: 'As JSON; null: there is no value any more.' })
  after?: string | null;
}

@ObjectType('AuditEntry', {
  description:
    'An action of a person or a script: a change of settings, mappings or tokens, a run, an approval, a sign-in. Never changed, never deleted.',
})
export class AuditEntryType {
  @Field(() => ID, { description: 'Grows with time.' })
  id!: string;

  @Field(() => DateTimeScalar, { description: 'When it was done.' })
  at!: Date;

  @Field(() => String, {
    description: `What was done: ${Object.keys(auditActions)
      .map(action => `\`${action}\``)
      .join(', ')}.`,
  })
  action!: string;

  @Field(() => ID, { nullable: true, description: 'The affected partner.' })
  partnerId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The affected integration.' })
  integrationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The affected organization, token or run.' })
  subjectId?: string | null;

  @Field(() => String, { nullable: true, description: 'The `x-request-id` of the request, also in the log.' })
  requestId?: string | null;
}

export const AuditEntryConnection = connectionType(AuditEntryType, 'AuditEntry');

@ArgsType()
export class AuditLogArgs extends pageArgs(50) {
  @Field(() => ID, { nullable: true, description: 'Only entries that affect this partner.' })
  partnerId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only entries that affect this integration.' })
  integrationId?: string | null;

  @Field(() => String, { nullable: true, description: 'Only entries with this action.' })
  action?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only entries of this actor.' })
  actorId?: string | null;
}

@ArgsType()
export class AuditDeliveriesArgs extends pageArgs(50) {}
