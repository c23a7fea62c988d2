import https from 'node:https';
import { type CWMOptions, ManageAPI } from 'connectwise-rest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faults } from '../../../../../plugins/connectwise/sandbox/faults.js';
import type { Sandbox } from '../../../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN, SANDBOX_SOLUTION } from '../../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../../plugins/connectwise/sandbox/server.js';
import { ownCertificate } from '../../../../support/certificate.js';

// This client was written against the real ConnectWise, by people who do not know this sandbox.
let sandbox: Sandbox;
let connectWise: ManageAPI;
const client = (options: Partial<CWMOptions> = {}) =>
  new ManageAPI({
    companyId: SANDBOX_LOGIN.companyId,
    companyUrl: sandbox.host,
    publicKey: SANDBOX_LOGIN.keys.username,
    privateKey: SANDBOX_LOGIN.keys.password,
    clientId: '00000000-0000-4000-8000-000000000001',
    logger: () => {},
    ...options,
  });

beforeAll(async () => {
  const tls = await ownCertificate();
  sandbox = await startSandbox({ tls });
  https.globalAgent.options.ca = tls.cert;
  connectWise = client();
});
afterAll(() => sandbox.close());

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('was not refused');
    },
    error => error as { status: number; data: { code: string; errors: { code: string; field: string }[] } },
  );

describe('connectwise-rest', () => {
  test('reads every company by pages', async () => {
    const all = await connectWise.paginate(
      connectWise.CompanyAPI.getCompanyCompanies,
      { pageSize: 500 },
      { conditions: 'deletedFlag=false', orderBy: 'id asc', fields: 'id,name' },
    );
    expect(new Set((all as { id: number }[]).map(({ id }) => id)).size).toBe(all.length);
    expect(all.length).toBe(sandbox.store.companies.all().filter(row => !row.deletedFlag).length);
  });

  test('creates a ticket, reads it, adds a note, closes it and finds it by its reference', async () => {
    const { ServiceAPI } = connectWise;
    const [board] = await ServiceAPI.getServiceBoards({ conditions: 'name="Integration"' });
    const ticket = await ServiceAPI.postServiceTickets({
      summary: 'Opened by connectwise-rest',
      company: { identifier: 'PMCustomer1' },
      board: { id: board!.id },
      externalXRef: 'rest-1',
      initialDescription: 'First line\nsecond line',
    });
    await ServiceAPI.postServiceTicketsByParentIdNotes(ticket.id!, {
      text: 'noted',
      internalAnalysisFlag: true,
    });
    const [closed] = await ServiceAPI.getServiceBoardsByParentIdStatuses(board!.id!, {
      conditions: 'closedStatus=true and inactive=false',
    });
    const patched = await ServiceAPI.patchServiceTicketsById(ticket.id!, [
      { op: 'replace', path: 'status', value: { id: closed!.id } as unknown as Record<string, unknown> },
    ]);
    expect(patched).toMatchObject({ closedFlag: true, status: { name: 'Closed' } });
    const found = await ServiceAPI.getServiceTickets({ conditions: 'externalXRef="rest-1"' });
    expect(found.map(({ id }) => id)).toEqual([ticket.id]);
    const notes = await ServiceAPI.getServiceTicketsByParentIdNotes(ticket.id!, { orderBy: 'id asc' });
    expect(notes.map(({ text }) => text)).toEqual(['First line\nsecond line', 'noted']);
  });

  test('follows a cross-reference to the addition and changes its quantity', async () => {
    const { CompanyAPI, FinanceAPI } = connectWise;
    const integrations = await CompanyAPI.getCompanyManagedDevicesIntegrations({
      conditions: `name="${SANDBOX_SOLUTION}"`,
    });
    const ours = integrations.find(
      row => row.name === SANDBOX_SOLUTION && row.solution === SANDBOX_SOLUTION,
    )!;
    const [level] = await CompanyAPI.getCompanyManagedDevicesIntegrationsByParentIdCrossReferences(ours.id!, {
      conditions: 'vendorType="Backup Usage" and vendorLevel="Default"',
    });
    const [agreement] = await FinanceAPI.getFinanceAgreements({
      conditions: `company/identifier="PMCustomer1" and type/id=${level!.agreementType!.id} and agreementStatus="Active"`,
    });
    const additions = await FinanceAPI.getFinanceAgreementsByParentIdAdditions(agreement!.id!, {});
    const addition = additions.find(row => row.product!.id === level!.product!.id)!;
    const changed = await FinanceAPI.patchFinanceAgreementsByParentIdAdditionsById(
      addition.id!,
      agreement!.id!,
      [{ op: 'replace', path: 'quantity', value: 31 as unknown as Record<string, unknown> }],
    );
    expect(changed).toMatchObject({ quantity: 31, billedQuantity: 31 });
    expect(sandbox.store.additions.get(addition.id!)!.quantity).toBe(31);
  });

  test('adds an addition', async () => {
    const { FinanceAPI, ProcurementAPI } = connectWise;
    const [agreement] = await FinanceAPI.getFinanceAgreements({
      conditions: 'company/name="No Addition Corp"',
    });
    const [product] = await ProcurementAPI.getProcurementCatalog({
      conditions: 'identifier="Protected Machines"',
    });
    const added = await FinanceAPI.postFinanceAgreementsByParentIdAdditions(agreement!.id!, {
      product: { id: product!.id },
      quantity: 3,
      billCustomer: 'Billable',
      effectiveDate: '2026-01-01T00:00:00Z',
    });
    expect(added).toMatchObject({ quantity: 3, unitPrice: 4, extPrice: 12 });
  });

  test('lists members, priorities, catalog and agreement types', async () => {
    const { SystemAPI, ServiceAPI, FinanceAPI } = connectWise;
    expect(await SystemAPI.getSystemMembers()).toHaveLength(1);
    expect(await ServiceAPI.getServicePrioritiesCount({})).toEqual({ count: 5 });
    expect(await FinanceAPI.getFinanceAgreementsTypes({ conditions: 'name="Cloud Backup"' })).toHaveLength(1);
    expect(await SystemAPI.getSystemInfo()).toMatchObject({ isCloud: true });
  });

  test('registers a callback once', async () => {
    const callback = { url: 'https://example.com/?recordId=', objectId: 1, type: 'Ticket', level: 'Owner' };
    const made = await connectWise.SystemAPI.postSystemCallbacks(callback);
    const error = await refusal(connectWise.SystemAPI.postSystemCallbacks(callback));
    expect(error.data.errors[0]).toMatchObject({ code: 'ObjectExists', field: 'objectId' });
    await connectWise.SystemAPI.deleteSystemCallbacksById(made.id!);
    expect(await connectWise.SystemAPI.getSystemCallbacks({})).toEqual([]);
  });

  test.each([
    ['wrong keys', { privateKey: 'wrong' }, 401],
    ['another company', { companyId: 'nobody' }, 401],
    ['an unknown code base', { entryPoint: 'v2019_3' }, 404],
  ] as const)('is refused with %s', async (_what, options, status) => {
    expect((await refusal(client(options).ServiceAPI.getServiceBoards())).status).toBe(status);
  });

  test('understands a rejected ticket', async () => {
    const error = await refusal(
      connectWise.ServiceAPI.postServiceTickets({ summary: 'x'.repeat(101), company: { id: 250 } }),
    );
    expect(error).toMatchObject({
      status: 400,
      data: { code: 'InvalidObject', errors: [{ code: 'MaxLengthField', field: 'summary' }] },
    });
  });

  test('sees a broken connection as no answer', async () => {
    sandbox.faults.inject({ method: 'GET', path: /boards/ }, { kind: 'reset', when: 'before' });
    const error = await refusal(connectWise.ServiceAPI.getServiceBoards());
    expect(error).toMatchObject({ status: undefined, message: 'socket hang up' });
    await expect(connectWise.ServiceAPI.getServiceBoards()).resolves.toHaveLength(4);
  });

  test('sees the special body of a 429', async () => {
    sandbox.faults.inject({}, faults.tooManyRequests(7));
    const error = await refusal(connectWise.ServiceAPI.getServiceBoards());
    expect(error).toMatchObject({ status: 429, data: { error: 'ConnectWiseAPI' } });
  });
});
