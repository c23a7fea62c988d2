import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { print } from 'graphql';
import pMap from 'p-map';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import { freePort } from '../../../src/db/free-port.js';
import { query } from '../../../src/db/sql.js';
import {
  CheckIntegrationDocument,
  ConnectIntegrationDocument,
  CreateApiTokenDocument,
  type Role,
  SyncStatusDocument,
  TestConnectionDocument,
} from '../../../src/gql/typed.js';
import { command } from '../../support/command.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { everyQuery } from '../../support/every-query.js';
import { graphqlClient } from '../../support/graphql-client.js';
import { ready, type ServiceProcess, startProcess } from '../../support/processes.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';

/** With every letter that is written differently somewhere. */
const awkward = (name: string) => `${name}-"ü/+&=%?'\\-${randomBytes(6).toString('hex')}`;
const secrets: Record<string, string> = {
  // As short as ConnectWise's are: the JSON parser quotes so much.
  'PSA private key': `k"ü/+&=%?'\\${randomBytes(4).toString('hex')}`,
  // As long as it is, the private key behind it is not in step with base64: only the whole login is found.
  'PSA public key': awkward('public-key'),
  'wrong PSA password': awkward('mistyped'),
  'encryption key': randomBytes(32).toString('base64'),
  'old encryption key': randomBytes(32).toString('base64'),
  'operator token': `psab_operator${randomBytes(12).toString('hex')}`,
  'webhook secret': randomBytes(32).toString('base64'),
  'SMTP password': awkward('mailbox'),
  'database password': awkward('database'),
  'collector token': `collector${randomBytes(12).toString('hex')}`,
};
const secret = (name: string) => secrets[name]!;
const companyId = SANDBOX_LOGIN.companyId;
const login = (password: string) => `${companyId}+${secret('PSA public key')}:${password}`;
// What the Authorization header holds is as good as the password.
secrets['PSA login'] = login(secret('PSA private key'));
secrets['wrong PSA login'] = login(secret('wrong PSA password'));

/** What is looked into, by where it comes from. */
const seen: Record<string, string[]> = {};
function note(where: string, ...texts: string[]): void {
  seen[where] = [...(seen[where] ?? []), ...texts];
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = bytes.toString('base64');
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    new URLSearchParams([['', value]]).toString().slice(1),
    base64.replace(/=+$/, ''),
    base64.replaceAll('/', '\\/').replace(/=+$/, ''),
    encodeURIComponent(base64),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('latin1'),
    value.replaceAll("'", "''"),
  ];
}

/** "operator token in the log: …" for every secret that is to be found in any form. */
function found(): string[] {
  return Object.entries(seen).flatMap(([where, texts]) => {
    const all = texts.join('\n');
    return Object.entries(secrets).flatMap(([name, value]) => {
      const at = Math.min(
        ...formsOf(value)
          .map(form => all.indexOf(form))
          .filter(index => index >= 0),
      );
      return at === Number.POSITIVE_INFINITY
        ? []
        : [`${name} in the ${where}: …${all.slice(Math.max(0, at - 150), at + 50)}`];
    });
  });
}

const role = `leak_${process.pid}`;
let database: TestDatabase;
let sandbox: Sandbox;
let receiver: WebhookReceiver;
let mails: SMTPServer;
let mailsReceived = 0;
let collector: Server;
let echo: { host: string; server: Server };
let partner: ConnectedPartner;
const started: ServiceProcess[] = [];
let settings: Record<string, string>;

async function listening(server: Server): Promise<string> {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** How a PSA, or a proxy before it, may repeat what it was sent; a test covers each way. */
const ways: Record<string, (echoed: string, response: ServerResponse) => unknown> = {
  'JSON, status 400': (echoed, response) => response.writeHead(400).end(errorBody(echoed)),
  'JSON, status 401': (echoed, response) => response.writeHead(401).end(errorBody(echoed)),
  'JSON, status 403': (echoed, response) => response.writeHead(403).end(errorBody(echoed)),
  'JSON, status 404': (echoed, response) => response.writeHead(404).end(errorBody(echoed)),
  'JSON, status 500': (echoed, response) => response.writeHead(500).end(errorBody(echoed)),
  'JSON that escapes every letter, status 500': (echoed, response) =>
    response
      .writeHead(500)
      .end(
        JSON.stringify({ message: 'MARK' }).replace(
          'MARK',
          [...echoed].map(letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
        ),
      ),
  'text, status 418': (echoed, response) => response.writeHead(418).end(echoed),
  'text, status 200': (echoed, response) => response.writeHead(200).end(echoed),
  'short text, status 200': (echoed, response) => response.writeHead(200).end(echoed.split('\n').at(-1)),
  'a page, status 200': (echoed, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${echoed}</html>`),
  'a redirect': (echoed, response) =>
    response.writeHead(302, { location: `/login?${encodeURIComponent(echoed)}` }).end(),
  headers: (echoed, response) =>
    response
      .writeHead(500, {
        'x-you-sent': Buffer.from(echoed).toString('base64'),
        'retry-after': encodeURIComponent(echoed),
      })
      .end('{}'),
  'no HTTP': (echoed, response) => {
    (response.socket as Socket).end(`${echoed}\r\n\r\n`);
  },
  'a broken body': (echoed, response) => {
    response.writeHead(200, { 'content-length': '9999' });
    response.write(`{"message": "${echoed}`);
    setTimeout(() => response.destroy(), 20);
  },
};

function errorBody(echoed: string): string {
  return JSON.stringify({
    code: echoed,
    message: `You sent ${echoed}`,
    errors: [{ code: 'x', field: echoed, resource: echoed, message: `you sent ${echoed}` }],
  });
}

let way: keyof typeof ways = 'JSON, status 400';

/** Header, login and password, as a server may have them at hand. */
function echoOf({ headers }: IncomingMessage): string {
  const header = headers.authorization ?? '';
  const plain = Buffer.from(header.replace('Basic ', ''), 'base64').toString('utf8');
  return [header, plain, encodeURIComponent(plain), plain.slice(plain.indexOf(':') + 1)].join('\n');
}

async function startEcho() {
  const server = createServer((request, response) => {
    if (request.url!.startsWith('/login/companyinfo')) return response.end('{}');
    return ways[way]!(echoOf(request), response);
  });
  return { server, host: await listening(server) };
}

/** A mail server that says what was wrong with the first login, to the letter. */
function startMails(): SMTPServer {
  let refused = 0;
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, callback) {
      if (password !== secret('SMTP password') || refused++ === 0)
        return callback(new Error(`${username} may not enter with ${password}`));
      callback(null, { user: username });
    },
    async onData(stream, _session, callback) {
      note('mails', await text(stream));
      mailsReceived += 1;
      callback();
    },
  });
  server.on('error', () => {});
  return server;
}

const until = <T>(condition: () => T | Promise<T>) =>
  vi.waitFor(condition, { timeout: 20_000, interval: 50 });
const sql = <Row>(statement: string, values: unknown[] = []) =>
  query<Row>(database.orm.em.fork(), statement, values);

function start(environment: Record<string, string>, program?: string): ServiceProcess {
  const one = startProcess(environment, program);
  started.push(one);
  return one;
}

/**
 * Every answer of the API from now on. Only a new token's may hold a token; and what the form shows again, because
 * it is no secret to those who may see the form, is the public key.
 */
function noteAnswers(): void {
  const original = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (...args) => {
    const answer = await original(...args);
    const body = await answer.clone().text();
    note(
      'API answers',
      JSON.stringify([...answer.headers]),
      body
        .replace(/"createApiToken":\{[^}]*\}/, '"createApiToken":{}')
        .replaceAll(`{"key":"username","value":${JSON.stringify(secret('PSA public key'))}}`, '{}'),
    );
    return answer;
  });
}

beforeAll(async () => {
  database = await freshDatabase();
  await sql(
    `create role ${role} login superuser password '${secret('database password').replaceAll("'", "''")}'`,
  );
  sandbox = await startSandbox();
  sandbox.store.addCredential({ user: secret('PSA public key'), secret: secret('PSA private key') });
  receiver = await startWebhookReceiver();
  echo = await startEcho();
  mails = startMails();
  await new Promise<void>(done => mails.listen(0, '127.0.0.1', done));
  collector = createServer(async (request, response) => {
    note('traces', await text(request));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const collectorHost = await listening(collector);
  const databaseUrl = new URL(database.url);
  databaseUrl.username = role;
  databaseUrl.password = encodeURIComponent(secret('database password'));
  const port = await freePort();
  settings = {
    DATABASE_URL: databaseUrl.href,
    ENCRYPTION_KEYS: `${secret('encryption key')},${secret('old encryption key')}`,
    OPERATOR_TOKEN: secret('operator token'),
    PSA_ALLOWED_HOSTS: `${sandbox.host},${echo.host},127.0.0.1:1`,
    PSA_REQUESTS_PER_MINUTE: '0',
    WEBHOOK_URLS: `${receiver.url}/notices`,
    WEBHOOK_SECRET: `whsec_${secret('webhook secret')}`,
    WEBHOOK_ALLOWED_HOSTS: receiver.host,
    SMTP_URL: `smtp://bridge:${encodeURIComponent(secret('SMTP password'))}@127.0.0.1:${(mails.server.address() as AddressInfo).port}`,
    EMAIL_FROM: 'bridge@vendor.example',
    OPERATOR_EMAILS: 'operator@vendor.example',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collectorHost}`,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${secret('collector token')}`,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    LOG_LEVEL: 'trace',
    PORT: String(port),
  };
  const url = `http://127.0.0.1:${port}`;
  await ready(url, start(settings));
  noteAnswers();
  await playEverything(url);
}, 180_000);

afterAll(async () => {
  vi.restoreAllMocks();
  await Promise.all(started.map(one => one.stop('SIGKILL')));
  collector.close();
  echo.server.closeAllConnections();
  echo.server.close();
  mails.close(() => {});
  receiver.close();
  await sandbox.close();
  await sql(`drop role ${role}`);
  await database.drop();
});

/** What a partner types, with these changes. */
function typed(changes: Record<string, string> = {}) {
  return Object.entries({
    site: sandbox.host,
    companyId,
    username: secret('PSA public key'),
    password: secret('PSA private key'),
    ...changes,
  }).map(([key, value]) => ({ key, value }));
}

async function playEverything(url: string): Promise<void> {
  const client = graphqlClient(url, secret('operator token'));
  partner = await connectPartner(
    { client, sandbox, database, credentials: typed() },
    {
      options: { dailyDigestEnabled: true, notificationEmail: 'service@partner.example' },
    },
  );
  const { partnerId, integrationId } = partner;
  const newToken = async (tokenRole: Role, ofPartner?: string) => {
    const { createApiToken } = await client.ask(CreateApiTokenDocument, {
      name: `a ${tokenRole}`,
      role: tokenRole,
      partnerId: ofPartner,
    });
    secrets[`token of a ${tokenRole}`] = createApiToken.token!;
    return createApiToken.token!;
  };
  const partnersToken = await newToken('PARTNER', partnerId);
  const sourcesToken = await newToken('SOURCE');

  const watching = client.watch(partnersToken);
  const watched = watching.iterate({ query: print(SyncStatusDocument), variables: { integrationId } });
  void (async () => {
    for await (const event of watched) note('subscriptions', JSON.stringify(event));
  })().catch(() => {});

  // Callers without the right to what they ask, or with nonsense.
  await client.send('{ partners { nodes { id } } }', {}, sourcesToken);
  await client.send('{ viewer { role } }', {}, `${partnersToken}x`);
  await client.send(`{ nonsense(token: "${'x'.repeat(10)}") }`);

  // Logins that fail, sites that are wrong, and PSAs that repeat what they were sent.
  const attempts: Record<string, string>[] = [
    { password: secret('wrong PSA password') },
    { companyId: 'nobody' },
    { site: 'http://127.0.0.1:1' },
    { site: 'intranet.invalid' },
    { site: '169.254.169.254' },
    { site: `user:${secret('PSA private key')}@${sandbox.host}` },
    { site: 'no host at all' },
    { nonsense: secret('PSA private key') },
  ];
  for (const changes of attempts) {
    await client.send(TestConnectionDocument, {
      input: { partnerId, psa: 'connectwise', credentials: typed(changes) },
    });
  }
  for (way of Object.keys(ways)) {
    await client.send(TestConnectionDocument, {
      input: { partnerId, psa: 'connectwise', credentials: typed({ site: echo.host }) },
    });
  }

  // Pipelines, with answers of all kinds that hold the login.
  await partner.reportJob(1);
  await partner.settled();
  await partner.measure(1, '17.5', '2026-11-20T12:00:00Z');
  await partner.measure(2, '0', '2026-11-20T12:00:00Z');
  await partner.run('USAGE');
  await partner.run('DIGEST');
  const basic = Buffer.from(secret('PSA login')).toString('base64');
  const echoed = `Basic ${basic}, ${secret('PSA login')}, ${secret('PSA private key')}`;
  const always = { times: Number.POSITIVE_INFINITY };
  const answers: [status: number, body: string][] = [
    [400, errorBody(echoed)],
    [500, errorBody(echoed)],
    [200, secret('PSA private key')], // short enough for the JSON parser to quote all of it
  ];
  for (const [n, [status, body]] of answers.entries()) {
    sandbox.faults.inject({ path: /tickets/ }, { kind: 'status', status, body }, always);
    await partner.reportJob(2);
    await until(async () => {
      const [row] = await sql<{ failed: number }>(
        'select count(*)::int as failed from delivery where integration_id = $1 and last_error is not null',
        [integrationId],
      );
      expect(row!.failed).toBeGreaterThan(n);
    });
    await client.send(`{ integration(id: "${integrationId}") { companies(search: "PM") { nodes { id } } } }`);
    sandbox.faults.clear();
  }
  sandbox.faults.inject({}, { kind: 'status', status: 403, body: errorBody(echoed) }, always);
  await client.ask(CheckIntegrationDocument, { id: integrationId });
  await partner.reportJob(1);
  await until(async () => {
    const [row] = await sql<{ status: string }>('select status from integration where id = $1', [
      integrationId,
    ]);
    expect(row!.status).toBe('NEEDS_ATTENTION');
  });
  await client.ask(CheckIntegrationDocument, { id: integrationId });
  await until(() =>
    expect(receiver.received.some(({ body }) => body.includes('needs_attention'))).toBe(true),
  );
  await until(() => expect(mailsReceived).toBeGreaterThan(0));
  await until(async () => {
    const refused = await sql<{ error: string }>(
      `select last_error as error from notice_delivery where last_error like 'The mail server: Invalid login%'`,
    );
    expect(refused.length).toBeGreaterThan(0);
    note('database', ...refused.map(({ error }) => error)); // the next attempt overwrites it
  });
  sandbox.faults.clear();
  await client.ask(ConnectIntegrationDocument, {
    input: { partnerId, psa: 'connectwise', credentials: typed() },
  });

  // What is stored breaks, and keys are changed.
  const rotated = await command(process.execPath, ['dist/src/commands/rotate-keys.js'], {
    environment: {
      ...settings,
      ENCRYPTION_KEYS: `${secret('old encryption key')},${secret('encryption key')}`,
    },
  });
  expect(rotated.code).toBe(0);
  note('output of commands', rotated.stdout, rotated.stderr);
  const [kept] = await sql<{ credentials: string }>('select credentials from integration where id = $1', [
    integrationId,
  ]);
  await sql(`update integration set credentials = 'v1.00000000.AAAA' where id = $1`, [integrationId]);
  await partner.reportJob(1);
  await client.send(CheckIntegrationDocument, { id: integrationId });
  await sql('update integration set credentials = $2 where id = $1', [integrationId, kept!.credentials]);

  for (const document of everyQuery({ partner: partnerId, integration: integrationId })) {
    const { errors } = await client.send(document);
    // Too much for one question; the same objects are asked for in smaller ones.
    if (errors?.[0]?.extensions.code === 'QUERY_TOO_COMPLEX') continue;
    if (errors) note('queries that failed', `${document}: ${JSON.stringify(errors)}`);
    else note('queries', document);
  }
  note('metrics', await (await fetch(`${url}/metrics`)).text());
  await watching.dispose();
  await until(() => expect(seen.traces?.join('')).toContain('delivery attempt'));
  expect(await started[0]!.stop()).toBe(0);
  note('log', started[0]!.log());
  note('notices', ...receiver.received.map(each => JSON.stringify(each)));
  await noteStartsThatFail();
  await noteDatabase();
}

/** The settings are wrong, or what they name does not answer. */
async function noteStartsThatFail(): Promise<void> {
  const withPort = (port: string) => settings.DATABASE_URL!.replace(/:\d+\//, `:${port}/`);
  const wrong: Record<string, string>[] = [
    { DATABASE_URL: withPort('nonsense') },
    { DATABASE_URL: withPort('1') },
    { DATABASE_URL: settings.DATABASE_URL!.replace(role, 'nobody') },
    { SMTP_URL: settings.SMTP_URL!.replace('smtp:', 'mail:') },
    { ENCRYPTION_KEYS: `${settings.ENCRYPTION_KEYS},${secret('encryption key').slice(4)}` },
    { WEBHOOK_SECRET: secret('webhook secret') },
    { USAGE_RULES: settings.DATABASE_URL! }, // pasted into the wrong line
    {
      MONGODB_URL: `mongodb://bridge:${encodeURIComponent(secret('database password'))}@127.0.0.1:nonsense/`,
    },
  ];
  const starts = wrong.flatMap(changes =>
    ('DATABASE_URL' in changes ? ['main', 'commands/migrate', 'commands/rotate-keys'] : ['main']).map(
      program => ({ changes, program }),
    ),
  );
  const startOne = async ({ changes, program }: (typeof starts)[number]) => {
    const one = start({ ...settings, ...changes }, `dist/src/${program}.js`);
    await until(() => expect(one.process.exitCode).not.toBeNull());
    expect([changes, program, one.process.exitCode]).toEqual([changes, program, 1]);
    note('output of starts that failed', one.log());
  };
  await pMap(starts, startOne, { concurrency: 4 });
}

/** Every row of every table, as text. */
async function noteDatabase(): Promise<void> {
  const db = new pg.Client({ connectionString: database.url });
  await db.connect();
  try {
    const { rows } = await db.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema not in ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of rows) {
      const dump = await db.query<{ row: string }>(`select t::text as row from ${name} t`);
      note('tables', name);
      note('database', ...dump.rows.map(({ row }) => row));
    }
  } finally {
    await db.end();
  }
}

describe('no secret', () => {
  it('is in any log, answer, trace, metric, notice, mail or table', () => {
    expect(found()).toEqual([]);
  });

  it('is searched for only in places that have content', () => {
    const size = (where: string) => seen[where]?.join('').length ?? 0;
    for (const where of [
      'log',
      'API answers',
      'traces',
      'metrics',
      'notices',
      'mails',
      'database',
      'subscriptions',
      'output of commands',
      'output of starts that failed',
    ])
      expect([where, size(where) > 100]).toEqual([where, true]);
    expect(seen.tables).toEqual(
      expect.arrayContaining(['public.integration', 'public.agenda_jobs', 'public.api_token']),
    );
    expect(seen['queries that failed'] ?? []).toEqual([]);
    expect(seen.queries!.length).toBeGreaterThan(20);
    const log = seen.log!.join('');
    expect(log).toContain('sent a request to the PSA');
    expect(log).toContain('an attempt failed');
    // Some of it was there, and was taken out.
    for (const where of ['API answers', 'database', 'notices', 'mails'])
      expect([where, seen[where]!.join('').includes('[secret]')]).toEqual([where, true]);
  });
});
