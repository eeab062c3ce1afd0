import type { Organisation } from '../organisation/index.ts';
import { type OrganisationDatabase, statement } from '../platform/database/index.ts';
import { refuseFaults } from '../platform/errors.ts';
import { readPhone } from '../platform/http/formats.ts';

/** One word of what is looked for: an appointment has it when one of its terms begins with one of these. */
export type Word = readonly string[];

const foldBoth = statement<{ plain: string; spelt: string }>(
  'fold_search',
  'select folded($1) as plain, folded(spelt_out($1)) as spelt',
);

/**
 * The words of what somebody looks for, longest first. Throws `validation_failed` when there is
 * none in it.
 */
export async function readWords(
  database: OrganisationDatabase,
  { country }: Organisation,
  text: string,
): Promise<Word[]> {
  const folded = await database.one(foldBoth, [text]);
  const split = (of = '') => of.split(' ').filter((word) => /[^\s@]/.test(word));
  const spelt = split(folded?.spelt);
  const plain = split(folded?.plain);
  const words = plain.map((word, index): Word => {
    const numbers = isNumber(word) ? phoneTerms(runAround(plain, index), country) : [];
    const withoutAt = (one: string) => one.replace(/^@+/, '');
    return [...new Set([word, spelt[index] ?? word].map(withoutAt).concat(numbers))];
  });
  if (words.length === 0) {
    throw refuseFaults({
      q: ['q must hold a word to look for: a name, an email address, a phone number, a reference.'],
    });
  }
  const sorted = words.toSorted((one, other) => shortest(other) - shortest(one));
  // What begins with a longer word begins with its beginning as well.
  return sorted.filter(
    (word, index) =>
      !sorted
        .slice(0, index)
        .some((longer) => longer.every((form) => word.some((start) => form.startsWith(start)))),
  );
}

const shortest = (word: Word) => Math.min(...word.map(({ length }) => length));

const isNumber = (word: string) => /^[+\d./-]*\d[+\d./-]*$/.test(word);

/** A phone number is typed with spaces: the numbers before and behind this one, and itself. */
function runAround(words: readonly string[], index: number): string {
  let [first, last] = [index, index];
  while (isNumber(words[first - 1] ?? '')) first--;
  while (isNumber(words[last + 1] ?? '')) last++;
  return words.slice(first, last + 1).join(' ');
}

const leastDigits = 4;

/** The terms of phone numbers that end so: as dialled in this country, and as the last digits. */
function phoneTerms(text: string, country: string): string[] {
  const backwards = (digits: string) => `<${[...digits].toReversed().join('')}`;
  const digits = text.replace(/\D/g, '');
  const number = readPhone(text, country)?.slice(1);
  return [
    ...(digits.length >= leastDigits ? [backwards(digits)] : []),
    ...(number ? [backwards(number)] : []),
  ];
}
