import { ApiError } from './api-error.js';

/** Reads a member of a record by the path of a condition, such as `company/identifier`. */
export type ReadMember = (record: object, path: string) => unknown;

type Value = string | number | boolean | null | Date;
type Predicate = (record: object) => boolean;

/** An equality that an index can answer, if the whole condition is one. */
export interface Lookup {
  path: string;
  values: Value[];
}

export interface Conditions {
  matches: Predicate;
  lookup?: Lookup;
}

type Token =
  | { kind: 'value'; value: Value }
  | { kind: 'word'; text: string }
  | { kind: 'sign'; text: string };

const literal =
  /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|\[([^\]]*)\]|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w/]*)|(!=|<=|>=|[=<>(),]))/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  literal.lastIndex = 0;
  while (text.slice(literal.lastIndex).trim() !== '') {
    const at = literal.lastIndex;
    const found = literal.exec(text);
    if (!found) throw badCondition(`Syntax error near "${text.slice(at, at + 20)}".`);
    const [, double, single, date, number, word, sign] = found;
    if (double !== undefined) tokens.push({ kind: 'value', value: double.replace(/\\(.)/g, '$1') });
    else if (single !== undefined) tokens.push({ kind: 'value', value: single.replaceAll("''", "'") });
    else if (date !== undefined) tokens.push({ kind: 'value', value: readDate(date) });
    else if (number !== undefined) tokens.push({ kind: 'value', value: Number(number) });
    else if (word !== undefined) tokens.push(wordToken(word));
    else tokens.push({ kind: 'sign', text: sign! });
  }
  return tokens;
}

function wordToken(word: string): Token {
  if (/^(true|false)$/i.test(word)) return { kind: 'value', value: word.toLowerCase() === 'true' };
  if (/^null$/i.test(word)) return { kind: 'value', value: null };
  return { kind: 'word', text: word };
}

function readDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw badCondition(`String "${text}" was not recognized as a valid DateTime.`);
  return date;
}

/**
 * Parses ConnectWise's condition language: comparisons, contains, like, in and their negations, and, or, parentheses.
 * `check` throws for a member that the record type does not have, and for an unknown enum member.
 */
export function parseConditions(
  text: string,
  read: ReadMember,
  check: (path: string, values: readonly unknown[]) => void,
): Conditions {
  const tokens = tokenize(text);
  let at = 0;
  let comparisons = 0;
  let lookup: Lookup | undefined;

  const peekWord = (word: string) => {
    const token = tokens[at];
    return token?.kind === 'word' && token.text.toLowerCase() === word;
  };
  const takeSign = (sign: string) => {
    const token = tokens[at];
    if (token?.kind === 'sign' && token.text === sign) {
      at += 1;
      return true;
    }
    return false;
  };
  const takeValue = (): Value => {
    const token = tokens[at];
    if (token?.kind !== 'value') throw badCondition('A value was expected.');
    at += 1;
    return token.value;
  };

  function either(): Predicate {
    let left = both();
    while (peekWord('or')) {
      at += 1;
      const [a, b] = [left, both()];
      left = record => a(record) || b(record);
    }
    return left;
  }

  function both(): Predicate {
    let left = single();
    while (peekWord('and')) {
      at += 1;
      const [a, b] = [left, single()];
      left = record => a(record) && b(record);
    }
    return left;
  }

  function single(): Predicate {
    if (takeSign('(')) {
      const inner = either();
      if (!takeSign(')')) throw badCondition('")" was expected.');
      return inner;
    }
    return comparison();
  }

  function comparison(): Predicate {
    const name = tokens[at];
    if (name?.kind !== 'word') throw badCondition('A property name was expected.');
    at += 1;
    comparisons += 1;
    const path = name.text;
    let negated = false;
    if (peekWord('not')) {
      negated = true;
      at += 1;
    }
    const operator = tokens[at];
    at += 1;
    const word =
      operator?.kind === 'word'
        ? operator.text.toLowerCase()
        : operator?.kind === 'sign'
          ? operator.text
          : '';
    const test = comparing(word, path);
    return record => test(read(record, path)) !== negated;
  }

  function comparing(operator: string, path: string): (actual: unknown) => boolean {
    if (operator === 'in') {
      const values = list();
      check(path, values);
      lookup = { path: path.toLowerCase(), values };
      const wanted = new Set(values.map(fold));
      return actual => wanted.has(fold(actual));
    }
    const value = takeValue();
    check(path, [value]);
    switch (operator) {
      case '=':
        lookup = { path: path.toLowerCase(), values: [value] };
        return actual => fold(actual) === fold(value);
      case '!=':
        return actual => fold(actual) !== fold(value);
      case '<':
        return actual => order(actual, value) < 0;
      case '<=':
        return actual => order(actual, value) <= 0;
      case '>':
        return actual => order(actual, value) > 0;
      case '>=':
        return actual => order(actual, value) >= 0;
      case 'contains':
        return actual =>
          typeof actual === 'string' && actual.toLowerCase().includes(String(value).toLowerCase());
      case 'like': {
        const pattern = likePattern(String(value));
        return actual => typeof actual === 'string' && pattern.test(actual);
      }
      default:
        throw badCondition(`"${operator}" is not a recognized operator.`);
    }
  }

  function list(): Value[] {
    if (!takeSign('(')) throw badCondition('"(" was expected.');
    const values = [takeValue()];
    while (takeSign(',')) values.push(takeValue());
    if (!takeSign(')')) throw badCondition('")" was expected.');
    return values;
  }

  const matches = either();
  if (at < tokens.length) throw badCondition('The condition goes on after its end.');
  return { matches, lookup: comparisons === 1 && !/\bnot\b/i.test(text) ? lookup : undefined };
}

/** The comparable form of a value: strings ignore case, as in SQL Server's default collation (our inference). */
function fold(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string') return value.toLowerCase();
  return value;
}

function order(actual: unknown, value: Value): number {
  if (actual === undefined || actual === null || value === null) return Number.NaN;
  const a = value instanceof Date ? new Date(String(actual)).getTime() : fold(actual);
  const b = fold(value);
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : a === b ? 0 : Number.NaN;
}

/** `*` is documented, `%` is what clients use; `[[]` is a literal bracket. */
function likePattern(pattern: string): RegExp {
  const source = pattern
    .replaceAll('[[]', '\u0001')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/[*%]/g, '.*')
    .replaceAll('\u0001', '\\[');
  return new RegExp(`^${source}$`, 'is');
}

export function badCondition(message: string): ApiError {
  return new ApiError(400, { code: 'ApiFindCondition', message, errors: null });
}
