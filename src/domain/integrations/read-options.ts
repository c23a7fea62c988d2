import { z } from 'zod';
import { storableText } from '../../text/storable-text.js';
import { isLocalTime } from '../calendar.js';
import type { Problem } from '../problem.js';
import { everyOption, type Option, type OptionsInput, type OptionValues } from './options.js';

/** What options to change, or why not: where there are problems, nothing is changed. */
export interface ReadOptions {
  /** What is left out stays as it is. */
  changes: Partial<OptionValues>;
  problems: Problem[];
}

/**
 * Reads the options that a caller gives, but for records of the PSA, which have to be looked up there. What is invalid
 * is a problem INVALID at `["options", key]`; what is left out is not among the changes.
 */
export function readOptions(input: OptionsInput): ReadOptions {
  const changes: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [key, option] of everyOption) {
    const given: unknown = option.kind === 'record' ? undefined : input[key as keyof OptionsInput];
    if (given === undefined) continue;
    const read = readOption(option, given);
    if ('value' in read) changes[key] = read.value;
    else problems.push({ field: ['options', key], code: 'INVALID', message: read.invalid });
  }
  return { changes, problems };
}

const emailAddress = z.email().max(254);
const longestText = 1_000;

/** Reads a value that has the option's GraphQL type already, or is null. */
function readOption(option: Option, given: unknown): { value: unknown } | { invalid: string } {
  switch (option.kind) {
    case 'switch':
      return typeof given === 'boolean'
        ? { value: given }
        : { invalid: 'Give true or false, or leave it out.' };
    case 'choice':
      return given === null ? { invalid: 'Choose one, or leave it out.' } : { value: given };
    case 'time':
      return typeof given === 'string' && isLocalTime(given)
        ? { value: given }
        : { invalid: 'This is not a time of day such as 07:00, from 00:00 to 23:59.' };
    case 'text':
      return given === null ? { value: null } : readText(option.format, String(given));
    case 'record':
      throw new Error('a record of the PSA is looked up there');
  }
}

function readText(format: 'EMAIL' | undefined, given: string): { value: string } | { invalid: string } {
  const value = storableText(given).trim();
  if (format === 'EMAIL') {
    return emailAddress.safeParse(value).success
      ? { value }
      : {
          invalid:
            'This is not an e-mail address such as service@partner.example. Give one, or null for none.',
        };
  }
  return value.length > 0 && value.length <= longestText
    ? { value }
    : { invalid: `Give 1 to ${longestText} characters, or null for none.` };
}
