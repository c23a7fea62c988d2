import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import { startEmbeddedDatabase } from '../../src/db/embedded.js';
import { freePort } from '../../src/db/free-port.js';
import {
  type BackupJobInput,
  ConnectIntegrationDocument,
  MappingsDocument,
  PartnersDocument,
  PauseIntegrationDocument,
  ResumeIntegrationDocument,
  ServiceBoardsDocument,
  SetMappingsDocument,
  TicketPrioritiesDocument,
  UpdateIntegrationOptionsDocument,
  UpsertOrganizationsDocument,
  UpsertPartnersDocument,
} from '../../src/gql/typed.js';
import { type GraphQLClient, graphqlClient } from './graphql-client.js';
import { testKey } from './keys.js';
import { answering, ready, type ServiceProcess, startProcess } from './processes.js';

/**
 * The service as production runs it: a PostgreSQL with its default durability, a ConnectWise sandbox, an API and
 * workers, each its own process.
 */
export interface Stage {
  url: string;
  client: GraphQLClient;
  db: pg.Client;
  sandbox: BenchSandbox;
  addSandbox(): Promise<BenchSandbox>;
  /** Starts an API process on the stage's address, for one that was killed. */
  startApi(): ServiceProcess;
  api(): ServiceProcess;
  addWorker(): ServiceProcess;
  /** Kills the database server without warning and starts it again on the same data. */
  crashDatabase(): Promise<void>;
  /** Runs one statement, over a pool that survives a crash of the server. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** A partner whose customers "Customer 0001"… are mapped to the sandbox's companies of the same names. */
  addPartner(name: string, customers: number, at?: BenchSandbox, from?: number): Promise<BenchPartner>;
  close(): Promise<void>;
}

export interface BenchSandbox {
  host: string;
  url: string;
  setLatency(ms: number): Promise<void>;
}

export interface BenchPartner {
  externalId: string;
  integrationId: string;
  pause(): Promise<void>;
  resume(): Promise<void>;
}

const operatorToken = 'psab_the-operator-of-the-benchmark';

export async function setTheStage(settings: Record<string, string> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'psa-bridge-bench-'));
  let database = await startEmbeddedDatabase(folder, 'bench');
  const sandboxes: ServiceProcess[] = [];
  const addSandbox = async (): Promise<BenchSandbox> => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const started = startProcess({ PORT: String(port) }, 'dist/test/support/stage-sandbox.js');
    sandboxes.push(started);
    await answering(url, started);
    return {
      host: `127.0.0.1:${port}`,
      url,
      async setLatency(latencyMs) {
        await fetch(`${url}/sandbox/options`, { method: 'POST', body: JSON.stringify({ latencyMs }) });
      },
    };
  };
  const sandbox = await addSandbox();
  const port = await freePort();
  const environment = {
    DATABASE_URL: database.url,
    ENCRYPTION_KEYS: testKey,
    OPERATOR_TOKEN: operatorToken,
    PSA_ALLOWED_HOSTS: '127.0.0.1:*',
    PSA_REQUESTS_PER_MINUTE: '0',
    API_REQUESTS_PER_MINUTE: '0',
    ...settings,
    PORT: String(port),
    LOG_LEVEL: 'warn',
  };
  const url = `http://127.0.0.1:${port}`;
  const processes: ServiceProcess[] = [];
  let api: ServiceProcess;
  const startApi = () => {
    api = startProcess({ ...environment, ROLES: 'api' });
    processes.push(api);
    return api;
  };
  await ready(url, startApi());
  const client = graphqlClient(url, operatorToken);
  const db = new pg.Client({ connectionString: database.url });
  await db.connect();
  db.on('error', () => {}); // the server was crashed on purpose
  const pool = new pg.Pool({
    connectionString: database.url,
    max: 2,
    connectionTimeoutMillis: 2_000,
    query_timeout: 10_000,
  });
  pool.on('error', () => {});
  return {
    url,
    client,
    db,
    sandbox,
    addSandbox,
    startApi,
    api: () => api,
    addWorker() {
      const worker = startProcess({ ...environment, ROLES: 'worker' });
      processes.push(worker);
      return worker;
    },
    async crashDatabase() {
      const [pid] = readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGKILL');
      database = await startEmbeddedDatabase(folder, 'bench', Number(new URL(database.url).port));
    },
    async sql(text, values = []) {
      return (await pool.query(text, values)).rows;
    },
    addPartner: (name, customers, at = sandbox, from = 1) =>
      addPartner(client, at.host, name, customers, from),
    async close() {
      for (const one of processes) one.process.kill('SIGCONT'); // a test that failed may have left one frozen
      await Promise.all(processes.map(one => one.stop()));
      await pool.end();
      await db.end().catch(() => {});
      await Promise.all(sandboxes.map(one => one.stop()));
      await database.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function addPartner(
  client: GraphQLClient,
  site: string,
  externalId: string,
  customers: number,
  from: number,
): Promise<BenchPartner> {
  const names = Array.from({ length: customers }, (_, n) => `Customer ${String(n + from).padStart(4, '0')}`);
  await client.ask(UpsertPartnersDocument, {
    partners: [{ externalId, name: externalId, timeZone: 'UTC', invoiceDay: 1 }],
  });
  await client.ask(UpsertOrganizationsDocument, {
    organizations: names.map((name, n) => ({
      externalId: `${externalId}-${n + 1}`,
      partnerExternalId: externalId,
      name,
    })),
  });
  const { partners } = await client.ask(PartnersDocument, { search: externalId });
  const { companyId } = SANDBOX_LOGIN;
  const { connectIntegration } = await client.ask(ConnectIntegrationDocument, {
    input: {
      partnerId: partners.nodes.find(partner => partner.externalId === externalId)!.id,
      psa: 'connectwise',
      credentials: Object.entries({ site, companyId, ...SANDBOX_LOGIN.keys }).map(([key, value]) => ({
        key,
        value,
      })),
    },
  });
  const integrationId = connectIntegration.integration!.id;
  const boards = (await client.ask(ServiceBoardsDocument, { id: integrationId })).integration!.serviceBoards;
  const priorities = (await client.ask(TicketPrioritiesDocument, { id: integrationId })).integration!
    .ticketPriorities;
  await client.ask(UpdateIntegrationOptionsDocument, {
    integrationId,
    options: {
      serviceBoardId: boards[0]!.id,
      serviceTypeId: boards[0]!.types[0]!.id,
      alertPriorities: {
        successId: priorities[0]!.id,
        warningId: priorities[0]!.id,
        errorId: priorities[0]!.id,
      },
      billingEnabled: true,
      updateAgreementAdditions: true,
      createMissingAdditions: true,
    },
  });
  for (let after: string | null | undefined; ; ) {
    const { integration } = await client.ask(MappingsDocument, { id: integrationId, first: 200, after });
    const { nodes, pageInfo } = integration!.mappings;
    await client.ask(SetMappingsDocument, {
      integrationId,
      mappings: nodes.map(({ organization, suggestion }) => ({
        organizationId: organization.id,
        companyId: suggestion!.id,
        billingLevel: 'Default',
      })),
    });
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  return {
    externalId,
    integrationId,
    async pause() {
      await client.ask(PauseIntegrationDocument, { id: integrationId });
    },
    async resume() {
      await client.ask(ResumeIntegrationDocument, { id: integrationId });
    },
  };
}

let jobs = 0;

/** Job results as a platform reports them, for the partner's first customers in turn. */
export function jobResults(
  partner: { externalId: string },
  count: number,
  customers: number,
): BackupJobInput[] {
  return Array.from({ length: count }, (_, n) => {
    jobs += 1;
    return {
      externalId: `job-${jobs}`,
      organizationExternalId: `${partner.externalId}-${(n % customers) + 1}`,
      jobName: 'Nightly',
      device: `SRV${n % 50}`,
      status: 'ERROR',
      startedAt: '2026-11-22T08:00:00Z',
      endedAt: '2026-11-22T09:00:00Z',
      protectedBytes: '1099511627776',
      message: 'The volume shadow copy could not be made: the disk is full.',
    } satisfies BackupJobInput;
  });
}

/** Waits until nothing is due any more, and throws if a delivery failed. */
export async function delivered(db: pg.Client): Promise<void> {
  // The statement is cheap, however many deliveries there are: it runs beside what is measured.
  const waiting = `select exists (select 1 from delivery where state = 'PENDING') as some`;
  while ((await db.query(waiting)).rows[0].some) await pause(20);
  const { rows } = await db.query(`select count(*)::int as failed from delivery where state = 'FAILED'`);
  if (rows[0].failed > 0) throw new Error(`${rows[0].failed} deliveries failed`);
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
