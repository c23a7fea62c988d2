import { createHmac, generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ensureOperatorToken } from '../../../src/api/sign-in/token-authenticator.js';
import { AuditLogDocument, PartnersDocument, ViewerDocument } from '../../../src/gql/typed.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { audience, type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.js';
import { reportPartner } from '../../support/partners.js';

let database: TestDatabase;
let provider: IdentityProvider;
let api: TestApi;
let mine: string;
let now: Date;
const logged: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  provider = await startIdentityProvider();
  api = await startTestApi(database, {
    now: () => now,
    logger: pino({ level: 'info' }, { write: line => void logged.push(line) }),
    environment: {
      JWT_ISSUER: provider.issuer,
      JWT_AUDIENCE: audience,
      JWT_CLOCK_SKEW_SECONDS: '10',
    },
  });
  now = new Date();
  mine = (await reportPartner(api, 'mine')).id;
  await reportPartner(api, 'theirs');
});
beforeEach(() => {
  now = new Date();
  provider.answers = true;
});

afterAll(async () => {
  await api.stop();
  await provider.close();
  await database.drop();
});

const seconds = (offset = 0) => Math.floor(now.getTime() / 1_000) + offset;
const good = (more: Record<string, unknown> = {}) => ({
  iss: provider.issuer,
  aud: audience,
  sub: 'jane',
  iat: seconds(),
  exp: seconds(60),
  psa_bridge_role: 'OPERATOR',
  ...more,
});

async function authenticates(token: string): Promise<boolean> {
  const { status, errors } = await api.send(ViewerDocument, {}, token);
  if (status === 200 && !errors) return true;
  expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  return false;
}

describe('a person with a token of the identity provider', () => {
  it('is authenticated with the role that their token names', async () => {
    const token = await provider.tokenWith({ psa_bridge_role: 'OPERATOR' });
    const { viewer } = await api.ask(ViewerDocument, {}, token);
    expect(viewer).toMatchObject({ role: 'OPERATOR', partner: null });
  });

  it('is identified by their name', async () => {
    const { viewer } = await api.ask(ViewerDocument, {}, await provider.forge(good({ name: 'Jane Doe' })));
    expect(viewer.tokenName).toBe('Jane Doe');
  });

  it('sees the partner that their token names by its external id, and no other', async () => {
    const token = await provider.tokenWith({ psa_bridge_role: 'PARTNER', psa_bridge_partner: 'mine' });
    const { viewer } = await api.ask(ViewerDocument, {}, token);
    expect(viewer).toMatchObject({ role: 'PARTNER', partner: { id: mine } });
    const { partners } = await api.ask(PartnersDocument, {}, token);
    expect(partners.nodes.map(({ id }) => id)).toEqual([mine]);
  });

  it('can report as a backup platform, and then reads nothing', async () => {
    const token = await provider.tokenWith({ psa_bridge_role: 'SOURCE' });
    expect((await api.send(PartnersDocument, {}, token)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('appears in the audit log with subject and name', async () => {
    await api.ask(ViewerDocument, {}, await provider.forge(good({ sub: 'audited', name: 'Ann Audited' })));
    const { auditLog } = await api.ask(AuditLogDocument, { actorId: 'audited' });
    expect(auditLog.nodes).toMatchObject([
      {
        action: 'signed_in',
        actor: { kind: 'IDENTITY', id: 'audited', name: 'Ann Audited', role: 'OPERATOR' },
      },
    ]);
  });

  it('can have the role as one of several groups', async () => {
    expect(await authenticates(await provider.forge(good({ psa_bridge_role: ['staff', 'OPERATOR'] })))).toBe(
      true,
    );
  });
});

describe('a token is rejected', () => {
  it.each<[string, () => Record<string, unknown>]>([
    ['for another service', () => ({ aud: 'https://other.example' })],
    ['of another issuer', () => ({ iss: 'https://evil.example' })],
    ['that has expired', () => ({ exp: seconds(-11) })],
    ['that never expires', () => ({ exp: undefined })],
    ['that is not valid yet', () => ({ nbf: seconds(30) })],
    ['without a subject', () => ({ sub: undefined })],
    ['without a role', () => ({ psa_bridge_role: undefined })],
    ['with a role that there is not', () => ({ psa_bridge_role: 'ADMIN' })],
    ['with two roles', () => ({ psa_bridge_role: ['OPERATOR', 'SOURCE'] })],
    ['of a partner that it does not name', () => ({ psa_bridge_role: 'PARTNER' })],
    ['of a partner that there is not', () => ({ psa_bridge_role: 'PARTNER', psa_bridge_partner: 'gone' })],
    [
      'of a partner, with the role of an operator',
      () => ({ psa_bridge_role: 'OPERATOR', psa_bridge_partner: 'mine' }),
    ],
    ['of several partners', () => ({ psa_bridge_role: 'PARTNER', psa_bridge_partner: ['mine', 'theirs'] })],
  ])('%s', async (_what, claims) => {
    expect(await authenticates(await provider.forge(good()))).toBe(true);
    expect(await authenticates(await provider.forge(good(claims())))).toBe(false);
  });

  it('that is not signed', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    expect(await authenticates(`${part({ alg: 'none' })}.${part(good())}.`)).toBe(false);
  });

  it('that is signed with the public key as a shared secret', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'HS256', kid: 'key-1' })}.${part(good())}`;
    const signature = createHmac('sha256', await provider.publicKeyPem())
      .update(text)
      .digest('base64url');
    expect(await authenticates(`${text}.${signature}`)).toBe(false);
  });

  it('that is signed with an unknown key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const token = await new SignJWT(good())
      .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
      .sign(privateKey);
    expect(await authenticates(token)).toBe(false);
  });

  it('that was modified', async () => {
    const [head, , signature] = (await provider.forge(good({ psa_bridge_role: 'SOURCE' }))).split('.');
    const payload = Buffer.from(JSON.stringify(good())).toString('base64url');
    expect(await authenticates(`${head}.${payload}.${signature}`)).toBe(false);
  });

  it('and the log gives the reason', async () => {
    logged.length = 0;
    await authenticates(await provider.forge(good({ psa_bridge_role: ['OPERATOR', 'SOURCE'] })));
    await authenticates(await provider.forge(good({ aud: 'https://other.example' })));
    expect(logged.map(line => JSON.parse(line))).toMatchObject([
      { reason: 'psa_bridge_role names more than one role' },
      { reason: 'unexpected "aud" claim value' },
    ]);
  });

  it('after its expiry and the tolerance for clock differences', async () => {
    const token = await provider.forge(good());
    now = new Date(now.getTime() + 69_000);
    expect(await authenticates(token)).toBe(true);
    now = new Date(now.getTime() + 2_000);
    expect(await authenticates(token)).toBe(false);
  });
});

describe('the identity provider', () => {
  it('can change its keys while the service runs', async () => {
    // jose asks for unknown keys at most twice a minute, by the machine's clock.
    const fresh = await startTestApi(database, {
      environment: { JWT_ISSUER: provider.issuer, JWT_AUDIENCE: audience },
    });
    const before = await provider.forge(good());
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      expect((await fresh.send(ViewerDocument, {}, before)).status).toBe(200);
      await provider.changeKeys();
      vi.setSystemTime(Date.now() + 31_000);
      expect((await fresh.send(ViewerDocument, {}, await provider.forge(good()))).status).toBe(200);
      expect((await fresh.send(ViewerDocument, {}, before)).status).toBe(401);
    } finally {
      vi.useRealTimers();
      await fresh.stop();
    }
  });

  it('that does not answer causes no UNAUTHENTICATED, and does not affect API tokens', async () => {
    const fresh = await startTestApi(database, {
      environment: { JWT_ISSUER: provider.issuer, JWT_AUDIENCE: audience },
    });
    provider.answers = false;
    const token = await provider.forge(good());
    const { status, errors } = await fresh.send(ViewerDocument, {}, token);
    expect([status, errors?.[0]?.extensions.code]).toEqual([503, 'IDENTITY_PROVIDER_UNAVAILABLE']);
    expect((await fresh.send(ViewerDocument, {})).status).toBe(200);
    provider.answers = true;
    vi.setSystemTime(Date.now() + 4_000);
    expect((await fresh.send(ViewerDocument, {}, token)).status).toBe(200);
    vi.useRealTimers();
    await fresh.stop();
  });

  it('gets no request for an API token, even if it looks like one of its tokens', async () => {
    provider.asked.length = 0;
    const token = 'an.operator.token-of-24-characters';
    await ensureOperatorToken(database.orm.em.fork(), token);
    expect(await authenticates(token)).toBe(true);
    expect(provider.asked).toEqual([]);
  });

  it('gets no request for a token that it did not issue', async () => {
    provider.asked.length = 0;
    expect(await authenticates('psab_nobody')).toBe(false);
    expect(provider.asked).toEqual([]);
  });
});

describe('a live connection', () => {
  it('is closed when its token expires', async () => {
    const fresh = await startTestApi(database, {
      environment: { JWT_ISSUER: provider.issuer, JWT_AUDIENCE: audience, JWT_CLOCK_SKEW_SECONDS: '0' },
    });
    const token = await provider.forge(good({ exp: seconds(2) }));
    const socket = new WebSocket(`${fresh.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const events: unknown[] = [];
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })));
    socket.on('message', text => events.push(JSON.parse(String(text)).type));
    socket.on('close', code => events.push(code));
    await vi.waitFor(() => expect(events).toEqual(['connection_ack', 4403]), { timeout: 6_000 });
    await fresh.stop();
  });
});
