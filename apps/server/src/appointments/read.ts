import { createHash } from 'node:crypto';
import type { EventAnswer, ListRequest } from '@anteroom/contract';
import { isoFromDatabase } from '../platform/clock.ts';
import {
  type OrganisationDatabase,
  type Statement,
  statement,
  unnamed,
  type Value,
} from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { readCursor, type Slice } from '../platform/http/paging.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';

export const byId = statement<AppointmentRow>(
  'appointment_by_id',
  `select ${appointmentColumns} from appointments where organisation_id = current_organisation() and id = $1`,
);

/** The appointment; throws `not_found`, for another organisation's as for an unknown one. */
export async function read(database: OrganisationDatabase, id: string): Promise<AppointmentRow> {
  const row = await database.one(byId, [id]);
  if (!row) throw refuse('not_found');
  return row;
}

interface EventRow {
  version: number;
  type: EventAnswer['type'];
  occurred_at: string;
  actor_kind: EventAnswer['actor']['kind'];
  actor_id: string | null;
  data: Record<string, unknown>;
}

const eventsOf = statement<EventRow>(
  'events_of_appointment',
  `select version, type, occurred_at, actor_kind, actor_id, data from events
   where organisation_id = current_organisation() and appointment_id = $1
   order by version limit $2 offset $3`,
);
const countEvents = statement<{ total: number }>(
  'count_events',
  `select count(*)::integer as total from events
   where organisation_id = current_organisation() and appointment_id = $1`,
);

/** A page of the appointment's timeline, oldest first; throws `not_found`. */
export async function readEvents(
  database: OrganisationDatabase,
  id: string,
  page: number,
  perPage: number,
): Promise<{ items: EventAnswer[]; total: number }> {
  await read(database, id);
  const [rows, count] = await Promise.all([
    database.many(eventsOf, [id, perPage, (page - 1) * perPage]),
    database.one(countEvents, [id]),
  ]);
  const items = rows.map((row) => ({
    version: row.version,
    type: row.type,
    occurred_at: isoFromDatabase(row.occurred_at),
    actor: { kind: row.actor_kind, id: row.actor_id },
    data: row.data,
  }));
  return { items, total: count?.total ?? 0 };
}

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

interface Search {
  conditions: string[];
  values: Value[];
  sort: SortField;
  isDescending: boolean;
}

function searchOf(request: ListRequest): Search {
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

/** Without filters a statement is one of a handful and worth its name; with them it is planned for its values. */
function named<Row>(search: Search, text: string): Statement<Row> {
  if (search.values.length > 0) return unnamed<Row>(text);
  return statement<Row>(
    `list_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
    text,
  );
}

/** The text of one page of the list; exported so that a test can read its plan. */
export function listText(
  request: ListRequest,
  slice: Slice,
): { text: string; values: Value[]; search: Search } {
  const search = searchOf(request);
  const { conditions, values, sort } = search;
  const column = sortColumns[sort];
  const goesBack = slice.kind === 'keyset' && slice.goesBack;
  const isDescending = search.isDescending !== goesBack;
  const direction = isDescending ? 'desc' : 'asc';
  const where = [...conditions];
  const all = [...values];
  if (slice.kind === 'keyset' && slice.after) {
    const comparison = isDescending ? '<' : '>';
    if (column === 'id') {
      all.push(slice.after.id);
      where.push(`id ${comparison} $${all.length}::uuid`);
    } else {
      all.push(slice.after.value, slice.after.id);
      where.push(
        `(${column}, id) ${comparison} ($${all.length - 1}::timestamptz, $${all.length}::uuid)`,
      );
    }
  }
  all.push(slice.kind === 'keyset' ? slice.perPage + 1 : slice.perPage);
  const limit = `limit $${all.length}`;
  let offset = '';
  if (slice.kind === 'page') {
    all.push((slice.page - 1) * slice.perPage);
    offset = `offset $${all.length}`;
  }
  const order = column === 'id' ? `id ${direction}` : `${column} ${direction}, id ${direction}`;
  const text = `select ${appointmentColumns} from appointments
    where ${where.join(' and ')} order by ${order} ${limit} ${offset}`;
  return { text, values: all, search };
}

/** One page of the list, by number. */
export async function listPage(
  database: OrganisationDatabase,
  request: ListRequest,
  page: number,
  perPage: number,
): Promise<AppointmentRow[]> {
  const { text, values, search } = listText(request, { kind: 'page', page, perPage });
  return database.many(named<AppointmentRow>(search, text), values);
}

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
  const { text, values, search } = listText(request, slice);
  const rows = await database.many(named<AppointmentRow>(search, text), values);
  const hasMore = rows.length > perPage;
  if (hasMore) rows.pop();
  if (slice.goesBack) rows.reverse();
  const mark = (row: AppointmentRow | undefined, goesBack: boolean) =>
    row
      ? { s: sort, v: search.sort === 'created_at' ? '' : row[search.sort], i: row.id, b: goesBack }
      : null;
  const isPastFirst = slice.after !== null;
  return {
    rows,
    next: slice.goesBack || hasMore ? mark(rows.at(-1), false) : null,
    previous: (slice.goesBack ? hasMore : isPastFirst) ? mark(rows[0], true) : null,
  };
}

/** Counting up to here is cheap, and exact every time. */
const cheapCount = 1_000;
const rememberedForMs = 10_000;
const refreshedAfterMs = 5_000;

/**
 * Counts the appointments that a request's filters meet: exactly while that is cheap, else as it
 * was at most ten seconds ago. Big counts run apart from the pipeline, so that nobody waits behind
 * one, and each runs once at a time.
 */
export function openCounts() {
  interface Remembered {
    total: number;
    countedAt: number;
    running: Promise<number> | null;
  }
  const remembered = new Map<string, Remembered>();
  const mostRemembered = 2_000;

  function countAll(database: OrganisationDatabase, search: Search, key: string): Promise<number> {
    const entry = remembered.get(key);
    if (entry?.running) return entry.running;
    const countedAt = performance.now();
    const counting = unnamed<{ total: number }>(
      `select count(*)::integer as total from appointments where ${search.conditions.join(' and ')}`,
    );
    const running = database
      .transaction(
        async (transaction) => (await transaction.one(counting, search.values))?.total ?? 0,
      )
      .then(
        (total) => {
          remembered.delete(key);
          if (total > cheapCount) remembered.set(key, { total, countedAt, running: null });
          if (remembered.size > mostRemembered)
            remembered.delete(remembered.keys().next().value as string);
          return total;
        },
        (error) => {
          remembered.delete(key);
          throw error;
        },
      );
    remembered.set(key, {
      total: entry?.total ?? 0,
      countedAt: entry?.countedAt ?? -Infinity,
      running,
    });
    return running;
  }

  return async (database: OrganisationDatabase, organisationId: string, request: ListRequest) => {
    const search = searchOf(request);
    const key = JSON.stringify([organisationId, search.conditions, search.values]);
    const entry = remembered.get(key);
    const ageMs = entry ? performance.now() - entry.countedAt : Infinity;
    if (entry && ageMs < rememberedForMs) {
      // A failure is told to the next caller who has to wait for the count.
      if (ageMs > refreshedAfterMs) countAll(database, search, key).catch(() => {});
      return entry.total;
    }
    if (entry) return countAll(database, search, key);
    const few = await database.one(
      named<{ total: number }>(
        search,
        `select count(*)::integer as total from (select from appointments
         where ${search.conditions.join(' and ')} limit ${cheapCount + 1}) as counted`,
      ),
      search.values,
    );
    const total = few?.total ?? 0;
    return total <= cheapCount ? total : countAll(database, search, key);
  };
}
