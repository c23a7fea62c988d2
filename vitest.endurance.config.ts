import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

/** Killed processes at full size; takes a while, so `npm test` runs a small one of it. */
export default defineConfig({
  ...config,
  test: { ...config.test, include: ['test/endurance/**/*.test.ts'], exclude: [] },
});
