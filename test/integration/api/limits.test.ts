import { connect } from 'node:net';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { anonymousPerMinute } from '../../../src/api/rate.js';
import { buildApiSchema } from '../../../src/api/schema.js';
import { query } from '../../../src/db/sql.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { insertIntegration, reportPartner } from '../../support/partners.js';
import { openSocket } from '../../support/socket.js';

let database: TestDatabase;
const apis: TestApi[] = [];
/** An API with default settings. */
let plain: TestApi;

beforeAll(async () => {
  database = await freshDatabase();
  plain = await apiWith({});
});

afterAll(async () => {
  await Promise.all(apis.map(api => api.stop()));
  await database.drop();
});

async function apiWith(environment: Record<string, string>): Promise<TestApi> {
  const api = await startTestApi(database, { environment });
  apis.push(api);
  return api;
}

function post(api: TestApi, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${api.operatorToken}`,
      ...headers,
    },
    body,
  });
}
const asksWho = JSON.stringify({ query: '{ viewer { role } }' });

describe('a caller', () => {
  it('that sends too many requests gets the time to try again, and others are not limited', async () => {
    const api = await apiWith({ API_REQUESTS_PER_MINUTE: '5' });
    const { token } = await api.createToken('SOURCE');
    for (let n = 0; n < 5; n += 1)
      expect((await post(api, asksWho, { authorization: `Bearer ${token}` })).status).toBe(200);
    const refused = await post(api, asksWho, { authorization: `Bearer ${token}` });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      errors: [
        { message: expect.stringContaining('More than 5 requests'), extensions: { code: 'RATE_LIMITED' } },
      ],
    });
    expect((await post(api, asksWho)).status).toBe(200);
  });

  it('has no limit if the operator sets none', async () => {
    const api = await apiWith({ API_REQUESTS_PER_MINUTE: '0' });
    for (let n = 0; n < anonymousPerMinute + 5; n += 1) expect((await post(api, asksWho)).status).toBe(200);
  });

  it('without a valid token cannot keep guessing, and other callers are not affected', async () => {
    const api = await apiWith({});
    const guess = (n: number) => post(api, asksWho, { authorization: `Bearer psab_guess-${n}` });
    for (let n = 0; n < anonymousPerMinute; n += 1) expect((await guess(n)).status).toBe(401);
    expect((await guess(0)).status).toBe(429);
    expect((await post(api, asksWho)).status).toBe(200);
  });

  it('without a valid token cannot keep guessing by WebSocket either', async () => {
    const api = await apiWith({ TRUST_PROXY: '127.0.0.0/8' });
    const from = (address: string, token: string) =>
      openSocket(api.url, { token }, { 'x-forwarded-for': address });
    const guesses = Array.from({ length: anonymousPerMinute }, (_, n) => from('203.0.113.7', `psab_${n}`));
    for (const { closed } of guesses) expect(await closed).toBe(4403);
    const refused = await from('203.0.113.7', 'psab_more').refused;
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const elsewhere = from('203.0.113.8', api.operatorToken);
    expect(String(await elsewhere.acknowledged)).toContain('connection_ack');
    elsewhere.socket.terminate();
  });
});

describe('the address of a request', () => {
  const signedInFrom = async (tokenId: string) => {
    const [row] = await query<{ address: string }>(
      database.orm.em.fork(),
      `select address from audit_entry where actor_id = $1 and action = 'signed_in'`,
      [tokenId],
    );
    return row!.address;
  };
  const forwarded = async (api: TestApi) => {
    const { token, id } = await api.createToken('SOURCE');
    await post(api, asksWho, { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.7' });
    return signedInFrom(id);
  };

  const forwardedBySocket = async (api: TestApi) => {
    const { token, id } = await api.createToken('SOURCE');
    const { acknowledged, socket } = openSocket(api.url, { token }, { 'x-forwarded-for': '203.0.113.7' });
    await acknowledged;
    socket.terminate();
    return signedInFrom(id);
  };

  it('is that of the connection, whatever a client writes into a header', async () => {
    const api = await apiWith({});
    expect(await forwarded(api)).toBe('127.0.0.1');
    expect(await forwardedBySocket(api)).toBe('127.0.0.1');
  });

  it('is the one that a trusted proxy reports', async () => {
    const api = await apiWith({ TRUST_PROXY: '127.0.0.0/8' });
    expect(await forwarded(api)).toBe('203.0.113.7');
    expect(await forwardedBySocket(api)).toBe('203.0.113.7');
  });
});

describe.concurrent('a client that takes its time', () => {
  /** What comes back, and how long until the server ends it. */
  async function slowly(url: string, pieces: string[]): Promise<{ answer: string; seconds: number }> {
    const { hostname, port } = new URL(url);
    const began = performance.now();
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', chunk => {
      answer += chunk;
    });
    let piece = 0;
    const timer = setInterval(() => {
      if (piece < pieces.length && !socket.destroyed) socket.write(pieces[piece++]!);
    }, 100);
    await new Promise<void>(done => socket.on('close', () => done()).on('error', () => {}));
    clearInterval(timer);
    return { answer, seconds: (performance.now() - began) / 1_000 };
  }
  const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

  it('that does not finish the headers is disconnected', async () => {
    const api = await apiWith({ API_REQUEST_TIMEOUT_SECONDS: '1' });
    const { answer, seconds } = await slowly(api.url, [head, ...Array(100).fill('x-more: and more\r\n')]);
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    expect(seconds).toBeLessThan(5);
  });

  it('that does not finish the body is disconnected', async () => {
    const api = await apiWith({ API_REQUEST_TIMEOUT_SECONDS: '1' });
    const { answer, seconds } = await slowly(api.url, [
      `${head}content-length: 1000\r\n\r\n`,
      ...Array(100).fill(' '),
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    expect(seconds).toBeLessThan(5);
  });

  it('that sends nothing is disconnected', async () => {
    const api = await apiWith({ API_REQUEST_TIMEOUT_SECONDS: '1' });
    expect((await slowly(api.url, [])).seconds).toBeLessThan(6);
  });
});

describe('the size of a query', () => {
  it.each([
    ['many tokens', `{ ${'viewer { role } '.repeat(10_000)} }`],
    ['many directives', `{ viewer ${'@include(if: true) '.repeat(40)} { role } }`],
  ])('is limited: %s', async (_what, document) => {
    const answer = await post(plain, JSON.stringify({ query: document }));
    expect(answer.status).toBe(400);
  });

  it('excludes the schema if the operator disables it', async () => {
    const api = await apiWith({ INTROSPECTION: 'off' });
    const { errors } = await api.send('{ __schema { types { name } } }');
    expect(errors).toHaveLength(1);
    expect((await api.send('{ viewer { __typename } }')).errors).toBeUndefined();
  });

  it('excludes the playground if the operator disables it', async () => {
    const api = await apiWith({ PLAYGROUND: 'off' });
    for (const path of ['/', '/playground', '/playground/'])
      expect((await fetch(api.url + path)).status).toBe(404);
  });

  const schema = buildApiSchema();
  const fields = Object.values(schema.getTypeMap())
    .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap(type =>
      Object.values(type.getFields()).map(field => ({ path: `${type.name}.${field.name}`, field })),
    );
  const complexityOf = (field: GraphQLField<unknown, unknown>) => {
    const { complexity } = field.extensions as { complexity?: unknown };
    if (typeof complexity !== 'function') return { cost: complexity, perChild: 0 };
    const cost = (childComplexity: number) => complexity({ args: { first: 100 }, childComplexity });
    return { cost: cost(1), perChild: cost(2) - cost(1) };
  };
  /** Lists that are as long as this code makes them, or as what the caller sent. */
  const bounded =
    /\.(nodes|userErrors|rejected|checks|credentialFields|capabilities|credentials|schedule|changes|field)$|^Query\.psaPlugins$|^SetMappingsPayload\.mappings$|^ServiceType\.subtypes$/;

  it('counts the length of every list', () => {
    const free = fields.filter(({ path, field }) => {
      const type = getNullableType(field.type);
      const list = isListType(type) || getNamedType(type).name.endsWith('Connection');
      const page = getNamedType(type).name.endsWith('Connection');
      if (!list || isLeafType(getNamedType(type)) || (!page && bounded.test(path))) return false;
      return complexityOf(field).perChild < (page ? 100 : 2);
    });
    expect(free.map(({ path }) => path)).toEqual([]);
  });

  it('counts a request to the PSA as more than a column', () => {
    const live = fields.filter(({ field }) =>
      /[Ll]ive from the PSA|asks the PSA|in the PSA now/.test(field.description ?? ''),
    );
    expect(live.length).toBeGreaterThan(3);
    const cheap = live.filter(({ field }) => Number(complexityOf(field).cost) < 50);
    expect(cheap.map(({ path }) => path)).toEqual([]);
  });
});

describe('an answer', () => {
  it('that is not a page may not load or run anything in a browser', async () => {
    const answer = await post(plain, asksWho);
    const { headers } = answer;
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';frame-ancestors 'none';form-action 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toContain('max-age=');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it.each([
    ['a body that is no JSON', '{', {}, 400, 'BAD_REQUEST'],
    ['a body that is too large', ' '.repeat(17 * 1024 * 1024), {}, 413, 'TOO_LARGE'],
    ['a form', 'query=x', { 'content-type': 'multipart/form-data' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ])('to %s is an error in the form of GraphQL', async (_what, body, headers, status, code) => {
    const answer = await post(plain, body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code } }] });
  });
});

describe('live connections', () => {
  it('are limited to a number of subscriptions per caller', async () => {
    const api = await apiWith({ API_SUBSCRIPTIONS_PER_CALLER: '3' });
    const { id: partnerId } = await reportPartner(api, 'watched');
    const integrationId = await insertIntegration(database, api, partnerId);
    const { token } = await api.createToken('PARTNER', partnerId);
    const refused: unknown[] = [];
    const clients = [api.watch(token), api.watch(token)];
    for (let n = 0; n < 4; n += 1)
      clients[n % 2]!.subscribe(
        {
          query: 'subscription ($id: ID!) { syncStatus(integrationId: $id) { id } }',
          variables: { id: integrationId },
        },
        { next: () => {}, error: error => refused.push(error), complete: () => {} },
      );
    await vi.waitFor(() => expect(refused).toHaveLength(1), 10_000);
    expect(refused[0]).toMatchObject([{ message: expect.stringContaining('More than 3 subscriptions') }]);
    await Promise.all(clients.map(client => client.dispose()));
  });

  it('are limited to a number of sockets per caller', async () => {
    const api = await apiWith({});
    const { token } = await api.createToken('SOURCE');
    const closed: number[] = [];
    let open = 0;
    const sockets = Array.from({ length: 201 }, () => {
      const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })));
      socket.on('message', text => {
        if (String(text).includes('connection_ack')) open += 1;
      });
      socket.on('close', code => closed.push(code));
      return socket;
    });
    await vi.waitFor(() => expect([open, closed]).toEqual([200, [4429]]), { timeout: 15_000 });
    for (const socket of sockets) socket.terminate();
  }, 30_000);
});
