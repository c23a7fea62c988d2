import { readFileSync } from 'node:fs';
import {
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../../src/api/schema.js';
import { schemaText } from '../../../src/commands/emit-schema.js';

const schema = buildApiSchema();
const ownTypes = Object.values(schema.getTypeMap()).filter(type => !type.name.startsWith('__'));
const rootTypes = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];

describe('the schema', () => {
  it('matches its file in schema/ (npm run codegen updates it)', () => {
    expect(readFileSync('schema/schema.graphql', 'utf8')).toBe(schemaText(schema));
  });

  it('names the allowed roles on every root field', () => {
    const { queries, mutations, subscriptions, authorizedFields } = getMetadataStorage();
    const roots = [...queries, ...mutations, ...subscriptions];
    expect(roots.map(root => root.schemaName).sort()).toEqual(
      rootTypes.flatMap(type => Object.keys(type.getFields())).sort(),
    );
    const withoutRoles = roots.filter(
      root =>
        !authorizedFields.some(
          field =>
            field.target === root.target && field.fieldName === root.methodName && field.roles.length > 0,
        ),
    );
    expect(withoutRoles.map(root => root.schemaName)).toEqual([]);
  });

  it('allows the backup platform only to report and to query who it is', () => {
    const { queries, mutations, subscriptions, authorizedFields } = getMetadataStorage();
    const open = [...queries, ...mutations, ...subscriptions].filter(root =>
      authorizedFields.some(
        field =>
          field.target === root.target &&
          field.fieldName === root.methodName &&
          (field.roles as string[]).includes('SOURCE'),
      ),
    );
    expect(open.map(root => root.schemaName).sort()).toEqual([
      'reportBackupJobs',
      'reportUsage',
      'upsertOrganizations',
      'upsertPartners',
      'viewer',
    ]);
  });

  it('describes every query, mutation and subscription', () => {
    const fields = rootTypes.flatMap(type => Object.values(type.getFields()));
    expect(fields.filter(field => !field.description).map(field => field.name)).toEqual([]);
  });

  it('describes every type that is not a payload or an input of one mutation', () => {
    const named = (type: GraphQLNamedType) => isObjectType(type) || isEnumType(type);
    const undescribed = ownTypes.filter(
      type => named(type) && !type.description && !/Payload$|^(Query|Mutation|Subscription)$/.test(type.name),
    );
    expect(undescribed.map(type => type.name)).toEqual([]);
  });

  it('lists the error codes of every mutation with userErrors', () => {
    const silent = Object.values(schema.getMutationType()!.getFields()).filter(
      (field: GraphQLField<unknown, unknown>) =>
        isObjectType((field.type as { ofType?: unknown }).ofType) &&
        'userErrors' in (field.type as unknown as { ofType: { getFields(): object } }).ofType.getFields() &&
        !/userErrors: `[A-Z]/.test(field.description ?? ''),
    );
    expect(silent.map(field => field.name)).toEqual([]);
  });

  it.each(['portal', 'reporting', 'cli'])('fits the %s operations', name => {
    const operations = parse(readFileSync(`schema/${name}.operations.graphql`, 'utf8'));
    expect(validate(schema, operations)).toEqual([]);
  });

  it('has no Float in its inputs, whose values are checked row by row', () => {
    const inputs = ownTypes.filter(isInputObjectType);
    const floats = inputs.flatMap(input =>
      Object.values(input.getFields()).filter(field => /Float/.test(String(field.type))),
    );
    expect(floats).toEqual([]);
  });
});
