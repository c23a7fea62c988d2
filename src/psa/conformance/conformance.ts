import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BillingRequest, PsaAdapter, TicketDraft } from '../adapter.js';
import {
  PsaBusy,
  type PsaError,
  PsaLoginRefused,
  PsaRejected,
  PsaSurprise,
  PsaUnreachable,
} from '../errors.js';
import type { ConformanceStage } from './stage.js';

/**
 * What every plugin promises, run against its sandbox. A new plugin starts red here and is done when it is
 * green; what is peculiar to its PSA it tests besides.
 */
export function describePsaConformance(name: string, setTheStage: () => Promise<ConformanceStage>): void {
  let stage: ConformanceStage;
  let adapter: PsaAdapter;
  let references = 0;

  const connect = (typed: Readonly<Record<string, string>>) => {
    const read = stage.plugin.readCredentials(typed);
    if (!('credentials' in read)) throw new Error(inspect(read.problems));
    return stage.plugin.connect(read.credentials, stage.environment);
  };
  const draft = (more: Partial<TicketDraft> = {}): TicketDraft => {
    references += 1;
    return {
      reference: `psa-bridge-conformance-${references}`,
      summary: 'Backup failed: SRV01',
      body: 'The disk is full.',
      companyId: stage.billed.companyId,
      ...more,
    };
  };
  const failure = async (promise: Promise<unknown>): Promise<PsaError> =>
    promise.then(
      () => expect.unreachable('it did not fail'),
      error => error,
    );
  const request = (): BillingRequest => {
    const { companyId, usageType, level } = stage.billed;
    return { companyId, usageType, level };
  };
  const resolve = (requests: BillingRequest[]) =>
    adapter.resolveBillingTargets(requests, { createMissing: false, onDate: stage.billed.onDate });
  const target = async () => {
    const [resolution] = await resolve([request()]);
    if (resolution?.state !== 'RESOLVED') throw new Error(inspect(resolution));
    return resolution.target;
  };
  const period = { start: '2026-10-23', end: '2026-11-22' };

  describe(`${name} keeps the adapter's promises`, () => {
    beforeAll(async () => {
      stage = await setTheStage();
      adapter = connect(stage.credentials);
    });
    afterAll(() => stage.close());

    describe('the form', () => {
      test('has a label and help for every field, and at least one secret', () => {
        for (const { label, help } of stage.plugin.credentialFields) {
          expect(label).not.toBe('');
          expect(help).not.toBe('');
        }
        expect(stage.plugin.credentialFields.some(({ secret }) => secret)).toBe(true);
      });

      test('names every required field that is missing', () => {
        const read = stage.plugin.readCredentials({});
        const required = stage.plugin.credentialFields.filter(field => field.required).map(({ key }) => key);
        expect('problems' in read && read.problems.map(({ key }) => key)).toEqual(required);
      });

      test('knows one account however it is typed, and two as two', () => {
        const key = (typed: Readonly<Record<string, string>>) => {
          const read = stage.plugin.readCredentials(typed);
          return 'credentials' in read ? stage.plugin.accountKey(read.credentials) : undefined;
        };
        expect(key(stage.credentials)).toBeDefined();
        expect(key(stage.credentialsTypedDifferently)).toBe(key(stage.credentials));
      });
    });

    describe('checking access', () => {
      test('passes every check of a good login', async () => {
        const checks = await adapter.checkAccess({ billing: true });
        expect(checks.filter(({ state }) => state !== 'PASSED')).toEqual([]);
        expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
      });

      test('fails at a refused login with what to do, and skips what depends on it', async () => {
        const checks = await connect(stage.wrongCredentials).checkAccess({ billing: true });
        const failed = checks.filter(({ state }) => state === 'FAILED');
        expect(failed).toMatchObject([{ required: true, hint: expect.stringMatching(/\w/) }]);
        expect(checks.slice(checks.indexOf(failed[0]!) + 1).every(({ state }) => state === 'SKIPPED')).toBe(
          true,
        );
      });

      test('says so when nothing answers, and throws nothing', async () => {
        const site = stage.plugin.credentialFields.find(({ secret }) => !secret)!.key;
        const checks = await connect({ ...stage.credentials, [site]: stage.deadSite }).checkAccess({
          billing: false,
        });
        expect(checks[0]).toMatchObject({ state: 'FAILED', message: expect.stringMatching(/\w/) });
      });

      test('requires what billing needs only where billing is wanted', async () => {
        const required = async (billing: boolean) =>
          (await adapter.checkAccess({ billing })).filter(check => check.required).length;
        expect(await required(true)).toBeGreaterThan(await required(false));
      });
    });

    describe('the choices', () => {
      test('are boards, each with types and their subtypes, and priorities; all with id and name', async () => {
        const boards = await adapter.listServiceBoards();
        const types = (await Promise.all(boards.map(({ id }) => adapter.listServiceTypes(id)))).flat();
        const priorities = await adapter.listTicketPriorities();
        const all = [...boards, ...types, ...types.flatMap(({ subtypes }) => subtypes), ...priorities];
        for (const choice of all) {
          expect(choice).toMatchObject({ id: expect.stringMatching(/./), name: expect.stringMatching(/./) });
        }
        for (const list of [boards, types, priorities]) expect(list.length).toBeGreaterThan(0);
      });

      test('of a board that is not there are none', async () => {
        expect(await adapter.listServiceTypes('987654321')).toEqual([]);
        expect(await adapter.listServiceTypes('no id at all')).toEqual([]);
      });

      test('are billing levels with agreement type and product, the one in use among them', async () => {
        const { usageType, level } = stage.billed;
        expect(await adapter.listBillingLevels()).toContainEqual(
          expect.objectContaining({ usageType, level, active: true, product: expect.anything() }),
        );
      });
    });

    describe('companies', () => {
      test('are paged through once each, in a stable order', async () => {
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await adapter.findCompanies({ first: 200, after });
          expect(page.nodes.length).toBeLessThanOrEqual(200);
          seen.push(...page.nodes.map(({ id }) => id));
          after = page.hasNextPage ? page.endCursor : undefined;
        } while (after);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.length).toBeGreaterThanOrEqual(30);
      });

      test('are found by a part of their name, also an awkward one', async () => {
        const search = stage.awkwardCompanyName.slice(1, -1);
        const { nodes } = await adapter.findCompanies({ search, first: 10 });
        expect(nodes.map(({ name }) => name)).toEqual([stage.awkwardCompanyName]);
      });

      test('are found by their whole names, many at once, in any case', async () => {
        const { nodes } = await adapter.findCompanies({ first: 30 });
        const names = [...nodes.map(node => node.name), stage.awkwardCompanyName, 'Nobody has this name'];
        const found = await adapter.findCompaniesByName(names.map(name => name.toUpperCase()));
        expect(new Set(found.map(({ name }) => name))).toEqual(new Set(names.slice(0, -1)));
      });

      test('are read by id, and those that are not there left out', async () => {
        const found = await adapter.getCompanies([stage.billed.companyId, '987654321', 'no id at all']);
        expect(found.map(({ id }) => id)).toEqual([stage.billed.companyId]);
      });
    });

    describe('tickets', () => {
      test('are created once, found by their reference, and hold the whole text', async () => {
        const body = 'Line one\nLine "two" & <three> – ünï 日本 🚨';
        const ticket = draft({ body });
        const created = await adapter.createTicket(ticket);
        expect(created).toMatchObject({ reference: ticket.reference, id: expect.stringMatching(/./) });
        expect(await adapter.findTickets([ticket.reference])).toMatchObject([{ id: created.id }]);
        const { count, text } = stage.ticketsWith(ticket.reference);
        expect(count).toBe(1);
        expect(text).toContain(body);
      });

      test('take a summary of any length and kind', async () => {
        for (const summary of [
          'x'.repeat(500),
          '🚨'.repeat(120),
          'Two\nlines',
          '"quoted" \\ [brackets] 100%',
        ]) {
          await expect(adapter.createTicket(draft({ summary }))).resolves.toBeDefined();
        }
      });

      test('are looked up in hundreds, and those that are missing left out', async () => {
        const ours = draft();
        const { id } = await adapter.createTicket(ours);
        const unknown = Array.from({ length: 400 }, (_, n) => `psa-bridge-unknown-${n}`);
        expect(await adapter.findTickets([...unknown, ours.reference])).toMatchObject([{ id }]);
        expect(await adapter.findTickets([])).toEqual([]);
      });

      test('whose reference differs only in case are others', async () => {
        const ours = draft();
        await adapter.createTicket(ours);
        expect(await adapter.findTickets([ours.reference.toUpperCase()])).toEqual([]);
      });

      test('for a company that is not there are rejected with the field', async () => {
        const error = await failure(adapter.createTicket(draft({ companyId: '987654321' })));
        expect(error).toBeInstanceOf(PsaRejected);
        expect((error as PsaRejected).fieldErrors.length).toBeGreaterThan(0);
        expect(error.mayHaveBeenCarriedOut).toBe(false);
      });
    });

    describe('when something goes wrong', () => {
      test('an answer that was lost leaves the write unsure, and the ticket is found by its reference', async () => {
        const ticket = draft();
        stage.breakNextWrite('reset-after');
        const error = await failure(adapter.createTicket(ticket));
        expect(error).toBeInstanceOf(PsaUnreachable);
        expect(error.mayHaveBeenCarriedOut).toBe(true);
        expect(await adapter.findTickets([ticket.reference])).toHaveLength(1);
        expect(stage.ticketsWith(ticket.reference).count).toBe(1);
      });

      test('a connection that broke before is unsure too: from here both look the same', async () => {
        const ticket = draft();
        stage.breakNextWrite('reset-before');
        expect((await failure(adapter.createTicket(ticket))).mayHaveBeenCarriedOut).toBe(true);
        expect(await adapter.findTickets([ticket.reference])).toEqual([]);
      });

      test("a proxy's error page is unreachable and unsure", async () => {
        stage.breakNextWrite('proxy-error');
        const error = await failure(adapter.createTicket(draft()));
        expect(error).toBeInstanceOf(PsaUnreachable);
        expect(error.mayHaveBeenCarriedOut).toBe(true);
      });

      test('a busy PSA did nothing', async () => {
        stage.breakNextWrite('busy');
        const error = await failure(adapter.createTicket(draft()));
        expect(error).toBeInstanceOf(PsaBusy);
        expect(error.mayHaveBeenCarriedOut).toBe(false);
      });

      test('a refused login is a refused login everywhere', async () => {
        const refused = connect(stage.wrongCredentials);
        for (const call of [
          refused.listServiceBoards(),
          refused.findCompanies({ first: 1 }),
          refused.createTicket(draft()),
          refused.findTickets(['psa-bridge-x']),
        ]) {
          const error = await failure(call);
          expect(error).toBeInstanceOf(PsaLoginRefused);
          expect(error.mayHaveBeenCarriedOut).toBe(false);
        }
      });

      test('no error shows a secret', async () => {
        const secrets = stage.plugin.credentialFields.filter(({ secret }) => secret).map(({ key }) => key);
        const errors = [await failure(connect(stage.wrongCredentials).listServiceBoards())];
        for (const fault of ['reset-after', 'busy', 'proxy-error'] as const) {
          stage.breakNextWrite(fault);
          errors.push(await failure(adapter.createTicket(draft())));
        }
        const shown = inspect(errors, { depth: 12, showHidden: true });
        for (const key of secrets) {
          for (const typed of [stage.credentials, stage.wrongCredentials]) {
            expect(shown).not.toContain(typed[key]);
            expect(shown).not.toContain(Buffer.from(typed[key]!).toString('base64').replace(/=+$/, ''));
          }
        }
        expect(errors.every(error => !(error instanceof PsaSurprise))).toBe(true);
      });
    });

    describe('billing', () => {
      test('resolves in the order of the requests, and says why where there is no place', async () => {
        const unknown = { ...request(), level: 'There is no such level' };
        const nobody = { ...request(), companyId: '987654321' };
        const answers = await resolve([unknown, request(), nobody]);
        expect(answers).toMatchObject([
          { state: 'UNRESOLVED', reason: 'NO_SUCH_LEVEL', message: expect.stringMatching(/\w/) },
          { state: 'RESOLVED' },
          { state: 'UNRESOLVED', reason: expect.stringMatching(/^NO_(AGREEMENT|SUCH_COMPANY)$/) },
        ]);
        expect(await resolve([])).toEqual([]);
      });

      test('names one place by one key', async () => {
        const answers = await resolve([request(), request()]);
        const keys = answers.map(answer => (answer.state === 'RESOLVED' ? answer.target.key : undefined));
        expect(keys[0]).toBeDefined();
        expect(keys[0]).toBe(keys[1]);
      });

      test.each(['31', '0.1', '1234.567', '0', '17'])('sets exactly %s and reads it back', async quantity => {
        const outcome = await adapter.setBilledQuantity(await target(), quantity, period);
        expect(outcome).toMatchObject({ state: 'APPLIED', after: quantity });
        expect(stage.billedQuantity()).toBe(Number(quantity));
      });

      test('writes nothing when the quantity is right already', async () => {
        await adapter.setBilledQuantity(await target(), '5', period);
        const again = await adapter.setBilledQuantity(await target(), '5.0', period);
        expect(again.state).toBe('UNCHANGED');
      });

      test('repeats safely after an answer that was lost', async () => {
        const place = await target();
        stage.breakNextWrite('reset-after');
        const error = await failure(adapter.setBilledQuantity(place, '8', period));
        expect(error.mayHaveBeenCarriedOut).toBe(true);
        const outcome = await adapter.setBilledQuantity(place, '8', period);
        expect(['APPLIED', 'UNCHANGED']).toContain(outcome.state);
        expect(stage.billedQuantity()).toBe(8);
      });

      test('finds the place again after it was stored as JSON', async () => {
        const place = JSON.parse(JSON.stringify(await target()));
        expect(await adapter.setBilledQuantity(place, '9', period)).toMatchObject({ after: '9' });
        expect(stage.billedQuantity()).toBe(9);
      });
    });
  });
}
