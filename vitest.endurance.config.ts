import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

const [, , e2e] = config.test!.projects as [object, object, { test: object }];

/** Killed processes at full size; takes a while, so `npm test` runs a small one of it. */
export default defineConfig({
  test: { projects: [{ ...e2e, test: { ...e2e.test, include: ['test/endurance/**/*.test.ts'] } }] },
});
