import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);
const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** What every project needs; a test's folder says which project it belongs to. */
const everywhere = {
  resolve: {
    // graphql 16 ships both module kinds: our sources would get the ESM copy and externalised libraries the
    // CommonJS one, and graphql refuses to mix them ("from another module or realm").
    alias: [
      { find: /^graphql$/, replacement: require.resolve('graphql') },
      // What plugins import, from the sources: package.json names the compiled files.
      { find: /^psa-bridge\/plugin$/, replacement: source('psa/plugin.ts') },
      { find: /^psa-bridge\/conformance$/, replacement: source('psa/conformance/conformance.ts') },
    ],
  },
};

const everyTest = {
  setupFiles: ['test/support/setup.ts'],
  testTimeout: 20_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // vitest's on-disk cache of transforms does not notice a changed tsconfig.
    fsModuleCache: false,
    projects: [
      {
        // No database, no build, one process for all files.
        ...everywhere,
        test: {
          ...everyTest,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        // One PostgreSQL; each file has its own database, cloned from a template.
        ...everywhere,
        test: {
          ...everyTest,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/postgres.global.ts'],
          pool: 'forks',
        },
      },
      {
        // Compiled programs as processes of their own.
        ...everywhere,
        test: {
          ...everyTest,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/postgres.global.ts', 'test/support/build.global.ts'],
          pool: 'forks',
        },
      },
    ],
  },
});
