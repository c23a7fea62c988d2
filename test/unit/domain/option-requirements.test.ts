import { describe, expect, it } from 'vitest';
import { unmetRequirements } from '../../../src/domain/integrations/option-requirements.js';
import {
  everyOption,
  type OptionsInput,
  type OptionValues,
  options,
} from '../../../src/domain/integrations/options.js';

const record = { id: '1', name: 'x' };

describe('an option that creates tickets needs a service board', () => {
  it.each<[what: string, after: Partial<OptionValues>, input: OptionsInput, fields: string[][]]>([
    ['nothing needs it', { billingEnabled: true }, { billingEnabled: true }, []],
    ['the digest, with a board', { dailyDigestEnabled: true, serviceBoard: record }, {}, []],
    [
      'the digest is switched on',
      { dailyDigestEnabled: true },
      { dailyDigestEnabled: true },
      [['dailyDigestEnabled']],
    ],
    [
      'a priority is chosen',
      { priorityError: record },
      { alertPriorities: { errorId: '1' } },
      [['alertPriorities', 'errorId']],
    ],
    [
      'the board is cleared while the digest is on',
      { dailyDigestEnabled: true, serviceBoard: null },
      { serviceBoardId: null },
      [['serviceBoardId']],
    ],
    [
      'the board is cleared together with what needs it',
      { dailyDigestEnabled: false, priorityError: null, serviceBoard: null },
      { serviceBoardId: null, dailyDigestEnabled: false, alertPriorities: { errorId: null } },
      [],
    ],
    [
      'each that needs it is named',
      { prioritySuccess: record, dailyDigestEnabled: true },
      { alertPriorities: { successId: '1' }, dailyDigestEnabled: true },
      [['alertPriorities', 'successId'], ['dailyDigestEnabled']],
    ],
  ])('%s', (_what, after, input, fields) => {
    const problems = unmetRequirements(after, input);
    expect(problems.map(({ field, code }) => [...field, code])).toEqual(
      fields.map(field => ['options', ...field, 'NO_SERVICE_BOARD']),
    );
  });

  it('and a requirement names an option', () => {
    const named = everyOption.flatMap(([, option]) => option.requires ?? []);
    expect(named.filter(key => !(key in options))).toEqual([]);
  });
});
