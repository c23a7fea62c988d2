import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/**
 * A query for each way that leads from the schema's root to an object, with all of the object's fields. `ids`
 * are those of the root's fields that ask for one.
 */
export function everyQuery(ids: Readonly<Record<string, string>>): string[] {
  const root = buildSchema(readFileSync('schema/schema.graphql', 'utf8')).getQueryType()!;
  return walk(root, [], [], ids);
}

function walk(
  type: GraphQLObjectType,
  calls: readonly string[],
  seen: readonly GraphQLObjectType[],
  ids: Readonly<Record<string, string>>,
): string[] {
  const fields = Object.values(type.getFields());
  const leaves = fields.filter(field => isLeafType(getNamedType(field.type)));
  const queries =
    leaves.length === 0
      ? []
      : [
          `{ ${[...calls, leaves.map(field => call(field, ids)).join(' ')].join(' { ')}${' }'.repeat(calls.length + 1)}`,
        ];
  for (const field of fields) {
    const next = getNamedType(field.type);
    if (!isObjectType(next)) {
      if (!isLeafType(next)) throw new Error(`${type.name}.${field.name}: not known how to ask for it`);
      continue;
    }
    if (!seen.includes(next)) queries.push(...walk(next, [...calls, call(field, ids)], [...seen, next], ids));
  }
  return queries;
}

function call(field: GraphQLField<unknown, unknown>, ids: Readonly<Record<string, string>>): string {
  const given = field.args.flatMap(arg => {
    if (arg.name === 'first') return ['first: 5'];
    if (!isRequiredArgument(arg)) return [];
    const named = getNamedType(arg.type);
    if (isEnumType(named)) return [`${arg.name}: ${named.getValues()[0]!.name}`];
    if (named.name === 'ID') return [`${arg.name}: "${ids[field.name] ?? '1'}"`];
    if (named.name === 'String') return [`${arg.name}: "PM"`];
    throw new Error(`${field.name}(${arg.name}): not known what to ask for`);
  });
  return given.length > 0 ? `${field.name}(${given.join(', ')})` : field.name;
}
