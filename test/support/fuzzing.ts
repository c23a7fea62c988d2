/** How many random cases each property tries, and the seed that repeats a failing run. */
export const fuzzing = {
  numRuns: Number(process.env.FUZZ_RUNS ?? 150),
  ...(process.env.FUZZ_SEED ? { seed: Number(process.env.FUZZ_SEED) } : {}),
  interruptAfterTimeLimit: Number(process.env.FUZZ_SECONDS ?? 15) * 1_000,
  endOnFailure: true,
} as const;
