import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);
const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
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
  // The projects inherit what stands here. A test's folder says which project it belongs to.
  test: {
    // vitest's on-disk cache of transforms does not notice a changed tsconfig.
    fsModuleCache: false,
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    // A worker imports the sources once, not once for each file. Each file has its own database and its own servers.
    isolate: false,
    // Database tests wait more than they compute. vitest's default is one worker on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        // No database, no build.
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], pool: 'threads' },
      },
      {
        // Each file has its own database, cloned from a template.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/postgres.global.ts'],
          pool: 'forks',
        },
      },
      {
        // Compiled programs as processes of their own.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/build.global.ts', 'test/support/postgres.global.ts'],
          pool: 'forks',
        },
      },
    ],
  },
});
