import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

export default defineConfig({
  resolve: {
    // graphql 16 ships both module kinds: our sources would get the ESM copy and externalised libraries the
    // CommonJS one, and graphql refuses to mix them ("from another module or realm").
    alias: [{ find: /^graphql$/, replacement: require.resolve('graphql') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/endurance/**'],
    setupFiles: ['test/setup.ts'],
    globalSetup: ['test/postgres.global.ts', 'test/build.global.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // vitest's on-disk cache of transforms does not notice a changed tsconfig.
    fsModuleCache: false,
  },
});
