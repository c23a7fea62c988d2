import { ArgsType, Field, ID, ObjectType } from 'type-graphql';
import { Role } from '../../domain/access/api-token.js';
import { connectionType, pageArgs } from '../pages.js';
import { DateTimeScalar } from '../scalars/scalars.js';
import { UserError, userErrorsDescription } from '../user-error.js';

@ObjectType('ApiToken', { description: 'An API token, without the token itself: only its hash is kept.' })
export class ApiTokenType {
  @Field(() => ID, { description: 'For `revokeApiToken`.' })
  id!: string;

  @Field(() => String, { description: 'Who uses it, and what for.' })
  name!: string;

  @Field(() => Role, { description: 'What it may do.' })
  role!: Role;

  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Null: it does not expire.' })
  expiresAt?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Accurate to the minute. Null: it was never used.',
  })
  lastUsedAt?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Null: it was not revoked.' })
  revokedAt?: Date | null;
}

export const ApiTokenConnection = connectionType(ApiTokenType, 'ApiToken');

@ArgsType()
export class ApiTokensArgs extends pageArgs(50) {
  @Field(() => ID, { nullable: true, description: 'Only tokens of this partner.' })
  partnerId?: string | null;
}

@ObjectType()
export class CreateApiTokenPayload {
  @Field(() => ID, { nullable: true, description: 'For `revokeApiToken`.' })
  id?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The token. It is shown only once; only its hash is stored.',
  })
  token?: string | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}

@ObjectType()
export class RevokeApiTokenPayload {
  @Field(() => ID, { nullable: true, description: 'The token that was revoked.' })
  revokedId?: string | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}
