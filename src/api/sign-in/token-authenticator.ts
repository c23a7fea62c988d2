import { createHash, randomBytes } from 'node:crypto';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { LRUCache } from 'lru-cache';
import type { ChangeFeed } from '../../db/changes.js';
import { ApiToken, Role } from '../../domain/access/api-token.js';
import { ActorKind } from '../../domain/audit/audit-entry.js';
import { rowsOf } from '../../domain/tables.js';
import type { Caller } from '../caller.js';

/** A new token: 256 random bits behind a prefix that secret scanners can look for. */
export function newToken(): string {
  return `psab_${randomBytes(32).toString('base64url')}`;
}

/** The stored form of a token, hex. A slow hash would add nothing to 256 random bits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Stores the token of the setting OPERATOR_TOKEN, once. A revoked one stays revoked; set another.
 */
export async function ensureOperatorToken(em: EntityManager, token: string): Promise<void> {
  await rowsOf(em, tables =>
    tables
      .insertInto('api_token')
      .values({ name: 'OPERATOR_TOKEN', role: Role.OPERATOR, hash: hashToken(token) })
      .onConflict(known => known.column('hash').doNothing()),
  );
}

interface Found {
  caller: Caller;
  revoked: boolean;
}

const trustedForMs = 5_000;
const mostTrusted = 10_000;

/**
 * Finds the owner of a token. What was found is cached for five seconds, or until any process revokes the token; its use
 * is recorded at most once a minute.
 */
export class TokenAuthenticator {
  readonly #trusted: LRUCache<string, Found>;
  readonly #ignoreChanges: () => void;
  /** Counts notifications that may end a token. */
  #heard = 0;

  constructor(
    private readonly orm: MikroORM,
    changes: ChangeFeed,
    private readonly now: () => Date,
  ) {
    this.#trusted = new LRUCache({
      max: mostTrusted,
      ttl: trustedForMs,
      ttlResolution: 0,
      perf: { now: () => now().getTime() },
    });
    this.#ignoreChanges = changes.on(change => {
      if (change.kind !== 'resync' && change.kind !== 'token_revoked') return;
      this.#heard += 1;
      if (change.kind === 'resync') return this.#trusted.clear();
      for (const [hash, { caller }] of [...this.#trusted]) {
        if (caller.id === change.tokenId) this.#trusted.delete(hash);
      }
    });
  }

  /** The owner of a token, and whether it is valid now. Undefined: there never was such a token. */
  async find(token: string): Promise<{ caller: Caller; good: boolean } | undefined> {
    const hash = hashToken(token);
    const now = this.now();
    const found = this.#trusted.get(hash) ?? (await this.#find(hash, now));
    if (!found) return undefined;
    const { caller, revoked } = found;
    return { caller, good: !revoked && (!caller.expiresAt || now < caller.expiresAt) };
  }

  close(): void {
    this.#ignoreChanges();
  }

  async #find(hash: string, now: Date): Promise<Found | undefined> {
    const heard = this.#heard;
    const em = this.orm.em.fork();
    const token = await em.findOne(ApiToken, { hash });
    this.#trusted.delete(hash);
    if (!token) return undefined;
    const caller: Caller = {
      kind: ActorKind.TOKEN,
      id: token.id,
      name: token.name,
      role: token.role,
      partnerId: token.partner?.id ?? null,
      expiresAt: token.expiresAt ?? null,
    };
    const found = { caller, revoked: token.revokedAt != null };
    if (!found.revoked) {
      const aMinuteAgo = new Date(now.getTime() - 60_000).toISOString();
      await rowsOf(em, tables =>
        tables
          .updateTable('api_token')
          .set({ last_used_at: now })
          .where('id', '=', token.id)
          .where(({ eb, or }) => or([eb('last_used_at', 'is', null), eb('last_used_at', '<', aMinuteAgo)])),
      );
    }
    // It may have been read just before it was revoked.
    if (heard !== this.#heard) return this.#find(hash, now);
    this.#trusted.set(hash, found, { start: now.getTime() });
    return found;
  }
}
