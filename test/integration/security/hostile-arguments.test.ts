import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../../src/api/schema.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { askRaw, expectSound } from '../../support/sound-answers.js';
import { addMarkedPartner, type MarkedPartner } from '../../support/two-partners.js';

const schema = buildApiSchema();
let database: TestDatabase;
let api: TestApi;
let partner: MarkedPartner;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database, { environment: { API_REQUESTS_PER_MINUTE: '0' } });
  partner = await addMarkedPartner(database, api, 'msp');
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

type Argument = GraphQLArgument | GraphQLInputField;

/** An argument, or a field of an input object within one, that takes a text of the caller. */
interface TextArgument {
  path: string;
  type: GraphQLInputType;
  on: GraphQLObjectType;
  field: string;
}

const texts = ['String', 'ID', 'Decimal', 'DateTime', 'LocalDate', 'LocalTime', 'TimeZone'];

function textsWithin(path: string, arguments_: readonly Argument[]): Pick<TextArgument, 'path' | 'type'>[] {
  return arguments_.flatMap(({ name, type }) => {
    const named = getNamedType(type);
    if (isInputObjectType(named)) return textsWithin(`${path}.${name}`, Object.values(named.getFields()));
    return texts.includes(named.name) ? [{ path: `${path}.${name}`, type }] : [];
  });
}

const textArguments: TextArgument[] = Object.values(schema.getTypeMap()).flatMap(on =>
  isObjectType(on) && on !== schema.getSubscriptionType() && !on.name.startsWith('__')
    ? Object.values(on.getFields()).flatMap(({ name: field, args }) =>
        textsWithin(`${on.name}.${field}`, args).map(found => ({ ...found, on, field })),
      )
    : [],
);

/** Paths to objects whose fields have arguments. */
const around: Record<string, (selection: string) => string> = {
  Query: selection => `{ ${selection} }`,
  Mutation: selection => `{ ${selection} }`,
  Partner: selection => `{ partner(id: "${partner.partnerId}") { ${selection} } }`,
  Integration: selection => `{ integration(id: "${partner.integrationId}") { ${selection} } }`,
  SyncRun: selection =>
    `{ integration(id: "${partner.integrationId}") { syncRuns { nodes { ${selection} } } } }`,
  AuditEntry: selection => `{ auditLog(action: "token.created") { nodes { ${selection} } } }`,
};

const good: Record<string, string> = {
  psa: 'connectwise',
  DateTime: '2026-11-22T22:00:00Z',
  Decimal: '1',
  LocalDate: '2026-11-22',
  LocalTime: '08:00',
  TimeZone: 'UTC',
};

/** A valid value with the required fields only; the variable is at `target`. */
function writtenValue({ name, type }: Argument, path: string, target: string): string {
  if (path === target) return '$text';
  const nullable = getNullableType(type);
  const inner = isListType(nullable) ? getNullableType(nullable.ofType) : nullable;
  const written = () => {
    if (isInputObjectType(inner))
      return `{ ${argumentsOf(Object.values(inner.getFields()), path, target).join(', ')} }`;
    if (isEnumType(inner)) return inner.getValues()[0]!.name;
    if (inner.toString() === 'Int') return '1';
    if (inner.toString() === 'Boolean') return 'true';
    const id = partner[name as keyof MarkedPartner] ?? partner.integrationId;
    return JSON.stringify(good[name] ?? good[inner.toString()] ?? (inner.toString() === 'ID' ? id : 'text'));
  };
  return isListType(nullable) ? `[${written()}]` : written();
}

function argumentsOf(arguments_: readonly Argument[], path: string, target: string): string[] {
  return arguments_
    .filter(({ name, type }) => isNonNullType(type) || `${target}.`.startsWith(`${path}.${name}.`))
    .map(argument => `${argument.name}: ${writtenValue(argument, `${path}.${argument.name}`, target)}`);
}

function operationOn({ path, type, on, field }: TextArgument): string {
  const { args, type: answer } = on.getFields()[field]!;
  const selected = isObjectType(getNamedType(answer)) ? ' { __typename }' : '';
  const call = `${field}(${argumentsOf(args, `${on.name}.${field}`, path).join(', ')})${selected}`;
  return `${on.name === 'Mutation' ? 'mutation' : 'query'}($text: ${type}) ${around[on.name]!(call)}`;
}

describe('a text that no form can send', () => {
  it.each(textArguments.map(argument => [argument.path, argument] as const))(
    'causes no internal error in %s',
    async (_path, argument) => {
      const query = operationOn(argument);
      for (const hostile of ['a\u0000b', '\ud800', '', 'x'.repeat(50_000)]) {
        const text = isListType(getNullableType(argument.type)) ? [hostile] : hostile;
        const answer = await askRaw(
          api.url,
          api.operatorToken,
          JSON.stringify({ query, variables: { text } }),
        );
        expectSound(answer);
        expect(answer.text, query).not.toMatch(/GRAPHQL_(VALIDATION|PARSE)_FAILED/);
      }
    },
  );
});
