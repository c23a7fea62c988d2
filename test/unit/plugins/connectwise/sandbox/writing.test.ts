import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SANDBOX_LOGIN } from '../../../../../plugins/connectwise/sandbox/seed.js';
import { type SandboxApi, startSandboxApi } from '../../../../support/sandbox-api.js';

let api: SandboxApi;
beforeAll(async () => {
  api = await startSandboxApi();
});
afterAll(() => api.close());

const idOf = (rows: { id: number; name?: string; board?: { id: number } }[], name: string, board?: number) =>
  rows.find(row => row.name === name && (board === undefined || row.board?.id === board))!.id;

describe('a new ticket', () => {
  const post = (body: object) => api.call('POST', '/service/tickets', { body });

  test('is returned expanded, with the defaults of its board, and its text becomes a note', async () => {
    const { status, json } = await post({
      summary: 'Backup failed',
      company: { identifier: 'PMCustomer1' },
      board: { name: 'Integration' },
      initialDescription: 'Disk full.',
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      summary: 'Backup failed',
      recordType: 'ServiceTicket',
      company: { id: 250, name: 'PM Customer #1' },
      board: { id: 1, name: 'Integration' },
      status: { name: 'New' },
      priority: { name: 'Priority 3 - Normal Response' },
      severity: 'Medium',
      closedFlag: false,
      _info: { enteredBy: SANDBOX_LOGIN.keys.username },
    });
    expect(json).not.toHaveProperty('initialDescription');
    const notes = await api.get(`/service/tickets/${json.id}/notes`);
    expect(notes.json).toMatchObject([{ text: 'Disk full.', detailDescriptionFlag: true }]);
  });

  const company = { id: 250 };
  test.each([
    ['no summary', { company }, 400, 'MissingRequiredField', 'summary'],
    ['no company', { summary: 'x' }, 400, 'MissingRequiredField', 'company'],
    ['a summary of 101 characters', { summary: 'x'.repeat(101), company }, 400, 'MaxLengthField', 'summary'],
    ['an unknown company', { summary: 'x', company: { id: 9 } }, 400, 'NotFound', 'company/id'],
    ['an unknown board', { summary: 'x', company, board: { id: 99 } }, 400, 'NotFound', 'board/id'],
    ['an unknown enum member', { summary: 'x', company, impact: 'Huge' }, 400, 'InvalidEnum', 'impact'],
  ] as const)('with %s is refused', async (_what, body, status, code, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(answer.json.code).toBe('InvalidObject');
    expect(answer.json.errors).toContainEqual(expect.objectContaining({ code, field, resource: 'ticket' }));
  });

  test('with a member that tickets do not have is rejected completely', async () => {
    const { status, json } = await post({ summary: 'x', company, colour: 'red' });
    expect(status).toBe(400);
    expect(json.message).toContain("Could not find member 'colour' on object of type 'Ticket'");
  });

  test('with a wrong type is answered 500, as by the real one', async () => {
    const { status, json } = await post({ summary: 7, company });
    expect(status).toBe(500);
    expect(json).toMatchObject({
      code: 'ConnectWiseApi',
      message: expect.stringContaining('Error converting value'),
    });
  });

  test("with another board's status, type or subtype is rejected", async () => {
    const board = { id: 1 };
    for (const [member, rows] of [
      ['status', api.store.statuses.all()],
      ['type', api.store.types.all()],
      ['subType', api.store.subtypes.all()],
    ] as const) {
      const other = rows.find(row => (row as { board?: { id: number } }).board?.id === 2)!;
      const { json } = await post({ summary: 'x', company, board, [member]: { id: other.id } });
      expect(json.errors[0]).toMatchObject({
        code: 'NotFound',
        field: `${member}/id`,
        message: expect.stringContaining('not found for Service Board 1'),
      });
    }
  });

  test('with a subtype that is not associated with the type is rejected', async () => {
    const { json } = await post({
      summary: 'x',
      company,
      board: { id: 1 },
      type: { id: idOf(api.store.types.all(), 'Backup', 1) },
      subType: { id: idOf(api.store.subtypes.all(), 'Invoice', 1) },
    });
    expect(json.errors[0].message).toContain('is not associated with Service Type');
  });
});

describe('a changed ticket', () => {
  let id: number;
  const patch = (body: unknown, login?: { username: string; password: string }) =>
    api.call('PATCH', `/service/tickets/${id}`, { body, login });
  beforeEach(async () => {
    const body = { summary: 'x', company: { id: 250 }, board: { id: 1 } };
    id = (await api.call('POST', '/service/tickets', { body })).json.id;
  });

  test('accepts bare member names and names with a leading slash', async () => {
    await patch([{ op: 'replace', path: 'summary', value: 'bare' }]);
    const { status, json } = await patch([{ op: 'replace', path: '/severity', value: 'High' }]);
    expect(status).toBe(200);
    expect(json).toMatchObject({ summary: 'bare', severity: 'High' });
  });

  test('is closed by a closing status, which needs the right to close', async () => {
    const value = { id: idOf(api.store.statuses.all(), 'Closed', 1) };
    api.store.addCredential({
      user: 'agent',
      secret: 'agent',
      rights: new Set(['serviceTickets']),
    });
    const close = [{ op: 'replace', path: 'status', value }];
    expect((await patch(close, { username: 'agent', password: 'agent' })).status).toBe(403);
    const { json } = await patch(close);
    expect(json).toMatchObject({ closedFlag: true, closedBy: SANDBOX_LOGIN.keys.username });
    expect(json.closedDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('answers 200 to a path into an object without any effect, unless the option applies it', async () => {
    const { id: waiting } = api.store.statuses.all().find(row => row.name === 'In Progress')!;
    const change = [{ op: 'replace', path: 'status/id', value: waiting }];
    expect((await patch(change)).json.status.name).toBe('New');
    api.options.patchSubPaths = 'applied';
    expect((await patch(change)).json.status.name).toBe('In Progress');
    api.options.patchSubPaths = 'ignored';
  });

  test.each([
    ['a member in another case', [{ op: 'replace', path: 'Summary', value: 'x' }]],
    ['an unknown member', [{ op: 'replace', path: 'colour', value: 'x' }]],
    ['an unknown operation', [{ op: 'move', path: 'summary', value: 'x' }]],
    ['a read-only member', [{ op: 'replace', path: 'closedFlag', value: true }]],
    ['a text for the create-only description', [{ op: 'replace', path: 'initialDescription', value: 'x' }]],
    ['a date without a time', [{ op: 'replace', path: 'requiredDate', value: '2026-11-30' }]],
    ['no list', { op: 'replace', path: 'summary', value: 'x' }],
  ])('is refused with %s', async (_what, body) => {
    expect((await patch(body)).status).toBe(400);
  });

  test('to another board needs a status of that board in the same request', async () => {
    const alone = await patch([{ op: 'replace', path: 'board', value: { id: 2 } }]);
    expect(alone.status).toBe(400);
    const both = await patch([
      { op: 'replace', path: 'board', value: { id: 2 } },
      { op: 'replace', path: 'status', value: { name: 'New' } },
    ]);
    expect(both.json).toMatchObject({ board: { name: 'Service Desk' }, status: { name: 'New' } });
  });

  test('that is already invalid cannot be patched in another field either', async () => {
    const ticket = api.store.tickets.get(id)!;
    api.store.tickets.change(ticket, { summary: 'x'.repeat(120) });
    const { status, json } = await patch([{ op: 'replace', path: 'severity', value: 'High' }]);
    expect(status).toBe(400);
    expect(json.errors[0]).toMatchObject({ code: 'MaxLengthField', field: 'summary' });
  });

  test('gets notes, which need a section and reject unknown members', async () => {
    const note = (body: object) => api.call('POST', `/service/tickets/${id}/notes`, { body });
    expect((await note({ text: 'seen', internalAnalysisFlag: true })).status).toBe(201);
    expect((await note({ text: 'seen' })).status).toBe(400);
    expect((await note({ text: 'seen', internalAnalysisFlag: true, emailContactFlag: true })).status).toBe(
      400,
    );
  });

  test('is deleted with 204', async () => {
    expect((await api.call('DELETE', `/service/tickets/${id}`)).status).toBe(204);
    expect((await api.get(`/service/tickets/${id}`)).status).toBe(404);
  });
});

describe('an addition', () => {
  let agreementId: number;
  const product = () => ({ id: api.store.catalog.all()[0]!.id });
  const post = (body: object) => api.call('POST', `/finance/agreements/${agreementId}/additions`, { body });
  beforeEach(() => {
    agreementId = api.store.addAgreement({
      company: { id: 250 },
      type: { id: 1 },
      billStartDate: '2026-02-01T00:00:00Z',
      nextInvoiceDate: '2026-11-01T00:00:00Z',
    }).id;
  });
  const effectiveDate = '2026-11-01T00:00:00Z';

  test('gets price and text from the catalog and shows derived amounts', async () => {
    const { status, json } = await post({
      product: product(),
      billCustomer: 'Billable',
      quantity: 24,
      effectiveDate,
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      billedQuantity: 24,
      unitPrice: 0.15,
      description: 'Arcserve UDP Cloud Direct',
    });
    expect(json.extPrice).toBeCloseTo(3.6);
  });

  test.each([
    ['no product', { billCustomer: 'Billable' }, 'product'],
    ['no billCustomer', { product: { id: 40 } }, 'billCustomer'],
    [
      'NoDefault, which only tickets know',
      { product: { id: 40 }, billCustomer: 'NoDefault' },
      'billCustomer',
    ],
    [
      'a start before the billing of the agreement',
      { product: { id: 40 }, billCustomer: 'Billable', effectiveDate: '2026-01-01T00:00:00Z' },
      'effectiveDate',
    ],
    [
      'a start in an invoiced period',
      { product: { id: 40 }, billCustomer: 'Billable', effectiveDate: '2026-10-01T00:00:00Z' },
      'effectiveDate',
    ],
    [
      'a bundle',
      { product: { identifier: 'Backup bundle' }, billCustomer: 'Billable', effectiveDate },
      'product/id',
    ],
  ] as const)('with %s is refused', async (_what, body, field) => {
    const { status, json } = await post(body);
    expect(status).toBe(400);
    expect(json.errors).toContainEqual(expect.objectContaining({ field, resource: 'addition' }));
  });

  test('may begin in an invoiced period if the agreement prorates', async () => {
    api.store.agreements.change(api.store.agreements.get(agreementId)!, { prorateFlag: true });
    const effectiveDate = '2026-10-01T00:00:00Z';
    expect((await post({ product: product(), billCustomer: 'Billable', effectiveDate })).status).toBe(201);
  });

  test('keeps its history, and may exist beside another one of the product', async () => {
    const body = { product: product(), billCustomer: 'Billable', quantity: 1, effectiveDate };
    const { json } = await post(body);
    await post(body);
    await api.call('PATCH', `/finance/agreements/${agreementId}/additions/${json.id}`, {
      body: [{ op: 'replace', path: 'quantity', value: 2.5 }],
    });
    expect(api.store.changesOf(json.id)).toMatchObject([
      { field: 'quantity', before: null, after: 1 },
      { field: 'quantity', before: 1, after: 2.5 },
    ]);
    expect((await api.get(`/finance/agreements/${agreementId}/additions`)).json).toHaveLength(2);
  });

  test('cannot be deleted once it is invoiced (our choice)', async () => {
    const invoiced = api.store.addAddition({ agreementId, product: product() });
    expect(
      (await api.call('DELETE', `/finance/agreements/${agreementId}/additions/${invoiced.id}`)).status,
    ).toBe(409);
  });

  test('is not found under another agreement', async () => {
    const [other] = api.store.additions.all();
    expect((await api.get(`/finance/agreements/${agreementId}/additions/${other!.id}`)).status).toBe(404);
  });
});
