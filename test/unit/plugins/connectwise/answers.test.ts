import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../../plugins/connectwise/sandbox/faults.js';
import type { Sandbox } from '../../../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_SOLUTION } from '../../../../plugins/connectwise/sandbox/seed.js';
import { startSandbox } from '../../../../plugins/connectwise/sandbox/server.js';
import type { PsaAdapter } from '../../../../src/psa/adapter.js';
import { PsaRejected, PsaSurprise } from '../../../../src/psa/errors.js';
import { connectWise, type Outside, psaEnvironment } from '../../../support/on-sandbox.js';

let sandbox: Sandbox;
let outside: Outside;
let psa: PsaAdapter;

beforeAll(async () => {
  sandbox = await startSandbox();
  outside = psaEnvironment([sandbox.host]);
  psa = connectWise(sandbox.host, { ...outside, solutionName: SANDBOX_SOLUTION });
});
beforeEach(() => sandbox.faults.clear());
afterAll(async () => {
  await outside.close();
  await sandbox.close();
});

/** From now on, ConnectWise answers this to requests whose path matches. */
function says(path: RegExp, value: unknown, status = 200): void {
  const fault: Fault = { kind: 'status', status, body: JSON.stringify(value) };
  sandbox.faults.inject({ path }, fault, { times: Number.POSITIVE_INFINITY });
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    error => error,
  );

describe('an answer that lacks a needed field', () => {
  it('does not count as a missing addition if its product is missing: no second one is created', async () => {
    const [company] = await psa.findCompaniesByName(['PM Customer #1']);
    says(/additions$/, [{ id: 1, quantity: 3 }]);
    const request = { companyId: company!.id, usageType: 'Backup Usage', level: 'Default' };
    const options = { createMissing: true, onDate: '2026-11-23' };
    const [resolution] = await psa.resolveBillingTargets([request], options);
    expect(resolution).toMatchObject({ reason: 'UNREADABLE', message: expect.stringContaining('product') });
  });

  it('does not count as a missing ticket if its reference is missing: none is created again', async () => {
    says(/tickets$/, [{ id: 4711, summary: 'Nightly failed' }]);
    expect(await failure(psa.findTickets(['psa-bridge-1']))).toBeInstanceOf(PsaSurprise);
  });

  it('is a surprise in place of a list; the error names the part, not its content', async () => {
    says(/priorities$/, { id: 1, secret: 'something private' });
    const error = await failure(psa.listTicketPriorities());
    expect(error).toBeInstanceOf(PsaSurprise);
    expect(error.message).not.toContain('private');
  });

  it('may have been carried out if the request creates something', async () => {
    says(/tickets$/, { summary: 'made, but without an id' }, 201);
    const draft = { reference: 'psa-bridge-1', summary: 'x', body: 'x', companyId: '2' };
    expect(await failure(psa.createTicket(draft))).toMatchObject({ mayHaveBeenCarriedOut: true });
  });
});

describe('an error with malformed details', () => {
  it.each([{ errors: {} }, { errors: [null] }, { errors: [{ field: 7, message: {} }] }, { message: [] }])(
    'is read for what it says: %j',
    async body => {
      says(/priorities$/, body, 400);
      expect(await failure(psa.listTicketPriorities())).toBeInstanceOf(PsaRejected);
    },
  );
});

describe('a list whose pages never end', () => {
  it('ends with a surprise', async () => {
    says(
      /priorities$/,
      Array.from({ length: 1_000 }, (_, n) => ({ id: n + 1, name: 'again' })),
    );
    expect(await failure(psa.listTicketPriorities())).toBeInstanceOf(PsaSurprise);
  });
});
