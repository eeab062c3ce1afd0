import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A built file, in every form that a browser may take; compressed when it was built. */
export interface BuiltFile {
  type: string;
  plain: Buffer;
  /** By its name in Accept-Encoding, the smallest first. */
  encoded: [name: 'br' | 'gzip', bytes: Buffer][];
}

/** What was built of one app. */
export interface BuiltPages {
  page: BuiltFile;
  /** Scripts, styles and pictures by their path below `assets/`; their names change with them. */
  assets: Map<string, BuiltFile>;
  /** Sources for `script-src` and `style-src` that allow what stands in the page itself. */
  inlineScripts: string[];
  inlineStyles: string[];
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mp3': 'audio/mpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Reads what `tools/build-pages.ts` made of an app; null where nothing was built. */
export function readBuiltPages(app: 'claimant' | 'portal'): BuiltPages | null {
  const folder = join(import.meta.dirname, '../../..', app, 'dist');
  if (!existsSync(join(folder, 'index.html'))) return null;
  const names = globSync('assets/**/*', { cwd: folder }).filter((name) => extname(name) in types);
  const page = readFile(join(folder, 'index.html'));
  const text = page.plain.toString();
  return {
    page,
    assets: new Map(
      names.map((name) => [
        name.replaceAll('\\', '/').slice('assets/'.length),
        readFile(join(folder, name)),
      ]),
    ),
    inlineScripts: hashesOf(text, /<script>([\s\S]*?)<\/script>/g),
    inlineStyles: hashesOf(text, /<style>([\s\S]*?)<\/style>/g),
  };
}

function readFile(path: string): BuiltFile {
  const encoded: BuiltFile['encoded'] = [];
  if (existsSync(`${path}.br`)) encoded.push(['br', readFileSync(`${path}.br`)]);
  if (existsSync(`${path}.gz`)) encoded.push(['gzip', readFileSync(`${path}.gz`)]);
  const type = types[extname(path)] ?? 'application/octet-stream';
  return { type, plain: readFileSync(path), encoded };
}

/** Allows exactly these texts to stand in the page (CSP level 3, section 2.3.1). */
const hashesOf = (page: string, element: RegExp) =>
  [...page.matchAll(element)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  );
