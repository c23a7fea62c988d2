import type { EntityManager } from '@mikro-orm/postgresql';
import pg from 'pg';
import { z } from 'zod';
import { execute } from './sql.js';

/** The notifications that processes send each other through PostgreSQL. Processes of other versions read them too. */
const notification = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sync_run'), integrationId: z.string(), runId: z.string() }),
  z.object({ kind: z.literal('wake'), job: z.string(), integrationId: z.string() }),
  z.object({ kind: z.literal('token_revoked'), tokenId: z.string() }),
]);

export type Notification = z.infer<typeof notification>;

/** `resync`: the connection was lost for a while, so changes of that time were not received. */
export type Change = Notification | { kind: 'resync' };

const channel = 'psa_bridge';
const longestPauseMs = 5_000;

/** Notifies every process, this one too, when `em`'s transaction is committed; none when it is rolled back. */
export async function notifyProcesses(em: EntityManager, change: Notification): Promise<void> {
  await execute(em, 'select pg_notify($1, $2)', [channel, JSON.stringify(change)]);
}

/** Receives the changes that any process commits: one connection per process, opened again when it breaks. */
export class ChangeFeed {
  readonly #listeners = new Set<(change: Change) => void>();
  #client: pg.Client | undefined;
  #closing = false;

  constructor(
    private readonly url: string,
    private readonly logLoss: (error: unknown) => void,
  ) {}

  /** Rejects when the first connection fails. A connection that is lost later is opened again in the background. */
  async start(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      keepAlive: true,
      application_name: 'psa-bridge changes',
    });
    // A failed connect() rejects and also emits error and end: only a connection that was up may start a retry.
    let up = false;
    const lost = (error?: unknown) => {
      if (!up || this.#closing) return;
      up = false;
      this.logLoss(error ?? new Error('the connection that listens for changes ended'));
      client.end().catch(() => {});
      this.#startAgain(100);
    };
    client.on('error', lost).on('end', () => lost());
    client.on('notification', ({ payload }) => {
      const change = readNotification(payload);
      if (change) this.#notifyListeners(change);
    });
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    up = true;
    this.#client = client;
  }

  /** Calls `listener` for every change until the returned function is called. */
  on(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#closing = true;
    await this.#client?.end().catch(() => {});
  }

  #notifyListeners(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #startAgain(pauseMs: number): void {
    setTimeout(() => {
      if (this.#closing) return;
      this.start().then(
        () => this.#notifyListeners({ kind: 'resync' }),
        () => this.#startAgain(Math.min(pauseMs * 2, longestPauseMs)),
      );
    }, pauseMs).unref();
  }
}

/** Undefined for a notification that this version does not know, such as one of a newer version. */
function readNotification(payload: string | undefined): Notification | undefined {
  try {
    return notification.safeParse(JSON.parse(payload ?? '')).data;
  } catch {
    return undefined;
  }
}
