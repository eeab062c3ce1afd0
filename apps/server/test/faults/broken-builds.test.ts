import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builds } from './broken-builds.ts';

const folder = join(import.meta.dirname, '../../src');
const sources = globSync('**/*.ts', { cwd: folder });

/** The long fault tests run them; that there is still something to break is seen here. */
describe.each(Object.entries(builds))('the broken build %s', (_name, changes) => {
  it.each(changes)('finds what it breaks in $file', ({ file, sound }) => {
    const own = sources.filter((source) => `/src/${source}`.endsWith(file));
    expect(own).toHaveLength(1);
    expect(readFileSync(join(folder, own[0] as string), 'utf8')).toContain(sound);
  });
});
