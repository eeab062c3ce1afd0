import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

interface Chunk {
  file: string;
  imports?: string[];
}

const folder = join(import.meta.dirname, '../dist');
const manifest: Record<string, Chunk> = JSON.parse(
  readFileSync(join(folder, '.vite/manifest.json'), 'utf8'),
);

/** Bytes of script, gzipped: the page's own, and these sources with all that they import. */
function sizeOf(sources: string[]): number {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const files = new Set([...page.matchAll(/assets\/[^"]+\.js/g)].map(([file]) => file));
  const add = (name: string) => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`${name} is not in the manifest`);
    files.add(chunk.file);
    for (const one of chunk.imports ?? []) add(one);
  };
  for (const source of sources) add(source);
  return [...files].reduce(
    (sum, file) => sum + gzipSync(readFileSync(join(folder, file)), { level: 9 }).length,
    0,
  );
}

const waiting = ['../../packages/call/src/index.ts', '../../packages/call/src/devices.ts'];

it('sends at most 35 kB of script up to the waiting page', () => {
  expect(sizeOf(waiting)).toBeLessThan(35_000);
});

it('sends at most 70 kB of script with the call, and the device check before it', () => {
  const all = [...waiting, 'src/pages/call.tsx', 'src/device-check/page.tsx'];
  expect(sizeOf(all)).toBeLessThan(70_000);
});
