import { describe, expect, it } from 'vitest';
import { CatchUp, type OptionsInput } from '../../../src/domain/integrations/options.js';
import { readOptions } from '../../../src/domain/integrations/read-options.js';

const longEmail = `${'a'.repeat(250)}@b.example`;

describe('reading options', () => {
  it.each<[what: string, input: OptionsInput, changes: object]>([
    ['nothing', {}, {}],
    ['an option that is left out', { billingEnabled: undefined }, {}],
    ['a switch', { billingEnabled: true }, { billingEnabled: true }],
    ['a switch that is off', { dailyDigestEnabled: false }, { dailyDigestEnabled: false }],
    ['a time of day', { dailyDigestTime: '23:59' }, { dailyDigestTime: '23:59' }],
    ['a choice', { catchUp: CatchUp.LAST }, { catchUp: CatchUp.LAST }],
    ['a text, trimmed', { notificationEmail: ' a@b.example ' }, { notificationEmail: 'a@b.example' }],
    ['a text that is cleared', { notificationEmail: null }, { notificationEmail: null }],
    [
      'several at once',
      { createMissingAdditions: true, updateAgreementAdditions: false },
      { createMissingAdditions: true, updateAgreementAdditions: false },
    ],
    [
      'records of the PSA, which are left to the lookups',
      { serviceBoardId: '1', serviceTypeId: null, alertPriorities: { errorId: '2' } },
      {},
    ],
  ])('accepts %s', (_what, input, changes) => {
    expect(readOptions(input)).toEqual({ changes, problems: [] });
  });

  it.each<[what: string, input: OptionsInput, key: string]>([
    ['null for a switch', { billingEnabled: null }, 'billingEnabled'],
    ['null for a choice', { catchUp: null }, 'catchUp'],
    ['null for a time', { dailyDigestTime: null }, 'dailyDigestTime'],
    ['an hour beyond the day', { dailyDigestTime: '24:00' }, 'dailyDigestTime'],
    ['a time without minutes', { dailyDigestTime: '7' }, 'dailyDigestTime'],
    ['a time with seconds', { dailyDigestTime: '07:00:00' }, 'dailyDigestTime'],
    ['a text that is no e-mail address', { notificationEmail: 'me' }, 'notificationEmail'],
    ['an empty text', { notificationEmail: ' ' }, 'notificationEmail'],
    ['an e-mail address of more than 254 characters', { notificationEmail: longEmail }, 'notificationEmail'],
  ])('rejects %s by its field', (_what, input, key) => {
    expect(readOptions(input)).toEqual({
      changes: {},
      problems: [{ field: ['options', key], code: 'INVALID', message: expect.any(String) }],
    });
  });

  it('reads the valid ones beside an invalid one', () => {
    const { changes, problems } = readOptions({ billingEnabled: true, dailyDigestTime: 'soon' });
    expect([changes, problems.length]).toEqual([{ billingEnabled: true }, 1]);
  });
});
