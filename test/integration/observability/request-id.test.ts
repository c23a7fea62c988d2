import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { faults } from '../../../plugins/connectwise/sandbox/faults.js';
import { openLog } from '../../../src/observability/log.js';
import { type ConnectedPartner, connectPartner } from '../../support/connected-partner.js';
import { operatorToken, startTestService, type TestService } from '../../support/service.js';

interface Line {
  msg: string;
  requestId?: string;
  integration?: string;
  delivery?: string;
  job?: string;
}

let bridge: TestService;
let partner: ConnectedPartner;
const text: string[] = [];
const lines = () => text.map(line => JSON.parse(line) as Line);

beforeAll(async () => {
  bridge = await startTestService({ logger: openLog('debug', { write: line => void text.push(line) }) });
  partner = await connectPartner(bridge);
});
beforeEach(() => void text.splice(0));
afterAll(() => bridge.stop());

async function send(query: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${bridge.service.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${operatorToken}`,
      ...headers,
    },
    body: JSON.stringify({ query }),
  });
}

/** Sends a request to the PSA: each search is new, so no answer is cached. */
const companies = (search: string) =>
  `{ integration(id: "${partner.integrationId}") { companies(search: "${search}") { nodes { id } } } }`;

describe('a request', () => {
  it('keeps the id that it was sent with, in its answer and in every line that is logged for it', async () => {
    const answer = await send(companies('Contoso'), { 'x-request-id': 'portal-4711' });
    expect(((await answer.json()) as { errors?: unknown }).errors).toBeUndefined();
    expect(answer.headers.get('x-request-id')).toBe('portal-4711');
    const asked = lines().filter(({ msg }) => msg === 'sent a request to the PSA');
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.map(({ requestId }) => requestId)).toEqual(asked.map(() => 'portal-4711'));
  });

  it.each([
    ['none', undefined],
    ['one that could forge a line', 'a"}{"level":60'],
    ['one that is too long', 'x'.repeat(101)],
  ])('is given an id where it was sent with %s', async (_case, sent) => {
    const ids = await Promise.all(
      [1, 2].map(async () =>
        (await send('{ viewer { role } }', sent ? { 'x-request-id': sent } : {})).headers.get('x-request-id'),
      ),
    );
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('has an id in its answer even if it cannot be parsed', async () => {
    const answer = await fetch(`${bridge.service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'broken-1' },
      body: '{',
    });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([400, 'broken-1']);
  });
});

describe('a worker’s log', () => {
  it('names job, integration and delivery, also for requests to the PSA', async () => {
    bridge.sandbox.faults.inject(
      { method: 'POST', path: /^\/service\/tickets$/, body: /LOGGED-1/ },
      faults.invalid('ticket', 'summary', 'No.'),
    );
    await partner.reportJob(1, { externalId: 'LOGGED-1', device: 'LOGGED-1' });
    const { id } = (await partner.settled())[0]!;
    const about = lines().filter(({ delivery }) => delivery === id);
    expect(about.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['sent a request to the PSA', 'an attempt failed']),
    );
    for (const line of about) {
      expect(line).toMatchObject({ job: 'deliver', integration: partner.integrationId });
      expect(line.requestId).toBeUndefined();
    }
  });
});
