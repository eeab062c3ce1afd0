import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
}

const folder = join(import.meta.dirname, '../dist');
const mostBytes = 220_000;

/** The chunks that a page fetches before it shows *Today*: what the entry needs, and all that needs. */
function chunksOf(chunks: Record<string, Chunk>, name: string, found = new Set<string>()) {
  const chunk = chunks[name];
  if (!chunk || found.has(name)) return found;
  found.add(name);
  for (const needed of chunk.imports ?? []) chunksOf(chunks, needed, found);
  return found;
}

it('needs at most 220 kB of compressed script to show Today', () => {
  const chunks: Record<string, Chunk> = JSON.parse(
    readFileSync(join(folder, '.vite/manifest.json'), 'utf8'),
  );
  const entry = Object.keys(chunks).find((name) => chunks[name]?.isEntry) ?? '';
  const names = chunksOf(chunks, entry);
  // The longer of the two languages is fetched as well.
  for (const name of Object.keys(chunks)) if (name.endsWith('portal/cy.ts')) names.add(name);
  const bytes = [...names]
    .map((name) => gzipSync(readFileSync(join(folder, chunks[name]?.file ?? ''))).length)
    .reduce((sum, one) => sum + one, 0);
  expect(names.size).toBeGreaterThan(1);
  expect(bytes).toBeLessThan(mostBytes);
  expect(bytes).toBeGreaterThan(mostBytes / 4);

  // The call and the forms come when somebody goes there.
  const later = Object.keys(chunks).filter((name) => /(call|schedule)-page\.tsx$/.test(name));
  expect(later).toHaveLength(2);
  expect(later.filter((name) => names.has(name))).toEqual([]);
});
