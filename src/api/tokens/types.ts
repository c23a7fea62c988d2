import { Field, ID, ObjectType } from 'type-graphql';
import { UserError, userErrorsDescription } from '../user-error.js';

@ObjectType()
export class CreateApiTokenPayload {
  @Field(() => ID, { nullable: true, description: 'For `revokeApiToken`.' })
  id?: string | null;

  @Field(() => String, { nullable: true, description: 'The token. It is shown this once and kept nowhere.' })
  token?: string | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}

@ObjectType()
export class RevokeApiTokenPayload {
  @Field(() => ID, { nullable: true, description: 'The token that was ended.' })
  revokedId?: string | null;

  @Field(() => [UserError], { description: userErrorsDescription })
  userErrors!: UserError[];
}
