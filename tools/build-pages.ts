// Builds the pages that the server hands out: apps/claimant and apps/portal, each into its `dist`.
// A page is built again only when what it is made of has changed, by content. The bootstrap calls
// this before it serves or tests, and sees to it that only one process does so at a time.
//
//   node tools/build-pages.ts
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const apps = ['claimant', 'portal'];
/** What both apps are made of, beside their own folder. */
const shared = [
  'packages/{call,contract,language,sdk,ui}/{package.json,src/**}',
  'package-lock.json',
  'tools/build-pages.ts',
];
/** Texts, which shrink; what is left out is compressed in itself. */
const compressed = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt', '.wasm']);

/** Names what an app was built from; lies in its `dist`, and is never served. */
const stampName = '.built-from';

// What is served is the same, whoever has it built: a test's own setting would make another.
process.env.NODE_ENV = 'production';

for (const app of apps) {
  const folder = join(root, 'apps', app);
  if (!existsSync(join(folder, 'index.html'))) continue;
  const source = hashSources(app);
  const stamp = join(folder, 'dist', stampName);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === source) continue;
  const startedAt = performance.now();
  const { build } = await import('vite');
  await build({
    root: folder,
    configFile: join(folder, 'vite.config.ts'),
    mode: 'production',
    logLevel: 'warn',
    build: { outDir: join(folder, 'dist'), emptyOutDir: true },
  });
  const scripts = compressFiles(join(folder, 'dist'));
  writeFileSync(stamp, source);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.error(`Built the ${app}'s pages in ${seconds} s: ${scripts} kB of script, gzipped.`);
}

/** Stands for everything that can change what an app is built into. */
function hashSources(app: string): string {
  const hash = createHash('sha256');
  const paths = globSync([`apps/${app}/**`, ...shared], {
    cwd: root,
    withFileTypes: true,
    exclude: (entry) => ['node_modules', 'dist'].includes(entry.name),
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of [...new Set(paths)].sort()) {
    hash.update(`${path.slice(root.length)}\n`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** Lays a Brotli and a gzip form beside each text. Gives the size of all scripts, gzipped, in kB. */
function compressFiles(folder: string): number {
  let scriptBytes = 0;
  for (const name of globSync('**/*', { cwd: folder })) {
    if (!compressed.has(extname(name))) continue;
    const path = join(folder, name);
    const text = readFileSync(path);
    const zipped = gzipSync(text, { level: 9 });
    writeFileSync(`${path}.gz`, zipped);
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params }));
    if (extname(name) === '.js') scriptBytes += zipped.length;
  }
  return Math.round(scriptBytes / 1000);
}
