import { describe, expect, it, vi } from 'vitest';
import type { BillingTarget, Credentials, PsaAdapter, PsaPlugin } from '../../../src/psa/adapter.js';
import type { PsaCapability } from '../../../src/psa/capabilities.js';
import { PsaRejected, PsaSurprise } from '../../../src/psa/errors.js';
import { installedPlugin } from '../../../src/psa/installed-plugin.js';
import { psaEnvironment } from '../../support/on-sandbox.js';

const environment = psaEnvironment([]);
const target: BillingTarget = { key: 'k', description: 'd', quantity: '1', place: {} };
const period = { start: '2026-10-23', end: '2026-11-22' };
const draft = { reference: 'event:1', summary: 'Failed', body: '', companyId: '1' };
const request = { companyId: '1', usageType: 'Backup Usage', level: 'Default' };

/** A plugin with the given operations, connected as the service connects it. */
function connected(capabilities: PsaCapability[], operations: Partial<PsaAdapter> = {}): PsaAdapter {
  const plugin: PsaPlugin = {
    id: 'examplepsa',
    name: 'Example PSA',
    credentialFields: [],
    capabilities,
    readCredentials: credentials => ({ credentials }),
    accountKey: ({ site }: Credentials) => `${site}`,
    connect: () => operations as PsaAdapter,
  };
  return installedPlugin(plugin).connect({}, environment);
}

describe('an operation whose capability the plugin does not declare', () => {
  const cases: [
    operation: keyof PsaAdapter,
    call: (adapter: PsaAdapter) => Promise<unknown>,
    answer: unknown,
  ][] = [
    ['listServiceBoards', adapter => adapter.listServiceBoards(), []],
    ['listServiceTypes', adapter => adapter.listServiceTypes('1'), []],
    ['listTicketPriorities', adapter => adapter.listTicketPriorities(), []],
    ['findTickets', adapter => adapter.findTickets(['event:1']), []],
    ['listBillingLevels', adapter => adapter.listBillingLevels(), []],
    [
      'resolveBillingTargets',
      adapter => adapter.resolveBillingTargets([request, request], { createMissing: true, onDate: '' }),
      Array(2).fill(expect.objectContaining({ state: 'UNRESOLVED', reason: 'NOT_SUPPORTED' })),
    ],
    [
      'setBilledQuantity',
      adapter => adapter.setBilledQuantity(target, '1', period),
      expect.objectContaining({ state: 'REFUSED', reason: 'NOT_SUPPORTED' }),
    ],
  ];
  it.each(cases)('never reaches the plugin: %s', async (operation, call, answer) => {
    const own = vi.fn();
    expect(await call(connected([], { [operation]: own }))).toEqual(answer);
    expect(own).not.toHaveBeenCalled();
  });

  it('never reaches the plugin: createTicket, which is rejected', async () => {
    const createTicket = vi.fn();
    const error = await connected([], { createTicket })
      .createTicket(draft)
      .catch(error => error);
    expect(error).toBeInstanceOf(PsaRejected);
    expect(error.message).toContain('Example PSA');
    expect(createTicket).not.toHaveBeenCalled();
  });
});

describe('a declared operation', () => {
  it('is called with the given arguments, on the adapter itself', async () => {
    const adapter = {
      level: 'Gold',
      async listBillingLevels() {
        return [{ level: this.level, usageType: 'Backup Usage', active: true }];
      },
    };
    expect(await connected(['BILLING_LEVELS'], adapter).listBillingLevels()).toMatchObject([
      { level: 'Gold' },
    ]);
  });

  it('that the adapter lacks is an UNEXPECTED error with its name', async () => {
    const error = await connected(['TICKETS'])
      .createTicket(draft)
      .catch(error => error);
    expect(error).toBeInstanceOf(PsaSurprise);
    expect(error.message).toContain('createTicket');
  });

  it('may throw before it returns a promise', async () => {
    const failing = connected(['BILLING_LEVELS'], {
      listBillingLevels: () => {
        throw new PsaRejected('no');
      },
    });
    await expect(failing.listBillingLevels()).rejects.toBeInstanceOf(PsaRejected);
  });
});

describe('the texts of an answer', () => {
  const odd = 'Nul\u0000 and half \ud800';
  const clean = 'Nul and half \ufffd';

  it('are stripped of what PostgreSQL cannot store, at every depth', async () => {
    const adapter = connected(['AGREEMENT_ADDITIONS'], {
      resolveBillingTargets: async () => [
        { state: 'RESOLVED', target: { ...target, description: odd, place: { [odd]: [odd, 1, null] } } },
      ],
    });
    expect(await adapter.resolveBillingTargets([request], { createMissing: false, onDate: '' })).toEqual([
      { state: 'RESOLVED', target: { ...target, description: clean, place: { [clean]: [clean, 1, null] } } },
    ]);
  });

  it('include the account key', () => {
    const plugin = installedPlugin({
      id: 'examplepsa',
      name: 'Example PSA',
      credentialFields: [],
      capabilities: [],
      readCredentials: credentials => ({ credentials }),
      accountKey: ({ site }) => `${site}/acme`,
      connect: () => ({}) as PsaAdapter,
    });
    expect(plugin.accountKey({ site: odd })).toBe(`${clean}/acme`);
  });
});
