import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/* Chromium 109 is the last one that old office PCs can have. The built files are committed: their
 * names carry a hash of what is in them, and nothing in them depends on the day or the machine. */
export default defineConfig({
  plugins: [svelte()],
  base: '/',
  build: {
    target: 'chrome109',
    cssTarget: 'chrome109',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
});
