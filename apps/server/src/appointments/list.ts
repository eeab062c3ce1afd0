import type { ListRequest } from '@anteroom/contract';
import {
  type OrganisationDatabase,
  type Statement,
  statement,
  unnamed,
  type Value,
} from '../platform/database/index.ts';
import { type KeysetSlice, type Mark, readCursor, type Slice } from '../platform/http/paging.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';

/** Each filter of the list: its condition, and what its parameter is. */
const filters = {
  status: 'status = any($::text[])',
  reference: 'reference = $',
  department_id: 'department_id = $::integer',
  appointment_from: 'appointment_at >= $::timestamptz',
  appointment_to: 'appointment_at <= $::timestamptz',
  updated_since: 'updated_at >= $::timestamptz',
} as const;

/** The id is time-ordered, so sorting by it is sorting by created_at, on the primary key. */
const sortColumns = {
  created_at: 'id',
  appointment_at: 'appointment_at',
  updated_at: 'updated_at',
} as const;

type SortField = keyof typeof sortColumns;

export interface Selection {
  conditions: string[];
  values: Value[];
  sort: SortField;
  isDescending: boolean;
}

export function selectionOf(request: ListRequest): Selection {
  const values: Value[] = [];
  const conditions = ['organisation_id = current_organisation()'];
  for (const name of Object.keys(filters) as (keyof typeof filters)[]) {
    const value = request[name];
    if (value === undefined || value === null) continue;
    values.push(value as Value);
    conditions.push(filters[name].replace('$', `$${values.length}`));
  }
  const sort = request.sort ?? '-created_at';
  return {
    conditions,
    values,
    sort: sort.replace('-', '') as SortField,
    isDescending: sort.startsWith('-'),
  };
}

/** Sizes of a page whose statements are kept prepared; other sizes would push out better ones. */
const usualSizes = [25, 50, 100];

/**
 * Without filters a statement is one of a handful and worth its name; with them it is planned for
 * its values.
 */
export function named<Row>(selection: Selection, name: string, text: string): Statement<Row> {
  return selection.values.length > 0 || name === ''
    ? unnamed<Row>(text)
    : statement<Row>(name, text);
}

/** The order of a list, or the opposite one, and the condition for what comes behind a mark. */
export function orderOf(selection: Selection, slice: Pick<KeysetSlice, 'after' | 'goesBack'>) {
  const column = sortColumns[selection.sort];
  const isDescending = selection.isDescending !== slice.goesBack;
  const direction = isDescending ? 'desc' : 'asc';
  const values = [...selection.values];
  const where = [...selection.conditions];
  if (slice.after) {
    const comparison = isDescending ? '<' : '>';
    if (column === 'id') {
      values.push(slice.after.id);
      where.push(`id ${comparison} $${values.length}::uuid`);
    } else {
      values.push(slice.after.value, slice.after.id);
      where.push(
        `(${column}, id) ${comparison} ($${values.length - 1}::timestamptz, $${values.length}::uuid)`,
      );
    }
  }
  const order = column === 'id' ? `id ${direction}` : `${column} ${direction}, id ${direction}`;
  return { column, isDescending, direction, where, values, order };
}

/** The text of one page of the list; exported so that a test can read its plan. */
export function listText(
  request: ListRequest,
  slice: Slice,
): { name: string; text: string; values: Value[]; selection: Selection } {
  const selection = selectionOf(request);
  const keyset = slice.kind === 'keyset' ? slice : { after: null, goesBack: false };
  const { column, direction, where, values: all, order } = orderOf(selection, keyset);
  // Written out: for a limit in a parameter PostgreSQL plans anew at every execution, which costs
  // more than reading the rows.
  const limit = `limit ${slice.kind === 'keyset' ? slice.perPage + 1 : slice.perPage}`;
  let offset = '';
  if (slice.kind === 'page' && slice.page > 1) {
    all.push((slice.page - 1) * slice.perPage);
    offset = `offset $${all.length}`;
  }
  const text = `select ${appointmentColumns} from appointments
    where ${where.join(' and ')} order by ${order} ${limit} ${offset}`;
  const place = all.length > selection.values.length ? 'further' : 'first';
  const name = usualSizes.includes(slice.perPage)
    ? `list_${column}_${direction}_${slice.kind}_${place}_${slice.perPage}`
    : '';
  return { name, text, values: all, selection };
}

/** One page of the list, by number. */
export async function listPage(
  database: OrganisationDatabase,
  request: ListRequest,
  page: number,
  perPage: number,
): Promise<AppointmentRow[]> {
  const { name, text, values, selection } = listText(request, { kind: 'page', page, perPage });
  return database.many(named<AppointmentRow>(selection, name, text), values);
}

/** What a cursor holds: the list's sort, and the row behind which it goes on. */
export const markOf = (sort: string, { value, id }: Mark, goesBack: boolean): object => ({
  s: sort,
  v: value,
  i: id,
  b: goesBack,
});

export interface KeysetPage {
  rows: AppointmentRow[];
  next: object | null;
  previous: object | null;
}

/** One page of the list, by cursor; costs the same wherever it lies. */
export async function listByCursor(
  database: OrganisationDatabase,
  request: ListRequest,
  perPage: number,
): Promise<KeysetPage> {
  const sort = request.sort ?? '-created_at';
  const slice = readCursor(request.cursor ?? '', sort, perPage);
  const { name, text, values, selection } = listText(request, slice);
  const rows = await database.many(named<AppointmentRow>(selection, name, text), values);
  const hasMore = rows.length > perPage;
  if (hasMore) rows.pop();
  if (slice.goesBack) rows.reverse();
  const mark = (row: AppointmentRow | undefined, goesBack: boolean) =>
    row
      ? markOf(
          sort,
          { value: selection.sort === 'created_at' ? '' : row[selection.sort], id: row.id },
          goesBack,
        )
      : null;
  const isPastFirst = slice.after !== null;
  return {
    rows,
    next: slice.goesBack || hasMore ? mark(rows.at(-1), false) : null,
    previous: (slice.goesBack ? hasMore : isPastFirst) ? mark(rows[0], true) : null,
  };
}
