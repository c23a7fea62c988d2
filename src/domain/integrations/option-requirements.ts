import type { Problem } from '../problem.js';
import { everyOption, type Option, type OptionKey, type OptionsInput, type OptionValues } from './options.js';

/**
 * The options that lack what they require, once the options are `after`. A caller that sets such an option gets the problem at
 * that option; a caller that clears what it requires gets it there. `input` is what the caller gave.
 */
export function unmetRequirements(after: Partial<OptionValues>, input: OptionsInput): Problem[] {
  return everyOption.flatMap(([key, option]) => {
    if (!option.requires || !after[key] || after[option.requires]) return [];
    const field = inputField(key, option);
    return given(input, field)
      ? {
          field: ['options', ...field],
          code: 'NO_SERVICE_BOARD',
          message: 'Choose a service board first: this creates tickets.',
        }
      : {
          field: ['options', `${option.requires}Id`],
          code: 'NO_SERVICE_BOARD',
          message: `${field.join('.')} creates tickets, which need a board: switch it off before the board is cleared.`,
        };
  });
}

/** Where a caller gives the option, from the outside to the inside. */
export function inputField(key: OptionKey, option: Option): string[] {
  if (option.kind !== 'record') return [key];
  return option.of === 'ticketPriorities' ? [option.in, `${option.as}Id`] : [`${key}Id`];
}

/** What the caller gave in this field; undefined if it was left out. */
export function given(input: OptionsInput, field: readonly string[]): unknown {
  return field.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | null | undefined)?.[key],
    input,
  );
}
