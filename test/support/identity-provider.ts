import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

export interface IdentityProvider {
  issuer: string;
  /** A token as the provider makes it for a client with these claims. */
  tokenWith(claims: Record<string, unknown>): Promise<string>;
  /** A token with any claims, signed with the provider's own key. */
  forge(payload: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** The public key, as anyone can read it. */
  publicKeyPem(): Promise<string>;
  /** Replaces its key by a new one. */
  changeKeys(): Promise<void>;
  /** Whether it answers. */
  answers: boolean;
  asked: string[];
  close(): Promise<void>;
}

export const audience = 'https://bridge.vendor.example';

/** A real OpenID provider on the loopback address. Its tokens have the claims that the test gives. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  let handle: ReturnType<Provider['callback']> | undefined;
  const self = { answers: true, asked: [] as string[] };
  const server = createServer((request, response) => {
    self.asked.push(request.url ?? '');
    if (!self.answers || !handle) return void response.writeHead(502).end('<html>Bad Gateway</html>');
    void handle(request, response);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claimsOf = new Map<string, Record<string, unknown>>();
  let key: { private: CryptoKey; public: CryptoKey; jwk: JWK };
  let keys = 0;

  async function changeKeys(): Promise<void> {
    const pair = await generateKeyPair('RS256', { extractable: true });
    keys += 1;
    const jwk = { ...(await exportJWK(pair.privateKey)), kid: `key-${keys}`, alg: 'RS256', use: 'sig' };
    key = { private: pair.privateKey, public: pair.publicKey, jwk };
    const provider = new Provider(issuer, {
      clients: [],
      ttl: { ClientCredentials: 600 },
      jwks: { keys: [jwk] } as never,
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'psa-bridge',
            audience,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      extraTokenClaims: (_context, token) => claimsOf.get(token.clientId ?? '') as never,
      // Every client that a test asks for exists.
      adapter: class {
        constructor(private readonly kind: string) {}
        async find(id: string) {
          if (this.kind !== 'Client') return undefined;
          return {
            client_id: id,
            client_secret: 'a-secret-of-the-test',
            grant_types: ['client_credentials'],
            redirect_uris: [],
            response_types: [],
          };
        }
        async upsert() {}
        async destroy() {}
        async consume() {}
        async findByUid() {
          return undefined;
        }
        async findByUserCode() {
          return undefined;
        }
        async revokeByGrantId() {}
      } as never,
    });
    handle = provider.callback();
  }
  await changeKeys();

  return Object.assign(self, {
    issuer,
    changeKeys,
    async tokenWith(claims: Record<string, unknown>) {
      const client = `client-${claimsOf.size + 1}`;
      claimsOf.set(client, claims);
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`${client}:a-secret-of-the-test`).toString('base64')}`,
        },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          resource: audience,
          scope: 'psa-bridge',
        }),
      });
      const body = (await answer.json()) as { access_token?: string };
      if (!body.access_token) throw new Error(JSON.stringify(body));
      return body.access_token;
    },
    forge(payload: Record<string, unknown>, header: Record<string, unknown> = {}) {
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid!, ...header })
        .sign(key.private);
    },
    publicKeyPem: () => exportSPKI(key.public),
    async close() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  });
}
