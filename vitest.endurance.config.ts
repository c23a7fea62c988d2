import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

/** The tests of `test/endurance` at full size; they take a while, so `npm test` runs a small one of each. */
const { projects: _, ...test } = config.test!;
export default defineConfig({
  ...config,
  test: {
    ...test,
    include: ['test/endurance/**/*.test.ts'],
    globalSetup: ['test/support/build.global.ts', 'test/support/postgres.global.ts'],
    pool: 'forks',
  },
});
