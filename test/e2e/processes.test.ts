import { print } from 'graphql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../plugins/connectwise/sandbox/server.js';
import { freePort } from '../../src/db/free-port.js';
import { query } from '../../src/db/sql.js';
import { SyncStatusDocument, type SyncStatusSubscription } from '../../src/gql/typed.js';
import { type ConnectedPartner, connectPartner } from '../support/connected-partner.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { type GraphQLClient, graphqlClient } from '../support/graphql-client.js';
import { testKey } from '../support/keys.js';
import { ready, type ServiceProcess, startProcess } from '../support/processes.js';
import { connectWiseCredentials, operatorToken } from '../support/service.js';

let database: TestDatabase;
let sandbox: Sandbox;
let client: GraphQLClient;
let partner: ConnectedPartner;
let api: ServiceProcess;
let environment: Record<string, string>;
const workers: ServiceProcess[] = [];

function startWorker(): ServiceProcess {
  const worker = startProcess({ ...environment, ROLES: 'worker' });
  workers.push(worker);
  return worker;
}

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox();
  const port = await freePort();
  environment = {
    DATABASE_URL: database.url,
    ENCRYPTION_KEYS: testKey,
    OPERATOR_TOKEN: operatorToken,
    PSA_ALLOWED_HOSTS: sandbox.host,
    PSA_REQUESTS_PER_MINUTE: '0',
    PORT: String(port),
    LOG_LEVEL: 'info',
  };
  api = startProcess({ ...environment, ROLES: 'api' });
  await ready(`http://127.0.0.1:${port}`, api);
  client = graphqlClient(`http://127.0.0.1:${port}`, operatorToken);
  startWorker();
  startWorker();
  partner = await connectPartner({ client, sandbox, database, credentials: connectWiseCredentials(sandbox) });
}, 90_000);

afterAll(async () => {
  await Promise.all([api, ...workers].map(started => started.stop('SIGKILL')));
  await sandbox.close();
  await database.drop();
});

async function reportMany(name: string, count: number): Promise<void> {
  const jobs = Array.from({ length: count }, (_, n) => ({
    externalId: `${name}-${n}`,
    organizationExternalId: `${partner.externalId}-customer-1`,
    jobName: 'Nightly',
    device: `${name}-${n}`,
    status: 'ERROR',
    startedAt: '2026-11-22T08:00:00Z',
    endedAt: '2026-11-22T09:00:00Z',
  }));
  const answer = await client.send<{ reportBackupJobs: { accepted: number } }, unknown>(
    'mutation ($jobs: [BackupJobInput!]!) { reportBackupJobs(jobs: $jobs) { accepted } }',
    { jobs },
  );
  expect(answer.data?.reportBackupJobs.accepted).toBe(count);
}

async function allDelivered(): Promise<void> {
  await vi.waitFor(
    async () => {
      const [row] = await query<{ pending: number }>(
        database.orm.em.fork(),
        `select count(*)::int as pending from delivery where state = 'PENDING'`,
      );
      expect(row!.pending).toBe(0);
    },
    { timeout: 60_000, interval: 200 },
  );
}

function ticketsOf(name: string): Map<string, number> {
  const copies = new Map<string, number>();
  for (const { summary } of sandbox.store.tickets.all()) {
    const [found] = new RegExp(`${name}-\\d+`).exec(summary) ?? [];
    if (found) copies.set(found, (copies.get(found) ?? 0) + 1);
  }
  return copies;
}

describe('an API process and two workers', () => {
  it('send the live status of a worker’s run to the API’s sockets, with changing counts', async () => {
    sandbox.options.latencyMs = 20;
    const seen: SyncStatusSubscription['syncStatus'][] = [];
    const socket = client.watch(operatorToken);
    const unsubscribe = socket.subscribe<SyncStatusSubscription>(
      { query: print(SyncStatusDocument), variables: { integrationId: partner.integrationId } },
      { next: ({ data }) => void (data && seen.push(data.syncStatus)), error: () => {}, complete: () => {} },
    );
    await reportMany('LIVE', 100);
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ pipeline: 'EVENTS', state: 'SUCCEEDED' }), {
      timeout: 25_000,
    });
    unsubscribe();
    await socket.dispose();
    sandbox.options.latencyMs = 0;
    const moving = seen.filter(run => run.state === 'RUNNING').map(run => run.delivered);
    expect(new Set(moving).size).toBeGreaterThan(3);
    expect(moving).toEqual([...moving].sort((a, b) => a - b));
  }, 30_000);

  it('deliver each result exactly once although workers are killed during delivery', async () => {
    sandbox.options.latencyMs = 10;
    await reportMany('KILL', 200);
    for (const enough of [20, 60, 110]) {
      await vi.waitFor(() => expect(ticketsOf('KILL').size).toBeGreaterThan(enough), {
        timeout: 60_000,
        interval: 10,
      });
      await Promise.all(workers.splice(0).map(worker => worker.stop('SIGKILL')));
      // As two minutes after their last sign of life; the test need not wait for them.
      await query(database.orm.em.fork(), `update lease set until = now() - interval '90 seconds'`);
      await query(
        database.orm.em.fork(),
        'update agenda_jobs set locked_at = null, next_run_at = now() where locked_at is not null',
      );
      startWorker();
      startWorker();
    }
    await allDelivered();
    sandbox.options.latencyMs = 0;
    const copies = ticketsOf('KILL');
    expect(copies.size).toBe(200);
    expect([...copies].filter(([, count]) => count !== 1)).toEqual([]);
  }, 120_000);

  it('release what they are processing when they are asked to stop', async () => {
    sandbox.options.latencyMs = 20;
    await reportMany('STOP', 150);
    await vi.waitFor(() => expect(ticketsOf('STOP').size).toBeGreaterThan(20), {
      timeout: 30_000,
      interval: 10,
    });
    const codes = await Promise.all(workers.splice(0).map(worker => worker.stop('SIGTERM')));
    expect(codes).toEqual([0, 0]);
    const [left] = await query<{ unsure: number; waiting: number; leased: number }>(
      database.orm.em.fork(),
      `select count(*) filter (where unsure)::int as unsure, count(*)::int as waiting,
         (select count(*) from lease where until > now())::int as leased
       from delivery where state = 'PENDING'`,
    );
    expect(left).toMatchObject({ unsure: 0, leased: 0 });
    expect(left!.waiting).toBeGreaterThan(0);
    startWorker();
    await allDelivered();
    expect([...ticketsOf('STOP').values()].every(count => count === 1)).toBe(true);
    expect(ticketsOf('STOP').size).toBe(150);
  }, 90_000);
});

describe('the settings', () => {
  it('are rejected with the name of the missing one', async () => {
    const { ENCRYPTION_KEYS: _, ...without } = environment;
    const started = startProcess(without);
    await vi.waitFor(() => expect(started.process.exitCode).toBe(1), { timeout: 15_000 });
    expect(started.log()).toContain('ENCRYPTION_KEYS: must be set when DATABASE_URL is');
  }, 20_000);
});
