import { Field, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    'A problem that the caller can fix; because of it the mutation changed nothing. Any other problem is a GraphQL error with `extensions.code`.',
})
export class UserError {
  @Field(() => [String], {
    nullable: true,
    description:
      'The path to the argument, from the outside to the inside, without the name of an `input` object: `["credentials", "privateKey"]`, `["mappings", "3", "companyId"]`. Null: it concerns no single field.',
  })
  field?: string[] | null;

  @Field(() => String, {
    description: 'Stable, for programs. Each mutation lists its codes.',
  })
  code!: string;

  @Field(() => String, { description: 'For people: what is wrong and what to do.' })
  message!: string;
}

export function userError(field: string[] | null, code: string, message: string): UserError {
  return { field, code, message };
}

/** For an id that does not exist, and for an id of another partner: the caller sees no difference. */
export function notFound(field: string, what: string): UserError {
  return userError([field], 'NOT_FOUND', `There is no ${what} with this id.`);
}

export const userErrorsDescription = 'What the caller has to fix; empty when the mutation succeeded.';
