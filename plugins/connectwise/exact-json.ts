import Big from 'big.js';

/** A number of JSON text, digit by digit. */
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Reads JSON with the numbers of the named members as they are written: exact decimals as text, no doubles. */
export function parseExactly<T>(text: string, members: readonly string[]): T {
  const reviver: Reviver = (key, value, context) =>
    typeof value === 'number' && members.includes(key) ? plain(context.source!) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/** A decimal that JSON.stringify writes as a number with exactly these digits. */
export function exactNumber(decimal: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(decimal);
}

/** "1.5E2" is a number in JSON and no decimal for people. One like 1e400, which no decimal of sane length is, stays. */
function plain(source: string): string {
  const exponent = /e([+-]?\d+)$/i.exec(source)?.[1];
  return exponent !== undefined && Math.abs(Number(exponent)) <= 30 ? new Big(source).toFixed() : source;
}
