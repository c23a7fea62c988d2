import Big from 'big.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Sandbox } from '../../../plugins/connectwise/sandbox/sandbox.js';
import { startSandbox } from '../../../plugins/connectwise/sandbox/server.js';
import type { BillingTarget, PsaAdapter, QuantityOutcome, TicketRecord } from '../../../src/psa/adapter.js';
import { PsaBusy, PsaError } from '../../../src/psa/errors.js';
import { type ChangingProxy, startChangingProxy, strike } from '../../support/changed-answers.js';
import { fuzzing, fuzzingTimeout } from '../../support/fuzzing.js';
import { connectWise, type Outside, psaEnvironment } from '../../support/on-sandbox.js';

const runs = 60;
const period = { start: '2026-10-23', end: '2026-11-22' };
const onDate = '2026-11-23';

let sandbox: Sandbox;
let proxy: ChangingProxy;
let environment: Outside;
let companyIds: Record<'billed' | 'missing', string>;
let boardId: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  proxy = await startChangingProxy(sandbox.url);
  environment = psaEnvironment([proxy.host], { timeoutMs: 60 });
  const idOf = (name: string) => String(sandbox.store.companies.lookup('name', [name])![0]!.id);
  companyIds = { billed: idOf('PM Customer #1'), missing: idOf('No Addition Corp') };
  boardId = String(sandbox.store.boards.all()[0]!.id);
});

afterAll(async () => {
  await environment.close();
  await proxy.close();
  await sandbox.close();
});

/** A connection without the caches of earlier runs. */
const fresh = (): PsaAdapter => connectWise(proxy.host, environment);

const text = z.string().refine(value => value.isWellFormed() && !value.includes('\u0000'));
const id = z.string().regex(/^\d+$/);
const reference = z.strictObject({ id, name: text });
const company = z.strictObject({ id, identifier: text, name: text });
const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const ticket = z.strictObject({ id, reference: text, summary: text, url: z.url() });
const check = z.strictObject({
  id: z.string(),
  title: z.string(),
  required: z.boolean(),
  state: z.enum(['PASSED', 'FAILED', 'SKIPPED']),
  message: text.optional(),
  hint: text.optional(),
});
const resolution = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('RESOLVED'),
    target: z.strictObject({
      key: text,
      description: text,
      quantity: decimal.nullable(),
      terms: z.strictObject({
        recordId: id.optional(),
        beginsNotBefore: day.optional(),
        billedOn: day.optional(),
        billingCycle: text.optional(),
        periodType: text.optional(),
        prorated: z.boolean().optional(),
        lessIncluded: decimal.optional(),
      }),
      place: z.record(z.string(), z.unknown()),
    }),
  }),
  z.strictObject({ state: z.literal('UNRESOLVED'), reason: text, message: text }),
]);
const outcome = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.enum(['APPLIED', 'ROUNDED', 'UNCHANGED']),
    before: decimal.nullable(),
    after: decimal,
    recordId: id,
  }),
  z.strictObject({ state: z.literal('REFUSED'), reason: text, message: text }),
]);

const reads: [call: string, ask: (adapter: PsaAdapter) => Promise<unknown>, answer: z.ZodType][] = [
  ['checkAccess', adapter => adapter.checkAccess({ billing: true }), z.array(check).min(8)],
  ['listServiceBoards', adapter => adapter.listServiceBoards(), z.array(reference)],
  [
    'listServiceTypes',
    adapter => adapter.listServiceTypes(boardId),
    z.array(reference.extend({ subtypes: z.array(reference) })),
  ],
  ['listTicketPriorities', adapter => adapter.listTicketPriorities(), z.array(reference)],
  [
    'findCompanies',
    adapter => adapter.findCompanies({ search: 'Customer', first: 5, after: '1' }),
    z.strictObject({
      nodes: z.array(company).max(5),
      hasNextPage: z.boolean(),
      endCursor: id.optional(),
    }),
  ],
  ['getCompanies', adapter => adapter.getCompanies(Object.values(companyIds)), z.array(company)],
  ['findCompaniesByName', adapter => adapter.findCompaniesByName(['PM Customer #1']), z.array(company)],
  [
    'listBillingLevels',
    adapter => adapter.listBillingLevels(),
    z.array(
      z.strictObject({
        level: text,
        usageType: text,
        agreementType: reference.optional(),
        product: reference.optional(),
        active: z.boolean(),
      }),
    ),
  ],
  ['findTickets', adapter => adapter.findTickets(['event:1', 'event:2']), z.array(ticket)],
  [
    'resolveBillingTargets',
    adapter =>
      adapter.resolveBillingTargets(
        Object.values(companyIds).map(companyId => ({
          companyId,
          usageType: 'Backup Usage',
          level: 'Default',
        })),
        { createMissing: true, onDate },
      ),
    z.array(resolution).length(2),
  ],
];

/** The answer of a call, or the PsaError that it threw. Fails after ten seconds, and for any other error. */
async function outcomeOf<T>(call: Promise<T>): Promise<{ answer: T } | { error: PsaError }> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('it hangs')), 10_000);
  });
  try {
    return { answer: await Promise.race([call, hung]) };
  } catch (error) {
    if (!(error instanceof PsaError)) throw error;
    expect(error.message.length).toBeLessThan(2_500);
    expect(text.safeParse(error.message).success).toBe(true);
    if (error instanceof PsaBusy && error.retryAfterMs !== undefined) {
      expect(error.retryAfterMs).toBeGreaterThanOrEqual(0);
      expect(error.retryAfterMs).toBeLessThanOrEqual(86_400_000);
    }
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

const strikes = fc.array(strike, { minLength: 1, maxLength: 5 });

describe('a random answer of a PSA', () => {
  it.each(reads)(
    '%s returns a well-formed answer or throws a PsaError',
    async (_call, ask, answer) => {
      await fc.assert(
        fc.asyncProperty(strikes, async changes => {
          proxy.strikes = changes;
          const result = await outcomeOf(ask(fresh()));
          if ('answer' in result) answer.parse(result.answer);
        }),
        fuzzing(runs),
      );
    },
    fuzzingTimeout(runs),
  );

  it(
    'createTicket returns a ticket only if the answer contains it, and never excludes one that may exist',
    async () => {
      let tickets = 0;
      await fc.assert(
        fc.asyncProperty(strikes, async changes => {
          tickets += 1;
          proxy.strikes = changes;
          const result = await outcomeOf(
            fresh().createTicket({
              reference: `event:${tickets}`,
              summary: 'Backup failed',
              body: 'Disk full',
              companyId: companyIds.billed,
              boardId,
            }),
          );
          const write = proxy.writes.at(-1);
          if ('answer' in result) shows(result.answer, write!.text!);
          else if (write?.carriedOut && write.strike !== 'answer')
            expect(result.error.mayHaveBeenCarriedOut).toBe(true);
        }),
        fuzzing(runs),
      );
    },
    fuzzingTimeout(runs),
  );

  it(
    'setBilledQuantity reports a quantity only if an answer contains it',
    async () => {
      const plain = connectWise(proxy.host, environment);
      await fc.assert(
        fc.asyncProperty(
          strikes,
          fc.constantFrom('billed' as const, 'missing' as const),
          fc.constantFrom('0', '1', '24', '1250.75', '0.000000001', '999999999999999999.999999999'),
          async (changes, customer, quantity) => {
            proxy.strikes = [];
            const [resolved] = await plain.resolveBillingTargets(
              [{ companyId: companyIds[customer], usageType: 'Backup Usage', level: 'Default' }],
              { createMissing: true, onDate },
            );
            if (resolved?.state !== 'RESOLVED') throw new Error(JSON.stringify(resolved));
            proxy.strikes = changes;
            const result = await outcomeOf(fresh().setBilledQuantity(resolved.target, quantity, period));
            if ('answer' in result) {
              outcome.parse(result.answer);
              if (result.answer.state !== 'REFUSED') stands(result.answer, quantity, resolved.target);
            }
          },
        ),
        fuzzing(runs),
      );
    },
    fuzzingTimeout(runs),
  );
});

function shows(claimed: TicketRecord, shown: string): void {
  ticket.parse(claimed);
  const answer = JSON.parse(shown);
  expect(String(answer.id)).toBe(claimed.id);
  expect([claimed.reference, null, undefined, '']).toContain(answer.externalXRef);
}

function stands(
  claimed: Exclude<QuantityOutcome, { state: 'REFUSED' }>,
  quantity: string,
  target: BillingTarget,
): void {
  expect(new Big(claimed.after).eq(quantity)).toBe(claimed.state !== 'ROUNDED');
  expect(Number(claimed.after)).toBeCloseTo(Number(quantity), 2);
  if (claimed.state === 'UNCHANGED') {
    if (target.quantity !== null) expect(new Big(target.quantity).eq(quantity)).toBe(true);
    else expect(proxy.reads.join()).toContain(`"id":${claimed.recordId}`);
    return;
  }
  const readBack = JSON.parse(proxy.reads.at(-1)!);
  expect(String(readBack.id)).toBe(claimed.recordId);
  expect(Number(readBack.quantity ?? 0)).toBe(Number(claimed.after));
}
