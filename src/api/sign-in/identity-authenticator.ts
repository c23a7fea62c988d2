import type { MikroORM } from '@mikro-orm/postgresql';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Role } from '../../domain/access/api-token.js';
import { ActorKind } from '../../domain/audit/audit-entry.js';
import { Partner } from '../../domain/partners/partner.js';
import { isHttpsOrLoopback } from '../../text/https-or-loopback.js';
import type { Caller } from '../caller.js';
import { identityProviderDown } from '../errors.js';
import type { IdentitySettings } from './identity-settings.js';

const patienceMs = 5_000;
/** How long a provider that did not answer is left alone. */
const restMs = 3_000;
const partnersKnownForMs = 5_000;
const mostPartners = 10_000;

/**
 * Verifies tokens of the vendor's identity provider. A token has to be signed with one of the provider's keys by one of
 * the allowed algorithms, have our audience, be valid now, and name one role and, for the role PARTNER, the partner. When
 * the provider changes its keys they are fetched again, at most twice a minute.
 */
export class IdentityAuthenticator {
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #restUntil = 0;
  readonly #partners: LRUCache<string, { id: string | undefined }>;

  constructor(
    private readonly orm: MikroORM,
    private readonly settings: IdentitySettings,
    private readonly logger: Logger,
    private readonly now: () => Date,
  ) {
    this.#partners = new LRUCache({
      max: mostPartners,
      ttl: partnersKnownForMs,
      ttlResolution: 0,
      perf: { now: () => now().getTime() },
    });
  }

  /**
   * Undefined: the token is rejected, and the log says why, for the person who configures the provider. Throws
   * IDENTITY_PROVIDER_UNAVAILABLE where the keys cannot be fetched.
   */
  async callerOf(jwt: string): Promise<Caller | undefined> {
    try {
      return await this.#callerOf(jwt);
    } catch (error) {
      if (!(error instanceof TokenRejected)) throw error;
      this.logger.info({ reason: error.message }, 'a token of the identity provider was rejected');
      return undefined;
    }
  }

  async #callerOf(jwt: string): Promise<Caller> {
    const claims = await this.#verified(jwt);
    const id = plainText(claims.sub);
    if (!id) throw new TokenRejected('sub is not plain text');
    const expiresAt = new Date((claims.exp! + this.settings.clockSkewSeconds) * 1_000);
    if (Number.isNaN(expiresAt.getTime())) throw new TokenRejected('exp is not an instant');
    const role = this.#roleIn(claims);
    const partnerId = await this.#partnerIn(claims, role);
    return {
      kind: ActorKind.IDENTITY,
      id,
      name: plainText(claims.name) ?? plainText(claims.email) ?? id,
      role,
      partnerId,
      expiresAt,
    };
  }

  async #verified(jwt: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms, clockSkewSeconds } = this.settings;
    try {
      const { payload } = await jwtVerify(jwt, await this.#keySet(), {
        issuer,
        audience: [...audience],
        algorithms: [...algorithms],
        clockTolerance: clockSkewSeconds,
        currentDate: this.now(),
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      if (isAboutTheToken(error)) throw new TokenRejected(error.message);
      if (!(error instanceof ProviderRests)) this.#restUntil = this.now().getTime() + restMs;
      throw identityProviderDown(error);
    }
  }

  #keySet(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#findKeys().catch(error => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #findKeys(): Promise<JWTVerifyGetKey> {
    this.#rejectWhileProviderRests();
    const url = this.settings.jwksUrl ?? (await keysOf(this.settings.issuer));
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: patienceMs,
      cooldownDuration: 30_000,
      [customFetch]: async (address, options) => {
        this.#rejectWhileProviderRests();
        return fetch(address, options);
      },
    });
  }

  /** jose pauses only after an answer. Without this, each invalid token would make us request the keys and wait. */
  #rejectWhileProviderRests(): void {
    if (this.now().getTime() < this.#restUntil) throw new ProviderRests();
  }

  #roleIn(claims: JWTPayload): Role {
    const { roleClaim, roleNames } = this.settings;
    const claimed = [claimAt(claims, roleClaim)].flat();
    const [role, ...more] = Object.values(Role).filter(one => claimed.includes(roleNames[one]));
    if (!role || more.length > 0)
      throw new TokenRejected(`${roleClaim} names ${role ? 'more than one role' : 'no role'}`);
    return role;
  }

  /** A token of a partner's user with another role is a mistake: that role would show every partner. */
  async #partnerIn(claims: JWTPayload, role: Role): Promise<string | null> {
    const { partnerClaim } = this.settings;
    const claimed = claimAt(claims, partnerClaim) ?? null;
    if (role !== Role.PARTNER) {
      if (claimed !== null) throw new TokenRejected(`${partnerClaim} names a partner for the role ${role}`);
      return null;
    }
    const externalId = plainText(claimed);
    const id = externalId === undefined ? undefined : await this.#partnerOf(externalId);
    if (id === undefined) throw new TokenRejected(`${partnerClaim} names an unknown partner`);
    return id;
  }

  async #partnerOf(externalId: string): Promise<string | undefined> {
    const known = this.#partners.get(externalId);
    if (known) return known.id;
    const start = this.now().getTime();
    const partner = await this.orm.em.fork().findOne(Partner, { externalId });
    this.#partners.set(externalId, { id: partner?.id }, { start });
    return partner?.id;
  }
}

class ProviderRests extends Error {}

/** The message says why, and quotes nothing of the token except names of claims. */
class TokenRejected extends Error {}

/** A text that a log, a table and an answer can contain unchanged; undefined for anything else. */
function plainText(value: unknown): string | undefined {
  return typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(value) ? value : undefined;
}

/** A claim by its name, or by its path such as `realm_access.roles`. */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? (value as Record<string, unknown>)[key]
      : undefined;
  }, claims);
}

/** Whether the error concerns the token; the other errors mean that the keys could not be fetched. */
function isAboutTheToken(error: unknown): error is errors.JOSEError {
  return (
    error instanceof errors.JOSEError &&
    !(
      error instanceof errors.JWKSTimeout ||
      error instanceof errors.JWKSInvalid ||
      error.code === 'ERR_JOSE_GENERIC'
    )
  );
}

const discovery = z.object({
  issuer: z.string(),
  jwks_uri: z.url().refine(isHttpsOrLoopback, 'jwks_uri must be https'),
});

/** The address of the issuer's keys, by OpenID Connect Discovery. */
async function keysOf(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs), redirect: 'error' });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const found = discovery.parse(await answer.json());
  if (found.issuer !== issuer) throw new Error(`${url} names another issuer: ${found.issuer}`);
  return found.jwks_uri;
}
