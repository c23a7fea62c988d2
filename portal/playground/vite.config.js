import { defineConfig } from 'vite';

export default defineConfig({
  base: '/playground/',
  // The cast of workers and languages is GraphiQL's; its pieces are large, and loaded once.
  build: {
    outDir: '../../dist/portal/playground',
    emptyOutDir: true,
    chunkSizeWarningLimit: 8_000,
    assetsInlineLimit: 0,
  },
});
