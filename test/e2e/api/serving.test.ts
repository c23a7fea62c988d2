import { existsSync } from 'node:fs';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  if (!existsSync('dist/portal/playground/index.html')) {
    await build({ root: 'portal/playground', logLevel: 'silent' });
  }
  database = await freshDatabase();
  api = await startTestApi(database);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

describe('the playground', () => {
  it('is served at / and /playground', async () => {
    const page = await fetch(`${api.url}/`);
    expect([page.status, page.url]).toEqual([200, `${api.url}/playground/`]);
    expect((await fetch(`${api.url}/playground`)).url).toBe(`${api.url}/playground/`);
  });

  it('loads everything from this server', async () => {
    const html = await (await fetch(`${api.url}/playground/`)).text();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1]!);
    const loaded = sources.filter(source => !source.startsWith('data:'));
    expect(loaded.length).toBeGreaterThan(1);
    for (const source of loaded) {
      expect(source).toMatch(/^\/playground\/assets\//);
      expect((await fetch(api.url + source)).status).toBe(200);
    }
  });

  it('may not load anything from another server, nor run inline scripts', async () => {
    const policy = (await fetch(`${api.url}/playground/`)).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
  });

  it('serves no file outside its folder', async () => {
    expect((await fetch(`${api.url}/playground/%2e%2e%2f%2e%2e%2fpackage.json`)).status).toBe(404);
  });
});

describe('health', () => {
  it('is served without a token', async () => {
    const answers = await Promise.all(['/healthz', '/readyz'].map(path => fetch(api.url + path)));
    expect(answers.map(answer => answer.status)).toEqual([200, 200]);
  });
});

describe('limits', () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${api.operatorToken}`,
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('reject a query that asks for too much at once', async () => {
    const { status, errors } = await api.send(
      '{ partners(first: 500) { nodes { integrations { deliveries(first: 500) { nodes { id } } } } } }',
    );
    expect([status, errors?.[0]?.extensions.code]).toEqual([400, 'QUERY_TOO_COMPLEX']);
  });

  it('allow the query of a portal’s page', async () => {
    const { errors } = await api.send(
      '{ partners(first: 50) { nodes { id name integrations { id status psa { name } syncRuns(first: 3) { nodes { id state } } } } } }',
    );
    expect(errors).toBeUndefined();
  });

  it('reject deep queries', async () => {
    const depth = 8;
    const query = `{ integrations { ${'partner { integrations { '.repeat(depth)} id ${'} }'.repeat(depth)} } }`;
    expect((await post({ query })).status).toBe(400);
  });

  it('reject many aliases', async () => {
    const query = `{ ${Array.from({ length: 200 }, (_, n) => `a${n}: viewer { role }`).join(' ')} }`;
    expect((await post({ query })).status).toBe(400);
  });

  it('reject several operations in one request', async () => {
    expect((await post([{ query: '{ viewer { role } }' }])).status).toBe(400);
  });

  it('reject requests that a form on another site could send', async () => {
    const answer = await post(JSON.stringify({ query: '{ viewer { role } }' }), {
      'content-type': 'text/plain',
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  it('reject a body beyond 16 MiB', async () => {
    const answer = await post({
      query: '{ viewer { role } }',
      variables: { x: 'x'.repeat(16 * 1024 * 1024) },
    });
    expect(answer.status).toBe(413);
  });
});

describe('a variable that is missing or of the wrong kind', () => {
  it.each([
    ['missing', {}],
    ['of the wrong kind', { id: { a: 1 } }],
  ])('is bad input when it is %s, and not an internal error', async (_case, variables) => {
    const { status, errors } = await api.send('query ($id: ID!) { integration(id: $id) { id } }', variables);
    expect([status, errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  });
});

describe('a bug', () => {
  it('shows the caller an id and no detail', async () => {
    const psa = api.connections.plugins.get('connectwise')!;
    const broken = {
      ...psa,
      id: 'broken',
      get credentialFields(): never {
        throw new Error('secret detail');
      },
    };
    (api.connections.plugins as Map<string, unknown>).set('broken', broken);
    const { errors } = await api.send('{ psaPlugins { credentialFields { key } } }');
    (api.connections.plugins as Map<string, unknown>).delete('broken');
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL', id: expect.any(String) } }]);
    expect(JSON.stringify(errors)).not.toMatch(/secret detail|stack/i);
  });
});
