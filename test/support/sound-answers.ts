import { expect } from 'vitest';

export interface RawAnswer {
  status: number;
  text: string;
}

export interface SoundAnswer extends RawAnswer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** Sends one body unchanged to /graphql; waits up to 8 seconds for the answer. */
export async function askRaw(url: string, token: string | null, body: string): Promise<RawAnswer> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body,
    signal: AbortSignal.timeout(8_000),
  });
  return { status: answer.status, text: await answer.text() };
}

/** What no answer may show: parts of our code, or messages of the database. */
const internals =
  /\bat [^ ]+ \(|node_modules|\.[jt]s:\d+|jsonb_to_recordset|violates \w+ constraint|at or near|invalid byte sequence|(TypeError|RangeError|URIError):|is not a function|cannot read propert/i;

/** Checks that an answer is no internal error and shows nothing internal; returns its JSON. */
export function expectSound({ status, text }: RawAnswer): SoundAnswer {
  expect(status, text).toBeLessThan(500);
  expect(text).not.toMatch(internals);
  const answer = JSON.parse(text) as Omit<SoundAnswer, keyof RawAnswer>;
  for (const { message, extensions } of answer.errors ?? []) {
    expect(message).toBeTruthy();
    expect(extensions?.code, text).toBeTruthy();
    expect(extensions?.code, text).not.toMatch(/INTERNAL/);
  }
  return { status, text, ...answer };
}
