import { createHash, createHmac, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, invalid } from './api-error.js';
import { readPatch } from './patching.js';
import { validateBody } from './schema.js';
import type { Callback, SandboxStore, Ticket } from './store.js';
import type { Writing } from './tickets.js';

/** After these statuses ConnectWise tries again, after these pauses. Otherwise the message is lost (developer guide). */
const triedAgain = new Set([404, 409, 419, 429]);
const defaultPauses = [2_000, 4_000];
const timeoutMs = 5_000;
const disabledAfterMs = 3 * 24 * 3_600_000;

const levels = ['owner', 'board', 'project', 'phase', 'status', 'ticket', 'integratortag'];

export function createCallback({ store, now }: Writing, body: Record<string, unknown>): Callback {
  validateBody('callbackEntry', 'CallbackEntry', body);
  const missing = ['url', 'objectId', 'type', 'level'].filter(field => body[field] === undefined);
  if (missing.length > 0) {
    throw invalid(
      'callbackEntry',
      ...missing.map(field => ({ code: 'MissingRequiredField', message: `${field} is required.`, field })),
    );
  }
  const entry = body as unknown as Callback;
  if (!URL.canParse(entry.url) || !levels.includes(entry.level.toLowerCase())) {
    const field = URL.canParse(entry.url) ? 'level' : 'url';
    throw invalid('callbackEntry', { code: 'InvalidObject', message: `${field} is not valid.`, field });
  }
  const same = (other: Callback) =>
    other.url === entry.url &&
    other.objectId === entry.objectId &&
    other.type.toLowerCase() === entry.type.toLowerCase() &&
    other.level.toLowerCase() === entry.level.toLowerCase();
  if (store.callbacks.all().some(same)) {
    throw invalid('callbackEntry', {
      code: 'ObjectExists',
      message: 'A matching callback entry already exists',
      field: 'objectId',
    });
  }
  return store.callbacks.add({ inactiveFlag: false, ...entry, _info: { lastUpdated: now } });
}

export function patchCallback({ store, subPaths }: Writing, callback: Callback, body: unknown): Callback {
  store.callbacks.change(callback, readPatch('callbackEntry', 'CallbackEntry', body, subPaths));
  return callback;
}

export interface CallbackDependencies {
  store: SandboxStore;
  /** "http://127.0.0.1:4010": serves the signing keys. */
  url(): string;
  now(): Date;
  pauses?: readonly number[];
}

/** Posts changes of tickets to the registered callbacks as ConnectWise does: signed, and again only after some statuses. */
export class CallbackDelivery {
  readonly #keys = new Map<string, string>();
  readonly #failingSince = new Map<number, number>();
  readonly #stopped = new AbortController();

  constructor(private readonly dependencies: CallbackDependencies) {}

  /** The key of a message's `key_url`; undefined for an id that was never sent. */
  signingKey(id: string): string | undefined {
    return this.#keys.get(id);
  }

  stop(): void {
    this.#stopped.abort();
  }

  ticketChanged(ticket: Ticket, action: 'added' | 'updated' | 'deleted', by: string): void {
    const objects: Record<string, number> = {
      owner: 1,
      board: ticket.board.id,
      status: ticket.status.id,
      ticket: ticket.id,
    };
    for (const callback of this.dependencies.store.callbacks.all()) {
      const affected =
        callback.type.toLowerCase() === 'ticket' &&
        objects[callback.level.toLowerCase()] === callback.objectId;
      if (affected && !callback.inactiveFlag) void this.#deliver(callback, ticket, action, by);
    }
  }

  async #deliver(callback: Callback, ticket: Ticket, action: string, by: string): Promise<void> {
    const { store, url, now, pauses = defaultPauses } = this.dependencies;
    const keyId = randomUUID();
    const key = randomUUID();
    this.#keys.set(keyId, key);
    const body = JSON.stringify({
      MessageId: randomUUID(),
      FromUrl: new URL(url()).host,
      CompanyId: store.companyId,
      MemberId: by,
      Action: action,
      Type: 'ticket',
      ID: ticket.id,
      ProductInstanceId: 'sandbox',
      PartnerId: 'sandbox',
      Entity: action === 'deleted' ? null : JSON.stringify(ticket),
      Metadata: { key_url: `${url()}/v4_6_release/system/callbackkey/index.rails?id=${keyId}` },
      CallbackObjectRecId: callback.id,
    });
    const target = `${callback.url}${ticket.id}&action=${action}`;
    for (const wait of [...pauses, undefined]) {
      const status = await this.#post(target, body, key);
      if (status >= 200 && status < 300) {
        this.#failingSince.delete(callback.id);
        return;
      }
      if (wait === undefined || !triedAgain.has(status)) break;
      await pause(wait, undefined, { signal: this.#stopped.signal }).catch(() => {});
    }
    const since = this.#failingSince.get(callback.id) ?? now().getTime();
    this.#failingSince.set(callback.id, since);
    if (now().getTime() - since >= disabledAfterMs) {
      store.callbacks.change(callback, { inactiveFlag: true });
    }
  }

  /** 0: no answer in time. */
  async #post(target: string, body: string, key: string): Promise<number> {
    const signature = createHmac('sha256', createHash('sha256').update(key).digest())
      .update(body)
      .digest('base64');
    try {
      const answer = await fetch(target, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-content-signature': signature },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeoutMs)]),
      });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      return 0;
    }
  }
}

export function callbackAt(store: SandboxStore, id: number): Callback {
  const callback = store.callbacks.get(id);
  if (!callback)
    throw new ApiError(404, { code: 'NotFound', message: `Callback ${id} not found`, errors: null });
  return callback;
}
