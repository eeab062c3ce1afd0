import type { SearchRequest } from '@anteroom/contract';
import type { Organisation } from '../organisation/index.ts';
import {
  type OrganisationDatabase,
  statement,
  unnamed,
  type Value,
} from '../platform/database/index.ts';
import { type Mark, readCursor } from '../platform/http/paging.ts';
import { type KeysetPage, markOf, orderOf, type Selection, selectionOf } from './list.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';
import { readTerms } from './search-terms.ts';
import { readWords, type Word } from './search-words.ts';
import { isFinal } from './status.ts';

/** So many rows are looked at one by one before the terms are asked: a millisecond or two. */
const fewRows = 2_000;
/** So many at a time where the terms are of no use. */
const manyRows = 3_000;
/** So many rows at most are put into another order than their terms have. */
const mostSorted = 1_500;
/** Numbered pages show no more results than this. */
const mostNumbered = 1_000;
/** So many entries of each form of a word are read from the terms at a time. */
const entryCount = 5_000;
/** About what it takes, in microseconds: a row in the order of ids, in another, and by its id. */
const rowEffort = { byTime: 1, inOrder: 9, byId: 12 };
/** After this effort a page by cursor is answered, full or not; an empty one or a numbered one later. */
const enoughEffort = { withResults: 25_000, without: 45_000, toSort: 20_000 };

/** A search's results as far as they were looked for. */
interface Found {
  /** In the order asked for. */
  marks: Mark[];
  /** The row up to which everything was looked at; null when nothing is behind it. */
  reached: Mark | null;
  effort: number;
}

interface Hunt {
  database: OrganisationDatabase;
  selection: Selection;
  words: readonly Word[];
  /** Whether the filters leave few rows. */
  isShort: boolean;
  goesBack: boolean;
}

/** The condition that a row has every word; adds its values. */
function matchOf(words: readonly Word[], values: Value[]): string {
  const has = (form: string) => `strpos(search_text, $${values.push(` ${form}`)}) > 0`;
  return words.map((word) => `(${word.map(has).join(' or ')})`).join(' and ');
}

/** What filters look at. */
const filterColumns = 'status, reference, department_id, appointment_at, updated_at';

const sortValueOf = (column: string) => (column === 'id' ? `''::text` : column);

/**
 * Looks at the next rows of the list one by one: of the list that the filters choose, where it is
 * short, else of all rows, since the next that a filter lets through may be far.
 */
async function lookThrough(
  { database, selection, words, isShort, goesBack }: Hunt,
  after: Mark | null,
  rowCount: number,
  wanted: number,
): Promise<Found> {
  const [own = '', ...filters] = selection.conditions;
  const listed = isShort ? selection : { ...selection, conditions: [own] };
  const { column, where, values, order } = orderOf(listed, { after, goesBack });
  const match = [matchOf(words, values), ...filters].join(' and ');
  const text = `select id, ${sortValueOf(column)} as value, number, is_match
    from (select *, row_number() over () as number, ${match} as is_match
      from (select id, organisation_id, search_text, ${filterColumns} from appointments
        where ${where.join(' and ')} order by ${order} limit ${rowCount}) as next_rows) as looked_at
    where is_match or number = ${rowCount}
    order by ${order} limit ${wanted}`;
  const rows = await database.many(
    unnamed<Mark & { number: string; is_match: boolean }>(text),
    values,
  );
  const last = rows.at(-1);
  const isEnd = rows.length < wanted && Number(last?.number) !== rowCount;
  return {
    marks: rows.filter((row) => row.is_match).map(({ id, value }) => ({ id, value })),
    reached: isEnd || !last ? null : { id: last.id, value: last.value },
    effort: rowCount * (column === 'id' ? rowEffort.byTime : rowEffort.inOrder),
  };
}

/**
 * Whether the filters leave so few rows that all of them can be looked at. A final status is left
 * out of that: there is no index of it.
 */
async function isListShort(database: OrganisationDatabase, request: SearchRequest) {
  const { status, ...others } = request;
  const { conditions, values } = selectionOf(status?.some(isFinal) ? others : request);
  if (conditions.length === 1) return false;
  const counted = await database.one(
    unnamed<{ count: number }>(
      `select count(*)::integer as count from (select from appointments
       where ${conditions.join(' and ')} limit ${fewRows}) as listed`,
    ),
    values,
  );
  return counted !== null && counted.count < fewRows;
}

/** Those of the rows with these ids that the search is for, behind a mark. */
function lookAt(
  { database, selection, words, goesBack }: Hunt,
  ids: readonly string[],
  after: Mark | null,
  wanted: number,
): Promise<Mark[]> {
  if (ids.length === 0) return Promise.resolve([]);
  const { column, where, values, order } = orderOf(selection, { after, goesBack });
  const match = matchOf(words, values);
  const text = `select id, ${sortValueOf(column)} as value from appointments
    where ${where.join(' and ')} and ${match} and id = any ($${values.push(ids)}::uuid[])
    order by ${order} limit ${wanted}`;
  return database.many(unnamed<Mark>(text), values);
}

/**
 * Looks for so many results behind a mark. First a few rows of the list one by one, which is enough
 * for small lists, narrow filters and common words; then by the terms. Where they narrow nothing, or
 * too much of them would have to be sorted otherwise than they lie, more rows one by one. All that
 * ends in time: an answer may be short of results that lie behind `reached`.
 */
async function find(
  hunt: Hunt,
  after: Mark | null,
  wanted: number,
  enough = enoughEffort.without,
): Promise<Found> {
  const found: Found = { marks: [], reached: after, effort: 0 };
  const take = ({ marks, reached, effort }: Found) => {
    found.marks.push(...marks);
    found.reached = reached;
    found.effort += effort;
  };
  const isDone = () =>
    found.reached === null ||
    found.marks.length >= wanted ||
    found.effort >= (found.marks.length > 0 ? enough : enoughEffort.without);
  take(await lookThrough(hunt, after, fewRows, wanted));
  const { selection } = hunt;
  const isByTime = selection.sort === 'created_at';
  if (!isDone() && !isByTime) {
    const all = await findAll(hunt);
    if (all) return { marks: await lookAt(hunt, all, after, wanted), reached: null, effort: 0 };
  }
  while (!isDone()) {
    const missing = wanted - found.marks.length;
    const read = isByTime
      ? await readTerms(
          { ...hunt, isDescending: selection.isDescending !== hunt.goesBack },
          found.reached,
          entryCount,
        )
      : null;
    if (!read) {
      take(await lookThrough(hunt, found.reached, manyRows, missing));
      continue;
    }
    // Nothing else is asked of the rows: they need not be looked at.
    const isPlain = read.isSure && selection.conditions.length === 1;
    const marks = isPlain
      ? read.ids.map((id) => ({ id, value: '' }))
      : await lookAt(hunt, read.ids, found.reached, missing);
    const effort = read.effort + (isPlain ? 0 : read.ids.length * rowEffort.byId);
    take({ marks: marks.slice(0, missing), reached: read.reached, effort });
  }
  return found;
}

/** The ids of all rows that have the words, or null when these are many or hard to find. */
async function findAll(hunt: Hunt): Promise<string[] | null> {
  const ids: string[] = [];
  let reached: Mark | null = null;
  let effort = 0;
  do {
    const read = await readTerms({ ...hunt, isDescending: true }, reached, entryCount);
    if (!read) return null;
    ids.push(...read.ids);
    reached = read.reached;
    effort += read.effort;
    if (ids.length > mostSorted || effort > enoughEffort.toSort) return null;
  } while (reached);
  return ids;
}

const byIds = statement<AppointmentRow>(
  'appointments_by_ids',
  `select ${appointmentColumns} from appointments
   where organisation_id = current_organisation() and id = any ($1::uuid[])`,
);

/** The appointments at these marks, in their order. */
async function rowsAt(database: OrganisationDatabase, marks: readonly Mark[]) {
  if (marks.length === 0) return [];
  const rows = await database.many(byIds, [marks.map(({ id }) => id)]);
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  return marks.flatMap(({ id }) => rowOf.get(id) ?? []);
}

export interface SearchContext {
  database: OrganisationDatabase;
  organisation: Organisation;
}

async function huntFor({ database, organisation }: SearchContext, request: SearchRequest) {
  const [words, isShort] = await Promise.all([
    readWords(database, organisation, request.q),
    isListShort(database, request),
  ]);
  return { database, words, isShort, selection: selectionOf(request) };
}

/**
 * One numbered page of a search, with how many results the numbered pages reach and whether those
 * are all. Throws `validation_failed`.
 */
export async function searchPage(
  context: SearchContext,
  request: SearchRequest,
  page: number,
  perPage: number,
): Promise<{ rows: AppointmentRow[]; total: number; isTotalExact: boolean }> {
  const hunt = { ...(await huntFor(context, request)), goesBack: false };
  const { marks, reached } = await find(hunt, null, mostNumbered + 1);
  const shown = marks.slice(0, mostNumbered);
  return {
    rows: await rowsAt(context.database, shown.slice((page - 1) * perPage, page * perPage)),
    total: shown.length,
    isTotalExact: reached === null && marks.length <= mostNumbered,
  };
}

/**
 * One page of a search by cursor. All pages together have every result once; a page may have less
 * than its fill, or nothing, and still a next one. Throws `validation_failed`.
 */
export async function searchByCursor(
  context: SearchContext,
  request: SearchRequest,
  perPage: number,
): Promise<KeysetPage> {
  const sort = request.sort ?? '-created_at';
  const { after, goesBack } = readCursor(request.cursor ?? '', sort, perPage);
  const hunt = { ...(await huntFor(context, request)), goesBack };
  const { marks, reached } = await find(hunt, after, perPage + 1, enoughEffort.withResults);
  const hasMore = marks.length > perPage;
  const shown = marks.slice(0, perPage);
  const end = hasMore ? shown.at(-1) : reached;
  const ahead = end ? markOf(sort, end, goesBack) : null;
  const start = shown[0] ?? reached;
  const behind = after && start ? markOf(sort, start, !goesBack) : null;
  if (goesBack) shown.reverse();
  return {
    rows: await rowsAt(context.database, shown),
    next: goesBack ? behind : ahead,
    previous: goesBack ? ahead : behind,
  };
}
