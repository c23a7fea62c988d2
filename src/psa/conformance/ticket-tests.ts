import { describe, expect, test } from 'vitest';
import { PsaBusy, PsaLoginRefused, PsaRejected, PsaSurprise, PsaUnreachable } from '../errors.js';
import { failure, type Trial, unknownId } from './trial.js';

/** What a plugin with TICKETS promises. */
export function describeTickets(trial: Trial): void {
  describe('the choices', () => {
    test('are boards, each with types and their subtypes, and priorities; all with id and name', async () => {
      const boards = await trial.adapter.listServiceBoards();
      const types = (await Promise.all(boards.map(({ id }) => trial.adapter.listServiceTypes(id)))).flat();
      const priorities = await trial.adapter.listTicketPriorities();
      const all = [...boards, ...types, ...types.flatMap(({ subtypes }) => subtypes), ...priorities];
      for (const choice of all) {
        expect(choice).toMatchObject({ id: expect.stringMatching(/./), name: expect.stringMatching(/./) });
      }
      for (const list of [boards, types, priorities]) expect(list.length).toBeGreaterThan(0);
    });

    test('of an unknown board are empty', async () => {
      expect(await trial.adapter.listServiceTypes(unknownId)).toEqual([]);
      expect(await trial.adapter.listServiceTypes('no id at all')).toEqual([]);
    });
  });

  describe('tickets', () => {
    test('are created once, found by their reference, and contain the whole text', async () => {
      const body = 'Line one\nLine "two" & <three> – ünï 日本 🚨';
      const ticket = trial.draft({ body });
      const created = await trial.adapter.createTicket(ticket);
      expect(created).toMatchObject({ reference: ticket.reference, id: expect.stringMatching(/./) });
      expect(await trial.adapter.findTickets([ticket.reference])).toMatchObject([{ id: created.id }]);
      const { count, text } = trial.stage.tickets.withReference(ticket.reference);
      expect(count).toBe(1);
      expect(text).toContain(body);
    });

    test('accept a summary of any length and kind', async () => {
      for (const summary of [
        'x'.repeat(500),
        '🚨'.repeat(120),
        'Two\nlines',
        '"quoted" \\ [brackets] 100%',
      ]) {
        await expect(trial.adapter.createTicket(trial.draft({ summary }))).resolves.toBeDefined();
      }
    });

    test('are looked up by the hundred, and missing ones are left out', async () => {
      const ours = trial.draft();
      const { id } = await trial.adapter.createTicket(ours);
      const unknown = Array.from({ length: 400 }, (_, n) => `psa-bridge-unknown-${n}`);
      expect(await trial.adapter.findTickets([...unknown, ours.reference])).toMatchObject([{ id }]);
      expect(await trial.adapter.findTickets([])).toEqual([]);
    });

    test('whose reference differs only in case are others', async () => {
      const ours = trial.draft();
      await trial.adapter.createTicket(ours);
      expect(await trial.adapter.findTickets([ours.reference.toUpperCase()])).toEqual([]);
    });

    test('for an unknown company are rejected with the field', async () => {
      const error = await failure(trial.adapter.createTicket(trial.draft({ companyId: unknownId })));
      expect(error).toBeInstanceOf(PsaRejected);
      expect((error as PsaRejected).fieldErrors.length).toBeGreaterThan(0);
      expect(error.mayHaveBeenCarriedOut).toBe(false);
    });
  });

  describe('when a ticket goes wrong', () => {
    test('a lost answer leaves the write unsure, and the ticket is found by its reference', async () => {
      const ticket = trial.draft();
      trial.stage.breakNextWrite('reset-after');
      const error = await failure(trial.adapter.createTicket(ticket));
      expect(error).toBeInstanceOf(PsaUnreachable);
      expect(error.mayHaveBeenCarriedOut).toBe(true);
      expect(await trial.adapter.findTickets([ticket.reference])).toHaveLength(1);
      expect(trial.stage.tickets.withReference(ticket.reference).count).toBe(1);
    });

    test('a connection that broke before the write is unsure too: both look the same from here', async () => {
      const ticket = trial.draft();
      trial.stage.breakNextWrite('reset-before');
      expect((await failure(trial.adapter.createTicket(ticket))).mayHaveBeenCarriedOut).toBe(true);
      expect(await trial.adapter.findTickets([ticket.reference])).toEqual([]);
    });

    test("a proxy's error page is unreachable and unsure", async () => {
      trial.stage.breakNextWrite('proxy-error');
      const error = await failure(trial.adapter.createTicket(trial.draft()));
      expect(error).toBeInstanceOf(PsaUnreachable);
      expect(error.mayHaveBeenCarriedOut).toBe(true);
    });

    test('a busy PSA did nothing', async () => {
      trial.stage.breakNextWrite('busy');
      const error = await failure(trial.adapter.createTicket(trial.draft()));
      expect(error).toBeInstanceOf(PsaBusy);
      expect(error.mayHaveBeenCarriedOut).toBe(false);
    });

    test('a refused login is a PsaLoginRefused in every operation', async () => {
      const refused = trial.connect(trial.stage.wrongCredentials);
      for (const call of [
        refused.listServiceBoards(),
        refused.createTicket(trial.draft()),
        refused.findTickets(['psa-bridge-x']),
      ]) {
        const error = await failure(call);
        expect(error).toBeInstanceOf(PsaLoginRefused);
        expect(error.mayHaveBeenCarriedOut).toBe(false);
      }
    });

    test('no error contains a secret', async () => {
      const errors = [await failure(trial.connect(trial.stage.wrongCredentials).listServiceBoards())];
      for (const fault of ['reset-after', 'busy', 'proxy-error'] as const) {
        trial.stage.breakNextWrite(fault);
        errors.push(await failure(trial.adapter.createTicket(trial.draft())));
      }
      trial.expectNoSecretIn(errors);
      expect(errors.every(error => !(error instanceof PsaSurprise))).toBe(true);
    });
  });
}
