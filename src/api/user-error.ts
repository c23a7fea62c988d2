import { Field, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    'Something that the caller can mend, and by it the mutation did nothing. Anything else is a GraphQL error with `extensions.code`.',
})
export class UserError {
  @Field(() => [String], {
    nullable: true,
    description:
      'Where in the arguments it is, from the outside to the inside, without the name of an `input` object: `["credentials", "privateKey"]`, `["mappings", "3", "companyId"]`. Null: no single field.',
  })
  field?: string[] | null;

  @Field(() => String, {
    description: 'Stable, for programs. Each mutation says which codes it uses and when.',
  })
  code!: string;

  @Field(() => String, { description: 'For people: what is wrong and what to do.' })
  message!: string;
}

export function userError(field: string[] | null, code: string, message: string): UserError {
  return { field, code, message };
}

/** What a caller sees for an id that does not exist, and for one of another partner: there is no difference. */
export function notFound(field: string, what: string): UserError {
  return userError([field], 'NOT_FOUND', `There is no ${what} with this id.`);
}

export const userErrorsDescription = 'What the caller has to mend; empty when the mutation did what it says.';
