import fc from 'fast-check';

/**
 * How often a property is tried, and from which seed: `modestRuns` times unless FUZZ_RUNS and FUZZ_SECONDS (at most)
 * are set. A failure prints its seed; FUZZ_SEED repeats it.
 */
export function fuzzing(modestRuns: number) {
  const { FUZZ_RUNS: runs, FUZZ_SEED: seed, FUZZ_SECONDS: seconds } = process.env;
  return {
    numRuns: runs ? Number(runs) : modestRuns,
    ...(seed ? { seed: Number(seed) } : {}),
    interruptAfterTimeLimit: seconds ? Number(seconds) * 1_000 : fuzzingTimeout(modestRuns) - 30_000,
    endOnFailure: true,
  };
}

/** The time limit, in ms, of a test that tries a property that often. */
export function fuzzingTimeout(modestRuns: number): number {
  const { FUZZ_RUNS: runs } = process.env;
  return 60_000 + 200 * (runs ? Number(runs) : modestRuns);
}

/** Text that no form sends: halves of characters, NUL, very long text, and text with a meaning to some program. */
export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
      .map(units => String.fromCharCode(...units)),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\u0000',
      'a\u0000b',
      '\ud800',
      'half \udc00 pair',
      '\u202eabc',
      '\ufeff',
      '\u2028',
      'e\u0301',
      '\u00e9',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      "'; drop table partner; --",
      '%_\\',
      '$1',
      '../../etc/passwd',
      '<script>',
      '2026-13-45',
      '0000-00-00T00:00:00Z',
      '+275760-09-13T00:00:00.001Z',
      '25:61',
      '0x10',
      '٣',
      '{"a":1}',
      '\\u0000',
      'null',
      'NaN',
      '1e400',
      '-0',
      '9'.repeat(400),
      'x'.repeat(200),
      'x'.repeat(201),
      '\u{1f600}'.repeat(100),
      '\u{1f600}'.repeat(101),
      'long '.repeat(5_000),
    ),
  },
);

/** Any JSON, also with keys that mean something in JavaScript. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.oneof(
      hostileText,
      fc.constantFrom(null, true, false, 0, -1, 1e21, 1e308, 0.1, 2 ** 53, -(2 ** 63), 5e-324),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        hostileText,
        fc.constantFrom('id', 'name', '__proto__', 'constructor', 'length', 'then', 'toJSON'),
      ),
      tie('value'),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
})).value;
