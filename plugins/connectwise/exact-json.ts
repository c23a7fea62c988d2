import Big from 'big.js';

/** The reviver of JSON.parse with its third argument, the text of the value. */
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Parses JSON. The numbers of the named members become their exact decimal text instead of doubles. */
export function parseExactly<T>(text: string, members: readonly string[]): T {
  const reviver: Reviver = (key, value, context) =>
    typeof value === 'number' && members.includes(key) ? plain(context.source!) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/** A decimal that JSON.stringify writes as a number with exactly these digits. */
export function exactNumber(decimal: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(decimal);
}

/** Converts "1.5E2" to "150". A number with a huge exponent, such as 1e400, would be too long and stays unchanged. */
function plain(source: string): string {
  const exponent = /e([+-]?\d+)$/i.exec(source)?.[1];
  return exponent !== undefined && Math.abs(Number(exponent)) <= 30 ? new Big(source).toFixed() : source;
}
