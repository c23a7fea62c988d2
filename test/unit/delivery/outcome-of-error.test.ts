import { describe, expect, it } from 'vitest';
import { outcomeOfError } from '../../../src/delivery/outcome-of-error.js';
import {
  PsaBusy,
  PsaLoginRefused,
  PsaRejected,
  PsaRightMissing,
  PsaSurprise,
  PsaUnreachable,
} from '../../../src/psa/errors.js';

const now = new Date('2026-11-25T12:00:00Z');
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
const delivery = { id: 'one', attempts: 1, wasUnsure: false, createdAt: '2026-11-25T11:59:00Z' };
const outcome = (error: unknown, changes: Partial<typeof delivery> = {}) =>
  outcomeOfError(error, { ...delivery, ...changes }, now, 0.5);

describe('an error that concerns the whole integration', () => {
  it.each([
    ['a refused login', new PsaLoginRefused('the login is refused')],
    ['a missing right', new PsaRightMissing('the right is missing', 'tickets')],
  ])('%s costs no attempt, and the integration needs attention', (_case, error) => {
    expect(outcome(error)).toEqual({
      outcome: {
        id: 'one',
        state: 'PENDING',
        nextAttemptAt: now,
        notTried: true,
        unsure: false,
        error: error.message,
      },
      trouble: { kind: 'NEEDS_ATTENTION', reason: error.message },
    });
  });

  it('a busy PSA costs no attempt, and gets no requests for as long as it asks', () => {
    const { outcome: what, trouble } = outcome(new PsaBusy('slow down', 7_000));
    expect(what).toMatchObject({ state: 'PENDING', notTried: true, nextAttemptAt: inSeconds(7) });
    expect(trouble).toMatchObject({ kind: 'REST', until: inSeconds(7) });
  });

  it('a busy PSA that names no time gets no requests for the first pause', () => {
    expect(outcome(new PsaBusy('slow down', undefined)).trouble).toMatchObject({
      kind: 'REST',
      until: inSeconds(5),
    });
  });

  it.each([new PsaLoginRefused('no'), new PsaBusy('slow down', undefined)])(
    'leaves an unsure delivery unsure: %s',
    error => {
      expect(outcome(error, { wasUnsure: true }).outcome).toMatchObject({ unsure: true });
    },
  );
});

describe('an error that concerns one delivery', () => {
  it('a rejection fails it permanently, with each field that the PSA rejects', () => {
    const error = new PsaRejected('The ticket is invalid.', [
      { field: 'board', message: 'is required' },
      { field: 'summary', message: 'is too long' },
    ]);
    expect(outcome(error)).toEqual({
      outcome: {
        id: 'one',
        state: 'FAILED',
        unsure: false,
        reasonCode: 'REJECTED',
        error: expect.stringContaining(
          'The ticket is invalid. (board: is required; summary: is too long)',
        ) as string,
      },
    });
  });

  it('a missing answer is retried later, and counts as the PSA being unreachable', () => {
    const {
      outcome: what,
      unanswered,
      trouble,
    } = outcome(new PsaUnreachable('no answer', { mayHaveBeenCarriedOut: false }));
    expect(what).toEqual({
      id: 'one',
      state: 'PENDING',
      nextAttemptAt: inSeconds(5),
      unsure: false,
      error: 'no answer',
    });
    expect(unanswered).toEqual({ until: inSeconds(5), reason: 'no answer' });
    expect(trouble).toBeUndefined();
  });

  it.each([
    ['a request that may have been carried out', new PsaUnreachable('cut', { mayHaveBeenCarriedOut: true })],
    ['a fault of our own', new TypeError('x is not a function')],
  ])('%s has an unknown outcome, and is looked up after at least a minute', (_case, error) => {
    expect(outcome(error).outcome).toMatchObject({ state: 'PENDING', unsure: true });
    expect(outcomeOfError(error, delivery, now, 0).outcome).toMatchObject({ nextAttemptAt: inSeconds(60) });
  });

  it('an internal error never shows its message to a partner', () => {
    expect(JSON.stringify(outcome(new Error('secret internals')))).not.toContain('secret');
  });

  it('an unexpected answer does not count as the PSA being unreachable', () => {
    expect(outcome(new PsaSurprise('an odd answer')).unanswered).toBeUndefined();
  });

  it.each([
    ['2026-11-18T12:00:00Z', 'PENDING'],
    ['2026-11-18T11:59:59Z', 'FAILED'],
  ])('one created at %s is then %s: it is given up after a week', (createdAt, state) => {
    const what = outcome(new PsaUnreachable('no answer', { mayHaveBeenCarriedOut: false }), { createdAt });
    expect(what.outcome).toMatchObject(state === 'FAILED' ? { state, reasonCode: 'GAVE_UP' } : { state });
  });
});
