import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

const { projects: _, ...test } = config.test!;

/** What takes long at full size: killed and frozen processes, and random cases. `npm test` runs a small one of each. */
export default defineConfig({
  ...config,
  test: {
    ...test,
    include: ['test/endurance/**/*.test.ts', 'test/integration/security/fuzz-*.test.ts'],
    globalSetup: ['test/support/build.global.ts', 'test/support/postgres.global.ts'],
    pool: 'forks',
    env: { FUZZ_RUNS: process.env.FUZZ_RUNS ?? '1000' },
  },
});
