import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { importWithoutItsHooks } from '../../src/db/embedded.js';
import { freePort } from '../../src/db/free-port.js';
import { migrateDatabase } from '../../src/db/migrate-database.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that the run's databases live on, as its owner. */
    serverUrl: string;
  }
}

/** A database at the newest schema; `freshDatabase` clones it. */
export const template = 'psa_bridge_template';

/**
 * One PostgreSQL server for the whole run, started by the first project that needs one: the server that
 * TEST_DATABASE_URL names, or an embedded one.
 */
export default async function startPostgres(project: TestProject) {
  if (project.getProvidedContext().serverUrl) return;
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? undefined : await startEmbedded();
  const serverUrl = given ?? server!.url;
  // Every project sees what the root project provides.
  project.vitest.getRootProject().provide('serverUrl', serverUrl);
  const owner = new pg.Client({ connectionString: serverUrl });
  await owner.connect();
  await owner.query(`drop database if exists ${template}`);
  await owner.query(`create database ${template}`);
  await owner.end();
  const templateUrl = new URL(serverUrl);
  templateUrl.pathname = `/${template}`;
  await migrateDatabase(templateUrl.href);
  return server?.stop;
}

async function startEmbedded(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'psa-bridge-test-'));
  chmodSync(folder, 0o755); // mkdtemp makes 0700, which the postgres user cannot enter
  const port = await freePort();
  const EmbeddedPostgres = await importWithoutItsHooks();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      'fsync=off',
      'synchronous_commit=off',
      'full_page_writes=off',
      'max_connections=300',
    ].flatMap(setting => ['-c', setting]),
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
