import { defineConfig } from 'vite';

export default defineConfig({
  base: '/playground/',
  // GraphiQL brings workers and languages whose chunks are large; each is loaded once.
  build: {
    outDir: '../../dist/portal/playground',
    emptyOutDir: true,
    chunkSizeWarningLimit: 8_000,
    assetsInlineLimit: 0,
  },
});
