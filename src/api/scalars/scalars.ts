import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/**
 * Our scalars accept any value and pass it on as text; it is validated where it is used. So one bad row of a report is
 * rejected alone, with its index, and a bad option is a `userErrors` entry with its field. A strict scalar would reject
 * the whole call.
 */
function textScalar(name: string, description: string, serialize: (value: unknown) => string) {
  return new GraphQLScalarType({
    name,
    description,
    serialize,
    parseValue: asText,
    parseLiteral: literalText,
  });
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The text as written in the query, so that 12.30 is read exactly. */
function literalText(node: ValueNode): string {
  return 'value' in node ? String(node.value) : `(${node.kind})`;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected text, not ${typeof value}`);
  return value;
}

export const DateTimeScalar = textScalar(
  'DateTime',
  'An instant in RFC 3339 form with its offset, such as `2026-11-23T07:00:00Z` or `2026-11-23T01:00:00-06:00`. Answers are in UTC, to the millisecond.',
  value => (value instanceof Date ? value : new Date(text(value))).toISOString(),
);

export const LocalDateScalar = textScalar(
  'LocalDate',
  'A calendar date in the time zone of the partner it belongs to, such as `2026-11-23`.',
  text,
);

export const LocalTimeScalar = textScalar(
  'LocalTime',
  'A time of day in the time zone of the partner it belongs to, such as `07:00`, from `00:00` to `23:59`.',
  text,
);

export const TimeZoneScalar = textScalar(
  'TimeZone',
  'An IANA time zone name, such as `America/Chicago`. Offsets such as `+02:00` are not time zones.',
  text,
);

/** Passes a JSON number with a fraction on unchanged: it lost its exact value already, so its row is rejected. */
export const DecimalScalar = new GraphQLScalarType<unknown, string>({
  name: 'Decimal',
  description:
    'An exact decimal number as a string, such as `"1250.75"`. A JSON number is accepted only if it is a whole number: one with a fraction is a binary float, which is not exact. Write a number with a fraction as a string.',
  serialize: text,
  parseValue: value =>
    typeof value === 'number' ? (Number.isSafeInteger(value) ? String(value) : value) : asText(value),
  parseLiteral: node => (node.kind === Kind.VARIABLE ? undefined : literalText(node)),
});
