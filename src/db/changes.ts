import type { EntityManager } from '@mikro-orm/postgresql';
import pg from 'pg';
import { query } from './sql.js';

/** What processes tell each other through PostgreSQL. */
export type Change =
  | { kind: 'sync_run'; integrationId: string; runId: string }
  | { kind: 'wake'; job: string; integrationId: string }
  | { kind: 'token_revoked'; tokenId: string }
  /** The connection was lost for a while: whatever changed meanwhile was not heard. */
  | { kind: 'resync' };

const channel = 'psa_bridge';
const longestPauseMs = 5_000;

/** Tells every process, this one too, once `em`'s transaction is committed. Nobody hears of one that is rolled back. */
export async function tell(em: EntityManager, change: Change): Promise<void> {
  await query(em, 'select pg_notify($1, $2)', [channel, JSON.stringify(change)]);
}

/** Hears the changes that any process commits: one connection per process, made again when it breaks. */
export class ChangeFeed {
  readonly #listeners = new Set<(change: Change) => void>();
  #client: pg.Client | undefined;
  #closing = false;

  constructor(
    private readonly url: string,
    private readonly logLoss: (error: unknown) => void,
  ) {}

  /** Rejects when the first connection fails; later losses are mended in the background. */
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
    client.on('notification', message => {
      if (message.payload) this.#tell(JSON.parse(message.payload));
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

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #startAgain(pauseMs: number): void {
    setTimeout(() => {
      if (this.#closing) return;
      this.start().then(
        () => this.#tell({ kind: 'resync' }),
        () => this.#startAgain(Math.min(pauseMs * 2, longestPauseMs)),
      );
    }, pauseMs).unref();
  }
}
