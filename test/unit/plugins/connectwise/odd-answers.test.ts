import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import type { PsaAdapter } from '../../../../src/psa/adapter.js';
import { PsaBusy, type PsaError, PsaRejected, PsaSurprise } from '../../../../src/psa/errors.js';
import { connectWise, type Outside, psaEnvironment } from '../../../support/on-sandbox.js';

let sandbox: Sandbox;
let environment: Outside;
let adapter: PsaAdapter;
beforeEach(async () => {
  sandbox = await startSandbox();
  environment = psaEnvironment([sandbox.host]);
  adapter = connectWise(sandbox.host, environment);
});
afterEach(async () => {
  await environment.close();
  await sandbox.close();
});

function answers(body: unknown, { status = 200, method = 'GET', times = 1 } = {}): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  sandbox.faults.inject({ method }, { kind: 'status', status, body: text }, { times });
}

const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('it succeeded'),
    (error: PsaError) => error,
  );

describe('a list that does not have ConnectWise’s form is a surprise', () => {
  test.each([
    ['null', null],
    ['an object', { id: 1 }],
    ['a text', 'rows'],
    ['an object whose length is no number', { length: { toString: 1 } }],
    ['rows that are null', [null]],
    ['a row without id', [{ name: 'Board' }]],
    ['a row without name', [{ id: 1 }]],
    ['an invalid id', [{ id: '1', name: 'Board' }]],
    ['an invalid name', [{ id: 1, name: { toString: 1 } }]],
  ])('%s', async (_what, body) => {
    answers(JSON.stringify(body));
    expect(await failure(adapter.listServiceBoards())).toBeInstanceOf(PsaSurprise);
  });

  test('200,000 rows in place of 1,000', async () => {
    const rows = Array.from({ length: 200_000 }, (_, n) => ({ id: n + 1, name: 'x' }));
    answers(rows, { times: 2 });
    expect(await failure(adapter.listTicketPriorities())).toBeInstanceOf(PsaSurprise);
  });

  test('the same page repeatedly', async () => {
    answers(Array(1_000).fill({ id: 1, name: 'again' }), { times: Number.POSITIVE_INFINITY });
    expect(await failure(adapter.listTicketPriorities())).toBeInstanceOf(PsaSurprise);
  });
});

describe('an error body that does not have ConnectWise’s form', () => {
  test.each([
    ['its errors are not a list', { message: 'No.', errors: 5 }],
    ['its errors are null', { message: 'No.', errors: [null] }],
    ['its message is an object', { message: { toString: 1 }, errors: [{ message: {} }] }],
  ])('is a rejection nevertheless: %s', async (_what, body) => {
    answers(body, { status: 400 });
    expect(await failure(adapter.listServiceBoards())).toBeInstanceOf(PsaRejected);
  });

  test('gives a message that can be stored and read', async () => {
    answers({ message: `\u0000\ud800${'word '.repeat(10_000)}` }, { status: 400 });
    const { message } = await failure(adapter.listServiceBoards());
    expect(message).not.toContain('\u0000');
    expect(message.isWellFormed()).toBe(true);
    expect(message.length).toBeLessThan(1_100);
  });

  test('asks for a pause of one day at most', async () => {
    answers({ message: `Please try again in ${'9'.repeat(40)} seconds` }, { status: 429 });
    const error = await failure(adapter.listServiceBoards());
    expect(error).toBeInstanceOf(PsaBusy);
    expect((error as PsaBusy).retryAfterMs).toBe(24 * 3_600_000);
  });
});

test('names lose what PostgreSQL cannot store', async () => {
  answers([{ id: 1, name: 'Nul\u0000 and half \ud800' }]);
  expect(await adapter.listTicketPriorities()).toEqual([{ id: '1', name: 'Nul and half \ufffd' }]);
});

test('a cross-reference whose agreement type has no id is not active', async () => {
  sandbox.faults.inject(
    { path: /crossReferences$/ },
    {
      kind: 'status',
      status: 200,
      body: '[{"id":1,"vendorType":"Backup Usage","vendorLevel":"Default","agreementType":{"id":null},"product":{"id":2}}]',
    },
  );
  expect(await adapter.listBillingLevels()).toMatchObject([{ agreementType: undefined, active: false }]);
});

describe('a new ticket', () => {
  const draft = { reference: 'event:1', summary: 'Failed', body: '', companyId: '1' };

  test.each([
    ['null', null],
    ['no id', { summary: 'Failed' }],
    ['an id that is not a whole number', { id: 1.5, summary: 'Failed' }],
    ['another ticket', { id: 1, summary: 'Failed', externalXRef: 'event:2' }],
  ])('may be there when the answer shows %s', async (_what, body) => {
    answers(JSON.stringify(body), { status: 201, method: 'POST' });
    const error = await failure(adapter.createTicket(draft));
    expect(error).toBeInstanceOf(PsaSurprise);
    expect(error.mayHaveBeenCarriedOut).toBe(true);
  });
});

describe('a quantity', () => {
  const place = {
    agreementId: 1,
    productId: 2,
    additionId: 3,
    onDate: '2026-11-23',
    startDate: null,
    billStartDate: null,
    nextInvoiceDate: null,
    lastDay: null,
  };
  const set = (quantity: string) =>
    adapter.setBilledQuantity({ key: 'k', description: 'd', quantity: '24', place }, quantity, {
      start: '2026-10-23',
      end: '2026-11-22',
    });

  test.each(['1e400', '1e-400', '1e999999999', '"much"', '{}', 'true'])(
    'that ConnectWise shows as %s is a surprise, not a crash',
    async shown => {
      answers(`{"id":3,"product":{"id":2},"quantity":${shown}}`, { method: 'PATCH' });
      const error = await failure(set('0'));
      expect(error).toBeInstanceOf(PsaSurprise);
      expect(error.mayHaveBeenCarriedOut).toBe(true);
    },
  );

  test('that is read back in another form is a surprise that may have been carried out', async () => {
    answers('{"id":3,"product":{"id":2},"quantity":0}', { method: 'PATCH' });
    answers('{"id":3,"product":{"id":2},"quantity":"much"}');
    const error = await failure(set('0'));
    expect(error).toBeInstanceOf(PsaSurprise);
    expect(error.mayHaveBeenCarriedOut).toBe(true);
  });

  test('that ConnectWise shows with an exponent is read exactly', async () => {
    const shown = '{"id":3,"product":{"id":2},"quantity":1.5E2}';
    answers(shown, { method: 'PATCH' });
    answers(shown);
    expect(await set('150')).toMatchObject({ state: 'APPLIED', after: '150' });
  });
});
