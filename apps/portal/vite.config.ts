import { defineConfig } from 'vite';

// The pages of staff, served at /portal/ and, for the host's link, at /meet/.
export default defineConfig({
  base: '/portal/',
  build: {
    // Staff work on machines that are looked after: what every engine has had since spring 2024.
    target: ['chrome120', 'firefox124', 'safari17.4'],
    // The policy of the pages lets nothing be loaded from inside the document.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    // Libraries mark what runs in browsers only; here everything does.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
