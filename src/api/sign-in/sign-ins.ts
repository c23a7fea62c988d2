import type { MikroORM } from '@mikro-orm/postgresql';
import type { ActionWrittenBy } from '../../domain/audit/actions.js';
import { recordSignIn } from '../../domain/audit/record-action.js';
import { actorOf, type Caller, keyOf, type Origin } from '../caller.js';

const rememberedForMs = 3_600_000;
const mostRemembered = 10_000;

/** Records sign-ins in the audit log, without asking the database each time whether the entry exists. */
export class SignIns {
  readonly #remembered = new Map<string, number>();

  constructor(
    private readonly orm: MikroORM,
    private readonly now: () => Date,
  ) {}

  async record(action: ActionWrittenBy<'recordSignIn'>, caller: Caller, origin: Origin): Promise<void> {
    const now = this.now().getTime();
    const key = `${action} ${keyOf(caller)} ${origin.address}`;
    if (now < (this.#remembered.get(key) ?? 0)) return;
    await recordSignIn(this.orm.em.fork(), action, actorOf(caller, origin));
    this.#remembered.delete(key);
    this.#remembered.set(key, now + rememberedForMs);
    if (this.#remembered.size > mostRemembered)
      this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}
