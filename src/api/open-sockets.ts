import type { WebSocket } from 'ws';
import type { Origin } from './caller.js';
import { type Caller, keyOf } from './caller.js';
import type { ApiDependencies } from './context.js';
import { isIdentityProviderDown } from './errors.js';
import type { Authenticator } from './sign-in/authenticator.js';

/** A WebSocket whose client was authenticated. */
export interface OpenSocket {
  authorization: string;
  caller: Caller;
  origin: Origin;
  socket: WebSocket;
  /** The running ones, by id, as graphql-ws keeps them. */
  subscriptions: Readonly<Record<string, unknown>>;
  expiry?: NodeJS.Timeout;
}

const forbidden = 4403;
const checkTokensEveryMs = 30_000;
const longestTimerMs = 2 ** 31 - 1;

/**
 * The WebSockets of this process. A socket whose token is revoked or expires is closed with 4403 at once. While the
 * identity provider does not answer, sockets that it authenticated stay open until their tokens expire.
 */
export class OpenSockets {
  readonly #open = new Set<OpenSocket>();
  readonly #ignoreChanges: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly app: ApiDependencies,
    private readonly authenticator: Authenticator,
  ) {
    this.#ignoreChanges = app.changes.on(change => {
      if (change.kind === 'resync') this.#check([...this.#open]);
      if (change.kind === 'token_revoked') {
        this.#check([...this.#open].filter(({ caller }) => caller.id === change.tokenId));
      }
    });
    this.#timer = setInterval(() => this.#check([...this.#open]), checkTokensEveryMs).unref();
  }

  add(one: OpenSocket): void {
    this.#open.add(one);
    if (!one.caller.expiresAt) return;
    const inMs = one.caller.expiresAt.getTime() - this.app.now().getTime();
    one.expiry = setTimeout(() => this.#check([one]), Math.min(inMs + 10, longestTimerMs)).unref();
  }

  remove(one: OpenSocket): void {
    clearTimeout(one.expiry);
    this.#open.delete(one);
  }

  of(caller: Caller): OpenSocket[] {
    return [...this.#open].filter(one => keyOf(one.caller) === keyOf(caller));
  }

  /** How many subscriptions run on all sockets of the caller. */
  subscriptionsOf(caller: Caller): number {
    return this.of(caller).reduce((sum, { subscriptions }) => sum + Object.keys(subscriptions).length, 0);
  }

  /** Stops checking tokens; closes no socket. */
  stop(): void {
    clearInterval(this.#timer);
    this.#ignoreChanges();
  }

  #check(suspects: readonly OpenSocket[]): void {
    this.#closeWhereInvalid(suspects).catch(error => {
      this.app.logger.warn({ err: error }, 'tokens could not be checked');
    });
  }

  async #closeWhereInvalid(suspects: readonly OpenSocket[]): Promise<void> {
    for (const one of suspects) {
      if (!(await this.#mayStay(one))) one.socket.close(forbidden, 'Forbidden');
    }
  }

  async #mayStay({ authorization, caller, origin }: OpenSocket): Promise<boolean> {
    if (caller.expiresAt !== null && caller.expiresAt <= this.app.now()) return false;
    try {
      return (await this.authenticator.callerOf(authorization, origin)) !== undefined;
    } catch (error) {
      if (isIdentityProviderDown(error)) return true;
      throw error;
    }
  }
}
