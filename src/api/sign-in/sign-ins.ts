import type { MikroORM } from '@mikro-orm/postgresql';
import { LRUCache } from 'lru-cache';
import type { ActionWrittenBy } from '../../domain/audit/actions.js';
import { recordSignIn } from '../../domain/audit/record-action.js';
import { actorOf, type Caller, keyOf, type Origin } from '../caller.js';

const rememberedForMs = 3_600_000;
const mostRemembered = 10_000;

/** Records sign-ins in the audit log, without asking the database each time whether the entry exists. */
export class SignIns {
  readonly #remembered: LRUCache<string, true>;

  constructor(
    private readonly orm: MikroORM,
    now: () => Date,
  ) {
    this.#remembered = new LRUCache({
      max: mostRemembered,
      ttl: rememberedForMs,
      ttlResolution: 0,
      perf: { now: () => now().getTime() },
    });
  }

  async record(action: ActionWrittenBy<'recordSignIn'>, caller: Caller, origin: Origin): Promise<void> {
    const key = `${action} ${keyOf(caller)} ${origin.address}`;
    if (this.#remembered.has(key)) return;
    await recordSignIn(this.orm.em.fork(), action, actorOf(caller, origin));
    this.#remembered.set(key, true);
  }
}
