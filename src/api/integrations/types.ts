import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import {
  type Integration,
  IntegrationStatus,
  type StoredAccessReport,
} from '../../domain/integrations/integration.js';
import { DateTimeScalar } from '../scalars/scalars.js';
import { UserError, userErrorsDescription } from '../user-error.js';

registerEnumType(IntegrationStatus, {
  name: 'IntegrationStatus',
  description: 'Whether an integration works.',
  valuesConfig: {
    CONNECTED: { description: 'It works.' },
    PAUSED: { description: 'A person paused it; deliveries wait until `resumeIntegration`.' },
    NEEDS_ATTENTION: {
      description:
        'The PSA refuses the login or a right is missing; `statusReason` says what to do. Deliveries wait, nothing is lost. Resolved by `connectIntegration`, `resumeIntegration`, or automatically once it is fixed in the PSA.',
    },
  },
});

export enum CheckState {
  PASSED = 'PASSED',
  FAILED = 'FAILED',
  SKIPPED = 'SKIPPED',
}
registerEnumType(CheckState, {
  name: 'CheckState',
  description: 'The result of a check.',
  valuesConfig: {
    PASSED: { description: 'It works.' },
    FAILED: { description: 'It does not work; `message` and `hint` say why and what to do.' },
    SKIPPED: { description: 'Not checked, because a check that it depends on failed.' },
  },
});

@ObjectType({ description: 'The check of one right or setting in the PSA.' })
export class AccessCheck {
  @Field(() => String, { description: 'Stable: `"login"`, `"boards"`, `"tickets"`…' })
  id!: string;

  @Field(() => String, { description: 'For people: what was checked.' })
  title!: string;

  @Field(() => Boolean, { description: 'Whether the integration cannot work without it.' })
  required!: boolean;

  @Field(() => CheckState, { description: 'The result.' })
  state!: StoredAccessReport['checks'][number]['state'];

  @Field(() => String, { nullable: true, description: 'What the PSA answered, in plain words.' })
  message?: string | null;

  @Field(() => String, { nullable: true, description: 'How to fix it in the PSA.' })
  hint?: string | null;
}

@ObjectType({ description: 'What a login may do in the PSA, checked without changing anything there.' })
export class AccessReport {
  @Field(() => Boolean, { description: 'Whether every required check passed.' })
  ok!: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was checked.' })
  checkedAt!: string;

  @Field(() => [AccessCheck], { description: 'In the order in which they ran.' })
  checks!: AccessCheck[];
}

@ObjectType({ description: 'One stored field of the form that connected the PSA.' })
export class CredentialValue {
  @Field(() => String, { description: 'The `key` of its CredentialField.' })
  key!: string;

  @Field(() => String, { nullable: true, description: 'Always null for a secret.' })
  value?: string | null;
}

@ObjectType('Integration', { description: 'One partner connected to one account of a PSA.' })
export class IntegrationType {
  @Field(() => ID, { description: 'For every query and mutation about it.' })
  id!: string;

  @Field(() => IntegrationStatus, { description: 'Whether it works.' })
  status!: IntegrationStatus;

  @Field(() => String, {
    nullable: true,
    description: 'What to do about the status, for a person. Null while it works.',
  })
  statusReason?: string | null;

  @Field(() => AccessReport, { nullable: true, description: 'The last check of its rights.' })
  lastCheck?: StoredAccessReport | null;
}

@ObjectType()
export class TestConnectionPayload {
  @Field(() => AccessReport, {
    nullable: true,
    description: 'Every check that was made, passed or not. Null: the credentials were not checked.',
  })
  report?: StoredAccessReport | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}

@ObjectType()
export class ConnectIntegrationPayload {
  @Field(() => IntegrationType, { nullable: true, description: 'Null where nothing was stored.' })
  integration?: Integration | null;

  @Field(() => AccessReport, {
    nullable: true,
    description: 'Every check that was made, passed or not. Null: the credentials were not checked.',
  })
  report?: StoredAccessReport | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}

@ObjectType()
export class IntegrationPayload {
  @Field(() => IntegrationType, { nullable: true, description: 'Null where there are userErrors.' })
  integration?: Integration | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}

@ObjectType()
export class DisconnectIntegrationPayload {
  @Field(() => ID, { nullable: true, description: 'The integration that was disconnected.' })
  disconnectedId?: string | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}
