import type { MikroORM } from '@mikro-orm/postgresql';
import { writeDownSignIn } from '../../domain/audit/actor.js';
import { actorOf, type Caller, keyOf, type Origin } from '../caller.js';

const rememberedForMs = 3_600_000;
const mostRemembered = 10_000;

/** Writes sign-ins into the audit log, without asking the database each time whether it is there already. */
export class SignIns {
  readonly #remembered = new Map<string, number>();

  constructor(
    private readonly orm: MikroORM,
    private readonly now: () => Date,
  ) {}

  async writeDown(action: 'signed_in' | 'sign_in.refused', caller: Caller, origin: Origin): Promise<void> {
    const now = this.now().getTime();
    const key = `${action} ${keyOf(caller)} ${origin.address}`;
    if (now < (this.#remembered.get(key) ?? 0)) return;
    await writeDownSignIn(this.orm.em.fork(), action, actorOf(caller, origin));
    this.#remembered.delete(key);
    this.#remembered.set(key, now + rememberedForMs);
    if (this.#remembered.size > mostRemembered)
      this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}
