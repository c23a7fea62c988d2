import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import { freePort } from '../../../src/db/free-port.js';
import { query } from '../../../src/db/sql.js';
import { withoutValues } from '../../../src/observability/scrubbed-spans.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { graphqlClient } from '../../support/graphql-client.js';
import { testKey } from '../../support/keys.js';
import { ready, type ServiceProcess, startProcess } from '../../support/processes.js';
import { connectWiseCredentials, operatorToken } from '../../support/service.js';

const role = `traced_${process.pid}`;
const rolePassword = 'the-password-of-the-database';

interface Span {
  name: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

let database: TestDatabase;
let sandbox: Sandbox;
let collector: Server;
let traced: ServiceProcess;
let partner: ConnectedPartner;
const headersToPsa = new Set<string>();
const received: { path: string; text: string }[] = [];

/** The sandbox runs in this process, so its server shows the requests that it receives. */
function noteHeaders(message: unknown): void {
  const { request } = message as { request: IncomingMessage };
  if (request.headers.host === sandbox.host)
    for (const name of Object.keys(request.headers)) headersToPsa.add(name);
}

/** A role with a password that can be recognised. */
async function asTracedRole(): Promise<string> {
  const em = database.orm.em.fork();
  await query(em, `create role ${role} login superuser password '${rolePassword}'`);
  return Object.assign(new URL(database.url), { username: role, password: rolePassword }).href;
}

/** Everything that arrived so far, by what OTLP calls JSON. */
function spans(): Span[] {
  return received.flatMap(({ text }) =>
    (JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans.flatMap(
      ({ scopeSpans }) => scopeSpans.flatMap(scope => scope.spans),
    ),
  );
}

function attribute(span: Span, key: string): unknown {
  const value = span.attributes.find(each => each.key === key)?.value;
  return value && Object.values(value)[0];
}

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox();
  subscribe('http.server.request.start', noteHeaders);
  collector = createServer((request, response) => {
    let text = '';
    request.on('data', chunk => {
      text += chunk;
    });
    request.on('end', () => {
      received.push({ path: request.url!, text });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  traced = startProcess({
    DATABASE_URL: await asTracedRole(),
    ENCRYPTION_KEYS: testKey,
    OPERATOR_TOKEN: operatorToken,
    PSA_ALLOWED_HOSTS: sandbox.host,
    PORT: String(port),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(url, traced);
  const client = graphqlClient(url, operatorToken);
  partner = await connectPartner({ client, sandbox, database, credentials: connectWiseCredentials(sandbox) });
  await client.send(
    'query LookAround { viewer { role } partners(search: "secret-search") { nodes { id } } }',
  );
  await partner.reportJob(1, { externalId: 'TRACED-1', device: 'TRACED-1' });
  await partner.settled();
  await vi.waitFor(() => expect(spans().map(({ name }) => name)).toContain('delivery attempt'), {
    timeout: 10_000,
  });
  expect(await traced.stop()).toBe(0);
}, 90_000);

afterAll(async () => {
  await traced.stop('SIGKILL');
  collector.close();
  await sandbox.close();
  unsubscribe('http.server.request.start', noteHeaders);
  await query(database.orm.em.fork(), `drop role ${role}`);
  await database.drop();
});

describe('the traces', () => {
  it('link an attempt to its request', () => {
    const attempt = spans().find(({ name }) => name === 'delivery attempt')!;
    expect(attribute(attempt, 'psa_bridge.delivery.id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(attribute(attempt, 'psa_bridge.delivery.kind')).toBe('EVENT');
    expect(attribute(attempt, 'psa_bridge.delivery.outcome')).toBe('DELIVERED');
    const job = spans().find(({ spanId }) => spanId === attempt.parentSpanId)!;
    expect([job.name, attribute(job, 'psa_bridge.integration.id')]).toEqual([
      'job deliver',
      partner.integrationId,
    ]);
    const posted = spans().filter(({ parentSpanId }) => parentSpanId === attempt.spanId);
    expect(
      posted.map(span => [
        attribute(span, 'http.request.method'),
        attribute(span, 'http.response.status_code'),
      ]),
    ).toContainEqual(['POST', 201]);
  });

  it('name GraphQL operations, and show the SQL below them', () => {
    const operation = spans().find(({ name }) => name === 'query LookAround')!;
    expect(attribute(operation, 'graphql.operation.type')).toBe('query');
    const statements = spans()
      .filter(({ parentSpanId }) => parentSpanId === operation.spanId)
      .map(span => String(attribute(span, 'db.query.text')));
    expect(statements.some(text => /^select .* from "?partner"?/.test(text))).toBe(true);
    expect(spans().map(({ name }) => name)).toContain('mutation ConnectIntegration');
  });

  it('contain no credential, no token and no data of a partner or a PSA', () => {
    const text = received.map(each => each.text).join('\n');
    const { companyId, keys } = SANDBOX_LOGIN;
    const basic = Buffer.from(`${companyId}+${keys.username}:${keys.password}`).toString('base64');
    const words = [
      operatorToken,
      testKey,
      basic,
      companyId,
      keys.username,
      keys.password,
      rolePassword,
      'secret-search',
      'PM Customer',
      partner.externalId,
      'TRACED-1',
      sandbox.host,
      '/service/tickets',
    ];
    expect(words.filter(word => word.length < 4)).toEqual([]);
    expect(words.filter(word => text.includes(word))).toEqual([]);
    expect(spans().filter(({ status }) => status.message)).toEqual([]);
  });

  it('are sent to the collector’s path with the service name psa-bridge', () => {
    expect(new Set(received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
    expect(received[0]!.text).toContain('{"key":"service.name","value":{"stringValue":"psa-bridge"}}');
  });

  it('are not sent to the PSA', () => {
    expect(headersToPsa.has('authorization')).toBe(true);
    expect([...headersToPsa].filter(name => /^(traceparent|tracestate|baggage|b3)$/.test(name))).toEqual([]);
  });
});

describe('without a collector', () => {
  it('no tracing code is loaded', async () => {
    const printLoaded = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        const name = /@opentelemetry\\/[\\w-]+|instrumentation/.exec(url)?.[0];
        if (name) console.log('loaded ' + name);
        return next(url, context);
      } });`;
    const port = await freePort();
    const untraced = startProcess({
      DATABASE_URL: database.url,
      ENCRYPTION_KEYS: testKey,
      PORT: String(port),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(printLoaded)}`,
    });
    try {
      await ready(`http://127.0.0.1:${port}`, untraced);
      const loaded = new Set([...untraced.log().matchAll(/^loaded (.*)$/gm)].map(([, name]) => name));
      // The interface that spans are written against; without a provider it does nothing.
      expect(loaded).toEqual(new Set(['@opentelemetry/api']));
    } finally {
      await untraced.stop('SIGKILL');
    }
  }, 40_000);
});

describe('SQL without its values', () => {
  it.each([
    [
      `select "name" from partner where name = 'O''Brien' and x = 12.5`,
      'select "name" from partner where name = ? and x = ?',
    ],
    [`update t1 set a = E'it\\'s \\\\' where id = $1`, 'update t1 set a = ? where id = $1'],
    [`select 'a\\' , secret, 'b'`, `select ? , secret, ?`],
    [`insert into t values ('a', 1, 'b'), ('c', 2, 'd')`, 'insert into t values (?, …), (?, …)'],
    [`select $$a secret$$ -- and 'another\n, "it''s" /* 'more' */ from t`, `select ? , "it''s" from t`],
    [`select 'never ended`, 'select ?'],
  ])('%s', (sql, expected) => {
    expect(withoutValues(sql)).toBe(expected);
  });
});
