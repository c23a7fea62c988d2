import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../../src/api/schema.js';
import { query } from '../../../src/db/sql.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { addMarkedPartner, type MarkedPartner } from '../../support/two-partners.js';

const schema: GraphQLSchema = buildApiSchema();
const missingId = '01900000-0000-7000-8000-000000000000';

let database: TestDatabase;
let api: TestApi;
let mine: MarkedPartner;
let theirs: MarkedPartner;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database);
  mine = await addMarkedPartner(database, api, 'mine');
  theirs = await addMarkedPartner(database, api, 'theirs');
  await ask('{ viewer { role } }', mine.token); // the first sign-in is written down
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

/** The ids of one partner's objects. */
type Ids = Pick<
  MarkedPartner,
  'partnerId' | 'organizationId' | 'integrationId' | 'deliveryId' | 'runId' | 'tokenId'
>;
const missing: Ids = {
  partnerId: missingId,
  organizationId: missingId,
  integrationId: missingId,
  deliveryId: missingId,
  runId: missingId,
  tokenId: missingId,
};

const credentials = `psa: "connectwise", credentials: []`;

/** An id of the PSA, looked up there with the integration's own login: it leads to no other partner. */
const ofThePsa = 'an id of the PSA';

/**
 * Every argument of the whole schema that takes an id, with an operation that passes one of another owner: `other` is
 * the other partner, or an id that does not exist, and the rest is `mine`.
 */
const everyIdArgument: Record<string, typeof ofThePsa | ((other: Ids, own: Ids) => string)> = {
  'Query.partner.id': other => `{ partner(id: "${other.partnerId}") { id name } }`,
  'Query.integration.id': other => `{ integration(id: "${other.integrationId}") { id status } }`,
  'Query.integrations.partnerId': other => `{ integrations(partnerId: "${other.partnerId}") { id } }`,
  'Query.apiTokens.partnerId': other =>
    `{ apiTokens(partnerId: "${other.partnerId}") { nodes { id name } } }`,
  'Query.auditLog.partnerId': other =>
    `{ auditLog(partnerId: "${other.partnerId}") { nodes { id action } } }`,
  'Query.auditLog.integrationId': other =>
    `{ auditLog(integrationId: "${other.integrationId}") { nodes { id action } } }`,
  'Query.auditLog.actorId': other => `{ auditLog(actorId: "${other.tokenId}") { nodes { id action } } }`,
  'Integration.deliveries.organizationId': (other, own) =>
    `{ integration(id: "${own.integrationId}") { deliveries(organizationId: "${other.organizationId}") { totalCount nodes { id } } } }`,
  'Mutation.testConnection.input.partnerId': other =>
    `mutation { testConnection(input: { partnerId: "${other.partnerId}", ${credentials} }) { userErrors { field code message } } }`,
  'Mutation.connectIntegration.input.partnerId': other =>
    `mutation { connectIntegration(input: { partnerId: "${other.partnerId}", ${credentials} }) { userErrors { field code message } } }`,
  'Mutation.checkIntegration.id': other =>
    `mutation { checkIntegration(id: "${other.integrationId}") { report { ok } userErrors { field code message } } }`,
  'Mutation.updateIntegrationOptions.integrationId': other =>
    `mutation { updateIntegrationOptions(integrationId: "${other.integrationId}", options: { dailyDigestTime: "08:00" }) { integration { id } userErrors { field code message } } }`,
  'Mutation.updateIntegrationOptions.options.serviceBoardId': ofThePsa,
  'Mutation.updateIntegrationOptions.options.serviceTypeId': ofThePsa,
  'Mutation.updateIntegrationOptions.options.serviceSubtypeId': ofThePsa,
  'Mutation.updateIntegrationOptions.options.alertPriorities.successId': ofThePsa,
  'Mutation.updateIntegrationOptions.options.alertPriorities.warningId': ofThePsa,
  'Mutation.updateIntegrationOptions.options.alertPriorities.errorId': ofThePsa,
  'Mutation.setMappings.integrationId': other =>
    `mutation { setMappings(integrationId: "${other.integrationId}", mappings: [{ organizationId: "${other.organizationId}" }]) { mappings { billingLevel } userErrors { field code message } } }`,
  'Mutation.setMappings.mappings.organizationId': (other, own) =>
    `mutation { setMappings(integrationId: "${own.integrationId}", mappings: [{ organizationId: "${other.organizationId}" }]) { mappings { billingLevel } userErrors { field code message } } }`,
  'Mutation.setMappings.mappings.companyId': ofThePsa,
  'Mutation.sendTestTicket.integrationId': other =>
    `mutation { sendTestTicket(integrationId: "${other.integrationId}", companyId: "1") { delivery { id } userErrors { field code message } } }`,
  'Mutation.sendTestTicket.companyId': ofThePsa,
  'Mutation.runPipeline.integrationId': other =>
    `mutation { runPipeline(integrationId: "${other.integrationId}", pipeline: EVENTS) { run { id } userErrors { field code message } } }`,
  'Mutation.retryDeliveries.integrationId': other =>
    `mutation { retryDeliveries(integrationId: "${other.integrationId}") { retried userErrors { field code message } } }`,
  'Mutation.retryDeliveries.ids': (other, own) =>
    `mutation { retryDeliveries(integrationId: "${own.integrationId}", ids: ["${other.deliveryId}"]) { retried userErrors { field code message } } }`,
  'Mutation.pauseIntegration.id': other =>
    `mutation { pauseIntegration(id: "${other.integrationId}") { integration { id } userErrors { field code message } } }`,
  'Mutation.resumeIntegration.id': other =>
    `mutation { resumeIntegration(id: "${other.integrationId}") { integration { id } userErrors { field code message } } }`,
  'Mutation.disconnectIntegration.id': other =>
    `mutation { disconnectIntegration(id: "${other.integrationId}") { disconnectedId userErrors { field code message } } }`,
  'Mutation.createApiToken.partnerId': other =>
    `mutation { createApiToken(name: "x", role: PARTNER, partnerId: "${other.partnerId}") { id token userErrors { field code message } } }`,
  'Mutation.revokeApiToken.id': other =>
    `mutation { revokeApiToken(id: "${other.tokenId}") { revokedId userErrors { field code message } } }`,
  'Subscription.syncStatus.integrationId': other =>
    `subscription { syncStatus(integrationId: "${other.integrationId}") { id } }`,
};

const objectTypes = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
);

function idsWithin(path: string, arguments_: readonly (GraphQLArgument | GraphQLInputField)[]): string[] {
  return arguments_.flatMap(({ name, type }) => {
    const named = getNamedType(type);
    if (named.name === 'ID') return [`${path}.${name}`];
    return isInputObjectType(named) ? idsWithin(`${path}.${name}`, Object.values(named.getFields())) : [];
  });
}

/** The answer of one operation, over the way that it takes. */
async function ask(document: string, token: string): Promise<unknown> {
  if (!document.startsWith('subscription')) {
    const { status, data, errors } = await api.send(document, undefined, token);
    return { status, data, errors: errors?.map(({ message, extensions }) => ({ message, extensions })) };
  }
  const socket = api.watch(token);
  try {
    return await new Promise((done, failed) => {
      socket.subscribe({ query: document }, { next: done, error: failed, complete: () => done('completed') });
    }).catch((errors: { message: string }[]) => errors.map(({ message }) => message));
  } finally {
    await socket.dispose();
  }
}

/** Everything that is stored, but for when a token was used. */
async function everything(): Promise<string[]> {
  const em = database.orm.em.fork();
  const tables = await query<{ name: string }>(
    em,
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) =>
      query<{ row: string }>(
        em,
        `select '${name} ' || (to_jsonb(t) - 'last_used_at')::text as row from ${name} t order by 1`,
      ),
    ),
  );
  return rows.flat().map(({ row }) => row);
}

describe('an id of another partner', () => {
  it('is tried in every argument of the schema that takes one', () => {
    const arguments_ = objectTypes.flatMap(type =>
      Object.values(type.getFields()).flatMap(field => idsWithin(`${type.name}.${field.name}`, field.args)),
    );
    expect(Object.keys(everyIdArgument).sort()).toEqual(arguments_.sort());
  });

  it.each(
    Object.entries(everyIdArgument).flatMap(([path, operation]) =>
      operation === ofThePsa ? [] : [[path, operation] as const],
    ),
  )('is answered in %s like an id that does not exist, and changes nothing', async (_path, operation) => {
    const before = await everything();
    const asked = await ask(operation(theirs, mine), mine.token);
    const asMissing = await ask(operation(missing, mine), mine.token);
    expect(asked).toEqual(asMissing);
    expect(await everything()).toEqual(before);
  });

  it.each([
    'Query.partner.id',
    'Query.integration.id',
    'Query.integrations.partnerId',
    'Subscription.syncStatus.integrationId',
  ])('is valid in %s for its owner', async path => {
    const operation = everyIdArgument[path] as (other: Ids, own: Ids) => string;
    expect(JSON.stringify(await ask(operation(theirs, theirs), theirs.token))).toMatch(
      new RegExp([theirs.partnerId, theirs.integrationId, theirs.runId].join('|')),
    );
  });
});

/** Where partners find their things: fields that need no id, and those that need their own. */
const entries = () => [
  'viewer',
  'partners(first: 2)',
  'integrations',
  'auditLog(first: 2)',
  'apiTokens(first: 2)',
  `partner(id: "${mine.partnerId}")`,
  `integration(id: "${mine.integrationId}")`,
];

/** Fields that go to the PSA, which is not there in this test. */
const live = ['serviceBoards', 'ticketPriorities', 'companies', 'billingLevels', 'suggestion'];

/** All that can be read below an entry, each type once on the way down. */
function selectionOf(type: GraphQLObjectType, seen: readonly string[] = []): string {
  const fields = Object.values(type.getFields()).flatMap(field => {
    const named = getNamedType(field.type);
    if (live.includes(field.name) || requiresArguments(field)) return [];
    if (isLeafType(named)) return [field.name];
    if (!isObjectType(named) || seen.includes(named.name)) return [];
    const page = field.args.some(({ name }) => name === 'first') ? '(first: 2)' : '';
    return [`${field.name}${page} { ${selectionOf(named, [...seen, type.name])} }`];
  });
  return ['__typename', ...fields].join(' ');
}

function requiresArguments(field: GraphQLField<unknown, unknown>): boolean {
  return field.args.some(({ type, defaultValue }) => `${type}`.endsWith('!') && defaultValue === undefined);
}

describe('everything that a partner can read', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])('through root field %i of the schema is its own', async n => {
    const entry = entries()[n]!;
    const field = schema.getQueryType()!.getFields()[/^\w+/.exec(entry)![0]]!;
    const selection = selectionOf(getNamedType(field.type) as GraphQLObjectType);
    const text = JSON.stringify(await ask(`{ ${entry} { ${selection} } }`, mine.token));
    expect(text).toMatch(new RegExp(`${mine.mark}|${mine.partnerId}`));
    expect(text).not.toContain('"errors":[');
    for (const foreign of [theirs.mark, theirs.partnerId, theirs.integrationId, theirs.organizationId])
      expect(text).not.toContain(foreign);
  });

  it('has every field of the schema that partners read', () => {
    const covered = new Set(entries().map(entry => /^\w+/.exec(entry)![0]));
    const fields = Object.keys(schema.getQueryType()!.getFields());
    expect(fields.filter(name => !covered.has(name))).toEqual(['psaPlugins']); // the same for every caller
  });
});
