import dns from 'node:dns';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Fault, faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { SANDBOX_LOGIN, SANDBOX_SOLUTION } from '../../../plugins/connectwise/sandbox/seed.js';
import { query } from '../../../src/db/sql.js';
import {
  IntegrationDetailsDocument,
  PauseIntegrationDocument,
  ResumeIntegrationDocument,
  RunPipelineDocument,
} from '../../../src/gql/typed.js';
import { ownCertificate } from '../../support/certificate.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { startTestService, type TestService } from '../../support/service.js';
import { startJob } from '../../support/start-job.js';

// Every fault strikes a ticket and a quantity while they are delivered, each with a second delivery beside it.
interface Row {
  fault: string;
  /** Breaks the targeted write, or the whole site. */
  cause: Fault | (() => unknown);
  fix?: () => unknown;
  /** What the partner reads at the delivery meanwhile; undefined: it is delivered in spite of the fault. */
  meanwhile: RegExp | undefined;
  /** Whether the write had happened when the fault struck. */
  written?: boolean;
  /** The second delivery waits too, because the whole site or login is affected. */
  wholeSite?: boolean;
  needsAttention?: boolean;
  /** A person has to fix the cause and retry. */
  failed?: boolean;
}

const certificates = { trusted: await ownCertificate(), untrusted: await ownCertificate() };
let bridge: TestService;
beforeAll(async () => {
  tls.setDefaultCACertificates([...tls.getCACertificates(), certificates.trusted.cert]);
  bridge = await startTestService({ tls: certificates.trusted, environment: { PSA_TIMEOUT_SECONDS: '1' } });
});
afterEach(() => {
  bridge.sandbox.faults.clear();
  vi.restoreAllMocks();
});
afterAll(() => bridge.stop());

const { username } = SANDBOX_LOGIN.keys;
const html = (status: 502 | 503 | 504) => faults.unavailable(status);
const rows: Row[] = [
  {
    fault: 'connection refused',
    cause: () => bridge.sandbox.goDown(),
    fix: () => bridge.sandbox.comeBack(),
    meanwhile: /refuses the connection|the connection broke/,
    wholeSite: true,
  },
  {
    fault: 'DNS failure',
    async cause() {
      await bridge.sandbox.goDown(); // open connections would need no name
      await bridge.sandbox.comeBack();
      const failing = (_host: string, _options: unknown, done: (error: Error) => void) =>
        done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
      vi.spyOn(dns, 'lookup').mockImplementation(failing as never);
    },
    fix: () => vi.restoreAllMocks(),
    meanwhile: /there is no host of this name|the connection broke/,
    wholeSite: true,
  },
  {
    fault: 'TLS error',
    cause: () => bridge.sandbox.changeCertificate(certificates.untrusted),
    fix: () => bridge.sandbox.changeCertificate(certificates.trusted),
    meanwhile: /its certificate is not trusted|the connection broke/,
    wholeSite: true,
  },
  {
    fault: 'reset before the write',
    cause: { kind: 'reset', when: 'before' },
    meanwhile: /the connection broke/,
  },
  {
    fault: 'reset during the answer',
    cause: { kind: 'reset', when: 'during' },
    meanwhile: /the connection broke/,
    written: true,
  },
  {
    fault: 'reset after the write',
    cause: { kind: 'reset', when: 'after' },
    meanwhile: /the connection broke/,
    written: true,
  },
  {
    fault: 'time-out before the write',
    cause: { kind: 'hang', when: 'before' },
    meanwhile: /no (complete )?answer in time/,
  },
  {
    fault: 'time-out after the write',
    cause: { kind: 'hang', when: 'after' },
    meanwhile: /no (complete )?answer in time/,
    written: true,
  },
  { fault: '429 with Retry-After', cause: faults.tooManyRequests(3), meanwhile: /asks to slow down/ },
  { fault: '429 without Retry-After', cause: faults.tooManyRequests(), meanwhile: /asks to slow down/ },
  {
    fault: '500 with the time-out text',
    cause: faults.ownTimeout(),
    meanwhile: /reports an internal time-out/,
  },
  { fault: '502 with HTML', cause: html(502), meanwhile: /not available \(502\)/ },
  { fault: '503 with HTML', cause: html(503), meanwhile: /not available \(503\)/ },
  { fault: '504 with HTML', cause: html(504), meanwhile: /not available \(504\)/ },
  {
    fault: '504 with HTML after the write',
    cause: faults.gatewayTimeoutAfterWrite(),
    meanwhile: /not available \(504\)/,
    written: true,
  },
  { fault: 'truncated JSON', cause: { kind: 'truncate' }, meanwhile: /not complete JSON/, written: true },
  { fault: 'slow body', cause: { kind: 'slowBody', ms: 1_200 }, meanwhile: undefined },
  {
    fault: '401 in the middle of a run',
    cause: () => revoke(),
    fix: () => admit(),
    meanwhile: /refuses the login/,
    wholeSite: true,
    needsAttention: true,
  },
  {
    fault: '403 on the right',
    cause: faults.forbidden(),
    meanwhile: /reports a missing right/,
    needsAttention: true,
  },
  { fault: '404 after an upgrade of the code base', cause: () => upgrade(), meanwhile: undefined },
  {
    fault: 'a validation error on one item',
    cause: faults.invalid('record', 'field', 'It is not to our liking.'),
    meanwhile: /not to our liking/,
    failed: true,
  },
];

/** The account is locked from one request to the next. */
function revoke() {
  for (const credential of bridge.sandbox.store.credentials)
    if (credential.user === username) credential.secret = 'changed';
}
function admit() {
  for (const credential of bridge.sandbox.store.credentials)
    if (credential.user === username) credential.secret = SANDBOX_LOGIN.keys.password;
}
function upgrade() {
  bridge.sandbox.faults.inject({}, { kind: 'upgraded' }, { times: Number.POSITIVE_INFINITY });
}

const sql = (text: string, values: unknown[] = []) => query(bridge.database.orm.em.fork(), text, values);

/** Simulates the passing of time: waiting deliveries are due, a pause of the PSA is over, a worker runs. */
async function makeRetriesDue(partner: ConnectedPartner) {
  await sql(`update delivery set next_attempt_at = now() where state = 'PENDING' and integration_id = $1`, [
    partner.integrationId,
  ]);
  await sql(
    'update integration set resting_until = null, next_probe_at = case when next_probe_at is null then null else now() end where id = $1',
    [partner.integrationId],
  );
  await startJob(bridge.database.orm.em.fork(), 'deliver', { integrationId: partner.integrationId });
}

async function details(partner: ConnectedPartner) {
  return (await bridge.client.ask(IntegrationDetailsDocument, { id: partner.integrationId })).integration!;
}

async function deliveryAbout(partner: ConnectedPartner, words: string) {
  return (await partner.deliveries()).find(({ summary, organization }) =>
    `${summary} ${organization?.name}`.includes(words),
  );
}

/** Checks what is visible during the fault, ends it, and checks that everything was written once. */
async function survives(
  row: Row,
  partner: ConnectedPartner,
  hit: { words: string; there: () => number },
  neighbour: { words: string; there: () => number },
) {
  if (row.meanwhile) {
    const { meanwhile } = row;
    await vi.waitFor(
      async () => {
        const delivery = await deliveryAbout(partner, hit.words);
        const { status, statusReason } = await details(partner);
        expect(status).toBe(row.needsAttention ? 'NEEDS_ATTENTION' : 'CONNECTED');
        expect(delivery!.state).toBe(row.failed ? 'FAILED' : 'PENDING');
        expect(`${row.needsAttention ? statusReason : delivery!.lastError}`).toMatch(meanwhile);
      },
      { timeout: 12_000, interval: 30 },
    );
    expect(hit.there()).toBe(row.written ? 1 : 0);
    if (!row.failed) expect(bridge.log.join('\n')).toMatch(meanwhile);
  }
  if (!row.wholeSite && !row.needsAttention && !/429/.test(row.fault)) {
    await vi.waitFor(() => expect(neighbour.there()).toBe(1), { timeout: 12_000, interval: 30 });
  }
  bridge.sandbox.faults.clear();
  await row.fix?.();
  if (row.failed) {
    await bridge.client.send(
      `mutation { retryDeliveries(integrationId: "${partner.integrationId}") { retried } }`,
    );
  } else if (row.meanwhile) await makeRetriesDue(partner);
  // A retry that was planned while the fault lasted may push the next attempt out once more.
  await vi.waitFor(
    async () => {
      const open = (await partner.deliveries()).filter(({ state }) => state === 'PENDING');
      if (open.length > 0) {
        await makeRetriesDue(partner);
        throw new Error(JSON.stringify(open));
      }
    },
    { timeout: 15_000, interval: 50 },
  );
  expect([hit.there(), neighbour.there()]).toEqual([1, 1]);
  const deliveries = await partner.deliveries();
  expect(deliveries.map(({ state }) => state)).toEqual(deliveries.map(() => 'DELIVERED'));
  expect((await details(partner)).status).toBe('CONNECTED');
}

/** Creates pending deliveries, causes the fault, and starts the deliveries. */
async function strike(
  row: Row,
  partner: ConnectedPartner,
  match: { method: string; path: RegExp; body?: RegExp },
  work: () => Promise<unknown>,
) {
  await bridge.client.ask(PauseIntegrationDocument, { id: partner.integrationId });
  await work();
  await vi.waitFor(
    async () =>
      expect((await partner.deliveries()).filter(({ state }) => state === 'PENDING')).toHaveLength(2),
    { timeout: 12_000, interval: 30 },
  );
  await (typeof row.cause === 'function' ? row.cause() : bridge.sandbox.faults.inject(match, row.cause));
  await bridge.client.ask(ResumeIntegrationDocument, { id: partner.integrationId });
}

describe('a ticket', () => {
  it.each(rows)('is created exactly once after: $fault', async row => {
    const partner = await connectPartner(bridge);
    const device = (n: number) => `${partner.externalId}-DEV${n}`;
    const there = (n: number) => () =>
      bridge.sandbox.store.tickets.all().filter(({ summary }) => summary.includes(`${device(n)} `)).length;
    await partner.reportJob(1, { device: `${partner.externalId}-WARM` }); // a connection is open, the login is known
    await partner.settled();
    const match = { method: 'POST', path: /^\/service\/tickets$/, body: new RegExp(`${device(1)} `) };
    await strike(row, partner, match, () =>
      Promise.all([partner.reportJob(1, { device: device(1) }), partner.reportJob(2, { device: device(2) })]),
    );
    await survives(
      row,
      partner,
      { words: `${device(1)} `, there: there(1) },
      { words: `${device(2)} `, there: there(2) },
    );
  });
});

describe('a quantity', () => {
  let round = 0;
  it.each(rows)('is written exactly once after: $fault', async row => {
    round += 1;
    const { store } = bridge.sandbox;
    for (const addition of store.additionsOfCompany('No Addition Corp')) store.additions.delete(addition);
    const partner = await connectPartner(bridge, {
      invoiceDay: 'today',
      options: { createMissingAdditions: true },
    });
    await partner.setLevel(2, 'No Addition Corp');
    const measuredAt = new Date(Date.now() - 3 * 24 * 3_600_000).toISOString();
    await partner.measure(1, `${100 + round}`, measuredAt);
    await partner.measure(2, `${500 + round}.25`, measuredAt);
    const ofProduct = (name: string) =>
      store.additionsOfCompany(name).filter(({ product }) => product.identifier === SANDBOX_SOLUTION);
    const created = () =>
      ofProduct('No Addition Corp').filter(({ quantity }) => quantity === 500.25 + round).length;
    const changed = () =>
      ofProduct('PM Customer #1').filter(({ quantity }) => quantity === 100 + round).length;
    await strike(row, partner, { method: 'POST', path: /\/additions$/ }, () =>
      bridge.client.ask(RunPipelineDocument, { integrationId: partner.integrationId, pipeline: 'USAGE' }),
    );
    await survives(
      row,
      partner,
      { words: 'PM Customer #2', there: created },
      { words: 'PM Customer #1', there: changed },
    );
    expect(ofProduct('No Addition Corp')).toHaveLength(1);
  });
});
