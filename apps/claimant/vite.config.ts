import { readFile } from 'node:fs/promises';
import { defineConfig, minify, type Plugin, transformWithOxc } from 'vite';

const target = ['chrome100', 'firefox115', 'safari15.6'];

/** Puts the first request into the page, so that it need not wait for the program. */
const earlyScript = (path: string): Plugin => ({
  name: 'early-script',
  async transformIndexHtml() {
    const source = await readFile(new URL(path, import.meta.url), 'utf8');
    const { code } = await transformWithOxc(source, path, { target: 'es2021' });
    const { code: children } = await minify(path, `(() => {${code}})();`);
    return [{ tag: 'script', children, injectTo: 'head' }];
  },
});

/** Puts the styles into the page: one answer of the server less before it is seen. */
const inlineStyles = (): Plugin => ({
  name: 'inline-styles',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const page = bundle['index.html'];
    if (page?.type !== 'asset') return;
    page.source = String(page.source).replace(
      /<link rel="stylesheet"[^>]* href="\/client-web\/(assets\/[^"]+\.css)"[^>]*>/g,
      (link, name: string) => {
        const styles = bundle[name];
        if (styles?.type !== 'asset') return link;
        delete bundle[name];
        return `<style>${String(styles.source).trim()}</style>`;
      },
    );
  },
});

/** What the first page runs goes in one file, though the call shares some of it: it packs smaller. */
const isFirst = (id: string) =>
  /node_modules|\/packages\/(ui|language)\/|\/apps\/claimant\/src\//.test(id) &&
  !/\/(qr|device-check|practice)\/|\/(call|cy|ar)\.(tsx?|css)$/.test(id);

export default defineConfig({
  base: '/client-web/',
  // The source is React's; Preact runs it, in a quarter of the bytes.
  resolve: {
    alias: {
      'react/jsx-runtime': 'preact/jsx-runtime',
      'react-dom/client': 'preact/compat/client',
      'react-dom': 'preact/compat',
      react: 'preact/compat',
      'use-sync-external-store/shim/index.js': 'preact/compat',
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [earlyScript('./src/visit/early.ts'), inlineStyles()],
  build: {
    target,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    manifest: true,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'first', test: isFirst }] } } },
  },
});
