import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadForPortal, portalLanguages } from '@anteroom/language/portal';
import { expect, it } from 'vitest';
import { Refusal } from '../src/http.ts';
import { makeWords } from '../src/words.tsx';

const folder = join(import.meta.dirname, '../src');
const sources = globSync('**/*.{ts,tsx}', { cwd: folder })
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');

it.each(portalLanguages)(
  'has every sentence that the pages say, and no other: %s',
  async (language) => {
    const { sentences } = await loadForPortal(language);
    // Written out, or made of a beginning and a word from elsewhere.
    const beginnings = [...sources.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(([, start = '']) => start);
    const unused = Object.keys(sentences).filter(
      (key) =>
        !sources.includes(`'${key}'`) && !beginnings.some((beginning) => key.startsWith(beginning)),
    );
    expect(unused).toEqual([]);
  },
);

it.each(portalLanguages)('fills every gap and leaves no key untranslated: %s', async (language) => {
  const { sentences } = await loadForPortal(language);
  const { sentences: english } = await loadForPortal('en');
  for (const [key, sentence] of Object.entries(sentences)) {
    const original = english[key as keyof typeof english];
    expect(gapsOf(sentence), key).toEqual(gapsOf(original));
  }
});

const gapsOf = (sentence: string | object): string[][] =>
  [sentence]
    .flatMap((one) => (typeof one === 'string' ? one : Object.values(one)))
    .map((text) => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort())
    // Each form of a plural has the same.
    .filter((gaps, index, all) => index === 0 || String(gaps) !== String(all[0]));

it('explains a refusal in the reader’s words, never with a code', async () => {
  const { explain } = makeWords(await loadForPortal('en'));
  const refusal = (code: Refusal['code'], details = {}) => new Refusal(code, 'internal', details);
  expect(explain(refusal('too_many_requests', { retryAfterSeconds: 840 }))).toContain('14 minutes');
  expect(explain(refusal('version_mismatch'))).toContain('Somebody else changed');
  expect(explain(refusal('internal_error', { requestId: 'abc' }))).toContain('abc');
  expect(() => explain(new TypeError('ours'))).toThrow('ours');
});
