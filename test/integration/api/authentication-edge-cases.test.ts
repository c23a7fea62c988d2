import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { query } from '../../../src/db/sql.js';
import { RevokeApiTokenDocument, ViewerDocument } from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { audience, type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.js';
import { openSocket } from '../../support/socket.js';

let database: TestDatabase;
let provider: IdentityProvider;
let api: TestApi;
/** Another connection, as another process has it. */
let elsewhere: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  elsewhere = new pg.Client({ connectionString: database.url });
  await elsewhere.connect();
});
beforeEach(async () => {
  provider = await startIdentityProvider();
  api = await startTestApi(database, {
    environment: { JWT_ISSUER: provider.issuer, JWT_AUDIENCE: audience },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await elsewhere.query('rollback');
  await api.stop();
  await provider.close();
});
afterAll(async () => {
  await elsewhere.end();
  await database.drop();
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;
const forge = (more: Record<string, unknown> = {}) =>
  provider.forge({
    iss: provider.issuer,
    aud: audience,
    sub: 'jane',
    exp: inSeconds(3_600),
    psa_bridge_role: 'OPERATOR',
    ...more,
  });
async function outcome(token: string) {
  const { status, data, errors } = await api.send(ViewerDocument, {}, token);
  return data?.viewer.role ?? `${status} ${errors?.[0]?.extensions.code}`;
}
const ask = (text: string, values: unknown[] = []) => query(database.orm.em.fork(), text, values);
const waitForALock = () =>
  expect
    .poll(() =>
      ask(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
    )
    .not.toEqual([]);

describe('an API token', () => {
  it('that is revoked during its lookup does not keep a WebSocket open', async () => {
    const { id, token } = await api.createToken('OPERATOR');
    const other = await api.createToken('OPERATOR');
    const revokedSocket = openSocket(api.url, { token: other.token });
    await revokedSocket.acknowledged;
    // The revocation locks the row, so the lookup has read it but cannot record that it was used.
    await elsewhere.query('begin');
    await elsewhere.query('update api_token set revoked_at = now() where id = $1', [id]);
    const { acknowledged, closed } = openSocket(api.url, { token });
    await waitForALock();
    await ask(`select pg_notify('psa_bridge', $1)`, [JSON.stringify({ kind: 'token_revoked', tokenId: id })]);
    await api.ask(RevokeApiTokenDocument, { id: other.id });
    expect(await revokedSocket.closed).toBe(4403);
    await elsewhere.query('commit');
    expect(await Promise.race([closed, acknowledged.then(() => 'open')])).toBe(4403);
  });
});

it('WebSockets that close before they are authenticated are not counted as open', async () => {
  // The keys arrive late: every connection waits for them.
  let answer!: () => void;
  const late = new Promise<void>(resolve => {
    answer = resolve;
  });
  const keys = createServer(async (_request, response) => {
    await late;
    response.end(await (await fetch(`${provider.issuer}/jwks`)).text());
  });
  await new Promise<void>(done => keys.listen(0, '127.0.0.1', done));
  const { port } = keys.address() as AddressInfo;
  const slow = await startTestApi(database, {
    environment: {
      JWT_ISSUER: provider.issuer,
      JWT_AUDIENCE: audience,
      JWT_JWKS_URL: `http://127.0.0.1:${port}/`,
    },
  });
  const token = await forge();
  const left = Array.from({ length: 200 }, () => openSocket(slow.url, { token }));
  await Promise.all(left.map(({ sent }) => sent));
  for (const { socket } of left) socket.close();
  await Promise.all(left.map(({ closed }) => closed));
  answer();
  await slow.ask(ViewerDocument, {}, token);
  const { socket, acknowledged, closed } = openSocket(slow.url, { token });
  expect(await Promise.race([closed, acknowledged.then(() => 'open')])).toBe('open');
  socket.close();
  await slow.stop();
  keys.close();
});

it('keys are not read from another host by plain http, even if the provider says so', async () => {
  const asked: string[] = [];
  const misleading = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify({ issuer: `http://127.0.0.1:${port}`, jwks_uri: `http://0.0.0.0:${port}/` }));
  });
  await new Promise<void>(done => misleading.listen(0, '0.0.0.0', done));
  const { port } = misleading.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const other = await startTestApi(database, {
    environment: { JWT_ISSUER: issuer, JWT_AUDIENCE: audience },
  });
  expect((await other.send(ViewerDocument, {}, await forge({ iss: issuer }))).status).toBe(503);
  expect(asked).toEqual(['/.well-known/openid-configuration']);
  await other.stop();
  misleading.close();
});

describe('while the identity provider does not answer', () => {
  it('an open WebSocket with its token stays open, and one with a revoked API token is closed', async () => {
    const jane = openSocket(api.url, { token: await forge() });
    await jane.acknowledged;
    const { id, token } = await api.createToken('OPERATOR');
    const revoked = openSocket(api.url, { token });
    await revoked.acknowledged;
    provider.answers = false;
    vi.setSystemTime(Date.now() + 11 * 60_000);
    // No process receives the revocation until the connection to the database is back.
    await ask('update api_token set revoked_at = now() where id = $1', [id]);
    await ask(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'psa-bridge changes' and datname = current_database()`,
    );
    const late = new Promise(resolve => setTimeout(resolve, 5_000, 'still open'));
    expect(await Promise.race([revoked.closed, late])).toBe(4403);
    expect(jane.socket.readyState).toBe(jane.socket.OPEN);
    jane.socket.close();
  });

  it('a new WebSocket is closed with a code that means try again later', async () => {
    provider.answers = false;
    expect(await openSocket(api.url, { token: await forge() }).closed).toBe(4503);
  });

  it('it gets no further request for a moment', async () => {
    provider.answers = false;
    for (let n = 0; n < 5; n += 1) expect(await outcome(await forge({ n }))).toMatch(/^503/);
    expect(provider.asked.length).toBe(1);
  });
});

describe('a claim', () => {
  it.each([
    ['a name', { name: 'A\u0000da' }, 'OPERATOR'],
    ['a subject', { sub: 'a\u0000da' }, '401 UNAUTHENTICATED'],
    ['a partner', { psa_bridge_role: 'PARTNER', psa_bridge_partner: 'x\u0000' }, '401 UNAUTHENTICATED'],
    ['an end of time', { exp: 1e300 }, '401 UNAUTHENTICATED'],
  ])('that PostgreSQL cannot store causes no internal error: %s', async (_what, claims, expected) => {
    expect(await outcome(await forge(claims))).toBe(expected);
  });
});
