import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../../src/api/schema.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { fuzzing, fuzzingTimeout, hostileText } from '../../support/fuzzing.js';
import { RandomDocuments } from '../../support/random-documents.js';
import { addMarkedPartner, type MarkedPartner } from '../../support/two-partners.js';

const runs = 150;

let database: TestDatabase;
let api: TestApi;
let mine: MarkedPartner;
let theirs: MarkedPartner;
let source: string;
let documents: RandomDocuments;
const mark = 'nobody-else-may-read-this';

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database, { environment: { API_REQUESTS_PER_MINUTE: '0' } });
  mine = await addMarkedPartner(database, api, 'mine');
  theirs = await addMarkedPartner(database, api, mark);
  source = (await api.createToken('SOURCE')).token;
  documents = new RandomDocuments(
    buildApiSchema(),
    [mine, theirs].flatMap(({ partnerId, organizationId, integrationId, deliveryId, runId }) => [
      partnerId,
      organizationId,
      integrationId,
      deliveryId,
      runId,
    ]),
  );
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

async function post(
  body: string | Buffer,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as never,
    signal: AbortSignal.timeout(10_000),
  });
  return { status: answer.status, text: await answer.text() };
}

/** The answer is no internal error and shows no internal detail. */
function expectNoInternalError({ status, text }: { status: number; text: string }): void {
  expect(status, text).toBeLessThan(500);
  expect(text).not.toMatch(
    /"INTERNAL|\bat \/|\bat file:|node_modules|\.[jt]s:\d+|syntax error at or near|violates|relation "/,
  );
}

const tokens = (): [string, string][] => [
  ['an operator', api.operatorToken],
  ['a partner', mine.token],
  ['a backup platform', source],
];

describe('a random GraphQL request', () => {
  it.each([0, 1, 2])(
    'by caller %i is answered without an internal error',
    async n => {
      const [who, token] = tokens()[n]!;
      await fc.assert(
        fc.asyncProperty(documents.operation, async query => {
          const answer = await post(JSON.stringify({ query }), { authorization: `Bearer ${token}` });
          expectNoInternalError(answer);
          if (who === 'a partner') expect(answer.text).not.toContain(mark);
        }),
        fuzzing(runs),
      );
    },
    fuzzingTimeout(runs),
  );

  it(
    'with variables of any shape is answered without an internal error',
    async () => {
      const query = `mutation ($id: ID!, $options: IntegrationOptionsInput!, $mappings: [MappingInput!]!, $name: String!, $at: DateTime) {
      updateIntegrationOptions(integrationId: $id, options: $options) { userErrors { code } }
      setMappings(integrationId: $id, mappings: $mappings) { userErrors { code } }
      createApiToken(name: $name, role: PARTNER, expiresAt: $at) { userErrors { code } }
    }`;
      const anything = fc.oneof(hostileText, fc.jsonValue({ maxDepth: 2 }));
      const variables = fc.record({
        id: fc.oneof(fc.constant(mine.integrationId), anything),
        options: fc.oneof(
          fc.dictionary(
            fc.constantFrom(
              'serviceBoardId',
              'billingEnabled',
              'dailyDigestTime',
              'catchUp',
              'notificationEmail',
              'alertPriorities',
            ),
            anything,
          ),
          anything,
        ),
        mappings: fc.oneof(
          fc.array(
            fc.record({
              organizationId: fc.oneof(fc.constant(mine.organizationId), anything),
              companyId: fc.constant(null),
              billingLevel: anything,
            }),
          ),
          anything,
        ),
        name: anything,
        at: anything,
      });
      await fc.assert(
        fc.asyncProperty(variables, async chosen =>
          expectNoInternalError(
            await post(JSON.stringify({ query, variables: chosen }), {
              authorization: `Bearer ${mine.token}`,
            }),
          ),
        ),
        fuzzing(runs),
      );
    },
    fuzzingTimeout(runs),
  );

  it(
    'with an invalid HTTP body is answered without an internal error',
    async () => {
      const body = fc.oneof(
        fc.json().map(text => Buffer.from(text)),
        fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
        fc
          .record({
            query: fc.jsonValue(),
            variables: fc.jsonValue(),
            operationName: fc.jsonValue(),
            extensions: fc.jsonValue(),
          })
          .map(value => Buffer.from(JSON.stringify(value))),
      );
      const headers = fc.record(
        {
          authorization: fc.oneof(
            fc.constant(`Bearer ${api.operatorToken}`),
            fc.constant('Bearer a.b.c'),
            fc.string().map(text => `Bearer ${encodeURIComponent(text)}`),
          ),
          'content-type': fc.constantFrom(
            'application/json',
            'application/json; charset=utf-16',
            'text/plain',
            'multipart/form-data',
            'x',
          ),
          'x-request-id': fc.string().map(text => encodeURIComponent(text)),
          'content-encoding': fc.constantFrom('gzip', 'br', 'x'),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(body, headers, async (chosen, given) => {
          expectNoInternalError(await post(chosen, given as Record<string, string>));
        }),
        fuzzing(runs),
      );
    },
    fuzzingTimeout(runs),
  );
});
