import { type Runner, statement, unnamed, type Value } from '../platform/database/index.ts';
import type { Mark } from '../platform/http/paging.ts';
import type { Word } from './search-words.ts';

/** Terms are stored cut to this length. */
const longestTerm = 100;
/** So few ids are read of the rows that have the rare words alone; the others are looked for there. */
const fewIds = 300;
/** So many ids are answered at once. */
const mostIds = 1_500;
/** The words that are looked up: the longest. */
const mostWords = 4;
/** Periods have twenty bits: the first five digits of an id. */
const lastPeriod = 2 ** 20 - 1;

export interface Reading {
  /** Ids of rows that have the words that were looked up, in the order asked for. */
  ids: string[];
  /** Where reading stopped; null when nothing is behind it. */
  reached: Mark | null;
  /** Whether these were all words, so that the rows have them all. */
  isSure: boolean;
  /** Entries read. */
  effort: number;
}

interface Sounding {
  word: number;
  count: number;
  /** The period in which reading stopped, so that it was not read to its end; null at the end of all. */
  stopped_in: number | null;
}

const soundings = (isDescending: boolean, entryCount: number) => {
  const [comparison, edge, nearest, direction] = isDescending
    ? ['<=', 'min', 'max', 'desc']
    : ['>=', 'max', 'min', 'asc'];
  return statement<Sounding>(
    `sound_terms_${direction}_${entryCount}`,
    `select word, sum(count)::integer as count,
       ${nearest}(edge) filter (where count = ${entryCount}) as stopped_in
     from unnest($1::integer[], $2::text[], $3::text[]) as form (word, low, high)
     cross join lateral (
       select count(*), ${edge}(period) as edge from (
         select period from search_terms
         where organisation_id = current_organisation() and period ${comparison} $4
           and term >= low and term < high
         order by organisation_id ${direction}, period ${direction} limit ${entryCount}) as entry) as counted
     group by word`,
  );
};

/** What a form's terms lie between. Ready-made: computed in a statement, it would not be leakproof. */
const rangeOf = (form: string) => {
  const low = form.slice(0, longestTerm);
  return { low, high: `${low}\u{10ffff}` };
};

interface Stretch {
  /** Periods, the first one met first. */
  first: number;
  last: number;
  isDescending: boolean;
  after: Mark | null;
}

/** The statement that finds ids with all these words; exported so that a test can read its plan. */
export function idsText(
  words: readonly Word[],
  stretch: Stretch,
): { text: string; values: Value[] } {
  const { first, last, isDescending, after } = stretch;
  const values: Value[] = [Math.min(first, last), Math.max(first, last)];
  const place = (value: Value) => `$${values.push(value)}`;
  const idsWith = (form: string) => {
    const { low, high } = rangeOf(form);
    return `select appointment_id as id from search_terms
      where organisation_id = current_organisation() and period between $1 and $2
        and term >= ${place(low)} and term < ${place(high)}`;
  };
  const ids = words.map((word) => `(${word.map(idsWith).join(' union ')})`).join(' intersect ');
  const behind = after ? `where id ${isDescending ? '<' : '>'} ${place(after.id)}::uuid` : '';
  const text = `select distinct id from (${ids}) as found ${behind}
    order by id ${isDescending ? 'desc' : 'asc'} limit ${mostIds + 1}`;
  return { text, values };
}

export interface Lookup {
  database: Runner;
  /** The longest first. */
  words: readonly Word[];
  isDescending: boolean;
}

/**
 * Reads on in the terms, in the order of ids, and answers which rows have the words there: as far as
 * this many entries of each form of a word reach, or to the end when one is rare. Null when they reach no further
 * than the period they begin in: too much was scheduled in it.
 */
export async function readTerms(
  { database, words, isDescending }: Lookup,
  after: Mark | null,
  entryCount: number,
): Promise<Reading | null> {
  const end = isDescending ? 0 : lastPeriod;
  const first = after ? periodOf(after.id) : lastPeriod - end;
  const lookedUp = words.slice(0, mostWords);
  const forms = lookedUp.flatMap((word, index) =>
    word.map((form) => ({ index, ...rangeOf(form) })),
  );
  const sounded = await database.many(soundings(isDescending, entryCount), [
    forms.map(({ index }) => String(index)),
    forms.map(({ low }) => low),
    forms.map(({ high }) => high),
    first,
  ]);
  const effort = sounded.reduce((sum, { count }) => sum + count, 0);
  const rare = sounded.filter(({ stopped_in: stop }) => stop === null);
  const fewest = Math.min(...rare.map(({ count }) => count));
  if (fewest === 0) return { ids: [], reached: null, isSure: true, effort };

  let used = lookedUp;
  let last = end;
  if (fewest <= fewIds) used = rare.map(({ word }) => lookedUp[word] as Word);
  else if (rare.length < sounded.length) {
    const stops = sounded.flatMap(({ stopped_in: stop }) => stop ?? []);
    last = isDescending ? Math.max(...stops) + 1 : Math.min(...stops) - 1;
    if (isDescending ? last > first : last < first) return null;
  }
  const { text, values } = idsText(used, { first, last, isDescending, after });
  const found = await database.many(unnamed<{ id: string }>(text), values);
  const ids = found.slice(0, mostIds).map(({ id }) => id);
  const stop =
    found.length > mostIds
      ? (ids.at(-1) as string)
      : last === end
        ? null
        : edgeOf(last, isDescending);
  return {
    ids,
    reached: stop === null ? null : { id: stop, value: '' },
    isSure: used.length === words.length && forms.every(({ low }) => low.length < longestTerm),
    effort,
  };
}

const periodOf = (id: string) => Number.parseInt(id.slice(0, 5), 16);

/** What would be a period's last id in this order. */
function edgeOf(period: number, isDescending: boolean): string {
  const digit = isDescending ? '0' : 'f';
  const start = period.toString(16).padStart(5, '0');
  return '00000000-0000-0000-0000-000000000000'
    .replaceAll('0', digit)
    .replace(digit.repeat(5), start);
}
