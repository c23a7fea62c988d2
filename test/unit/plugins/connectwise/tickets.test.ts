import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { faults } from '../../../../plugins/connectwise/sandbox/faults.js';
import type { Sandbox } from '../../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import type { PsaAdapter, TicketDraft } from '../../../../src/psa/adapter.js';
import { PsaBusy, PsaRejected, PsaSurprise, PsaUnreachable } from '../../../../src/psa/errors.js';
import { connectWise, type Outside, psaEnvironment } from '../../../support/on-sandbox.js';

let sandbox: Sandbox;
let environment: Outside;
let adapter: PsaAdapter;
beforeAll(async () => {
  sandbox = await startSandbox();
  environment = psaEnvironment([sandbox.host]);
  adapter = connectWise(sandbox.host, environment);
});
afterEach(() => sandbox.faults.clear());
afterAll(async () => {
  await environment.close();
  await sandbox.close();
});

let references = 0;
const draft = (more: Partial<TicketDraft> = {}): TicketDraft => {
  references += 1;
  return {
    reference: `psa-bridge-${references}`,
    summary: 'Backup failed',
    body: 'Disk full.',
    companyId: '250',
    ...more,
  };
};
const failure = (more: Partial<TicketDraft> = {}) =>
  adapter.createTicket(draft(more)).then(
    () => expect.unreachable('it did not fail'),
    error => error,
  );
const idOf = (rows: { id: number; name: string; board?: { id: number } }[], name: string, board = 1) =>
  String(rows.find(row => row.name === name && (row.board === undefined || row.board.id === board))!.id);

describe('a ticket', () => {
  test('has the chosen board, type, subtype and priority, and sends no mail', async () => {
    const { store } = sandbox;
    const ticket = draft({
      boardId: '1',
      typeId: idOf(store.types.all(), 'Backup'),
      subtypeId: idOf(store.subtypes.all(), 'Failure'),
      priorityId: idOf(store.priorities.all(), 'Priority 1 - Emergency Response'),
    });
    await adapter.createTicket(ticket);
    expect(store.ticketsByReference(ticket.reference)).toMatchObject([
      {
        board: { name: 'Integration' },
        type: { name: 'Backup' },
        subType: { name: 'Failure' },
        priority: { name: 'Priority 1 - Emergency Response' },
        recordType: 'ServiceTicket',
        automaticEmailContactFlag: false,
      },
    ]);
  });

  test('links to its page in ConnectWise', async () => {
    const { id, url } = await adapter.createTicket(draft());
    expect(url).toBe(
      `http://${sandbox.host}/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid=${id}&companyName=company_f`,
    );
  });

  test('has a summary of at most 100 characters, never with a part of one, and the whole text below', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 160 }), async text => {
        fc.pre(text.trim() !== '');
        const ticket = draft({ summary: text, body: text });
        const { summary } = await adapter.createTicket(ticket);
        expect(summary.length).toBeLessThanOrEqual(100);
        expect(summary.isWellFormed()).toBe(true);
        const line = text.replace(/\s+/g, ' ').trim();
        expect(line.startsWith(summary.replace(/…$/, ''))).toBe(true);
        const [stored] = sandbox.store.ticketsByReference(ticket.reference);
        expect(sandbox.store.textsOf(stored!.id)).toEqual([text]);
      }),
      { numRuns: 100 },
    );
  });

  test("whose status or type belongs to another board is rejected with ConnectWise's message", async () => {
    const error = await failure({ boardId: '1', typeId: idOf(sandbox.store.types.all(), 'Request', 2) });
    expect(error).toBeInstanceOf(PsaRejected);
    expect(error.fieldErrors).toEqual([
      {
        field: 'type/id',
        message: expect.stringMatching(/^Service Type \d+ not found for Service Board 1$/),
      },
    ]);
  });
});

describe('an answer to a ticket', () => {
  test.each([
    [
      '429 with Retry-After',
      faults.tooManyRequests(7),
      PsaBusy,
      { retryAfterMs: 7_000, mayHaveBeenCarriedOut: false },
    ],
    ['429 with the time only in its body', faults.tooManyRequests(), PsaBusy, { retryAfterMs: 30_000 }],
    ['ConnectWise’s own time-out', faults.ownTimeout(), PsaUnreachable, { mayHaveBeenCarriedOut: true }],
    ['502 with HTML', faults.unavailable(502), PsaUnreachable, { mayHaveBeenCarriedOut: true }],
    ['503 with HTML', faults.unavailable(503), PsaUnreachable, { mayHaveBeenCarriedOut: true }],
    [
      '504 with HTML after the write',
      faults.gatewayTimeoutAfterWrite(),
      PsaUnreachable,
      { mayHaveBeenCarriedOut: true },
    ],
    ['half of its JSON', { kind: 'truncate' }, PsaSurprise, { mayHaveBeenCarriedOut: true }],
    [
      'a connection that breaks within it',
      { kind: 'reset', when: 'during' },
      PsaUnreachable,
      { mayHaveBeenCarriedOut: true },
    ],
    [
      'an HTML page and 200',
      { kind: 'statusAfter', status: 200, body: '<html>Hello</html>', contentType: 'text/html' },
      PsaSurprise,
      { mayHaveBeenCarriedOut: true },
    ],
    [
      'an empty object',
      { kind: 'statusAfter', status: 201, body: '{}' },
      PsaSurprise,
      { mayHaveBeenCarriedOut: true },
    ],
    [
      'null',
      { kind: 'statusAfter', status: 201, body: 'null' },
      PsaSurprise,
      { mayHaveBeenCarriedOut: true },
    ],
    ['nothing', { kind: 'statusAfter', status: 201, body: '' }, PsaSurprise, { mayHaveBeenCarriedOut: true }],
    [
      '500 about a value that cannot be converted',
      {
        kind: 'status',
        status: 500,
        body: '{"code":"ConnectWiseApi","message":"Error converting value \\"x\\" to type of \'id\'.","errors":null}',
      },
      PsaRejected,
      { mayHaveBeenCarriedOut: false },
    ],
    [
      'a bare 500',
      { kind: 'status', status: 500, body: 'null' },
      PsaSurprise,
      { mayHaveBeenCarriedOut: true },
    ],
    [
      '400 about a field',
      faults.invalid('ticket', 'status/id', 'Service Status 17 not found for Service Board 21'),
      PsaRejected,
      { mayHaveBeenCarriedOut: false, fieldErrors: [expect.objectContaining({ field: 'status/id' })] },
    ],
  ] as const)('that is %s', async (_what, fault, kind, properties) => {
    sandbox.faults.inject({ method: 'POST' }, fault);
    const error = await failure();
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(properties);
  });

  test('that arrives slowly is good', async () => {
    sandbox.faults.inject({ method: 'POST' }, { kind: 'slowBody', ms: 500 });
    await expect(adapter.createTicket(draft())).resolves.toBeDefined();
  });
});

test('looking up 2,000 references takes pages with short URLs', async () => {
  const made = await Promise.all([draft(), draft()].map(ticket => adapter.createTicket(ticket)));
  sandbox.requests.clear();
  const references = Array.from({ length: 2_000 }, (_, n) => `psa-bridge-01a2b3c4-d5e6-7f80-9102-${n}`);
  const found = await adapter.findTickets([...references, ...made.map(({ reference }) => reference)]);
  expect(found.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
  expect(Math.max(...sandbox.requests.latest().map(({ urlLength }) => urlLength))).toBeLessThan(1_950);
  expect(sandbox.requests.total).toBeLessThan(80);
});
