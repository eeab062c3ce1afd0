import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { RefusedRow, ScheduleRequest } from '@anteroom/contract';
import { isoFromMicros, microsFromIso } from '../platform/clock.ts';
import { listText, type Runner, statement } from '../platform/database/index.ts';
import { appointmentsColumns } from '../platform/database/rows.gen.ts';
import { Refusal, refuseFaults } from '../platform/errors.ts';
import type { Reader } from '../platform/http/reader.ts';
import { faultsOfUnknown, ignoredFieldsHeader } from '../platform/http/route.ts';
import { type Answer, answerOnce } from '../platform/idempotency.ts';
import type { Turns } from '../platform/turns.ts';
import { renderAppointment } from './answer.ts';
import { drawIdentifiers, makeIdentifiers, type Random } from './identifiers.ts';
import { recorded } from './recorded.ts';
import type { AppointmentRow } from './row.ts';
import {
  eventOfNew,
  makeAppointment,
  newColumns,
  referenceTaken,
  type ScheduleContext,
  valueOfNew,
} from './schedule.ts';
import { searchTextOf, termsWritten } from './search-text.ts';

/** So many rows travel in one statement, and are read and answered at a stretch: a few milliseconds. */
const rowsAtOnce = 50;

const firstColumn = 4;

/** A list of words has no place in a list of lists; it travels as its own text. */
const sentType = (column: (typeof newColumns)[number]) =>
  column === 'extensions_access_needs' ? 'text' : appointmentsColumns[column];

/**
 * Inserts many appointments with their events and answers how many: those whose reference or entry
 * code is taken are left out. $1 and $2 the actor, $3 the events' values, then a list for each column.
 */
const insertAppointments = statement<{ count: number }>(
  'schedule_bulk',
  `with sent as materialized (
    select * from unnest($3::jsonb[], ${newColumns.map((column, index) => `$${firstColumn + index}::${sentType(column)}[]`).join(', ')})
      as sent (event_data, ${newColumns.join(', ')})),
  inserted as (
    insert into appointments (organisation_id, ${newColumns.join(', ')}, search_text)
    select current_organisation(), ${newColumns.map((column) => `${column}::${appointmentsColumns[column]}`).join(', ')},
      ${searchTextOf((column) => column)} from sent
    on conflict do nothing
    returning organisation_id, id, version, updated_at, search_text),
  ${termsWritten('inserted')},
  appointment as (
    select inserted.*, sent.event_data from inserted join sent using (id)),
  ${recorded(`'appointment.scheduled'`, 'event_data')}
  select count(*)::integer as count from appointment`,
);

const findByReferences = statement<{ id: string; reference: string }>(
  'find_by_references',
  `select id, reference from appointments
   where organisation_id = current_organisation() and reference = any($1)`,
);

export interface BulkContext extends Omit<ScheduleContext, 'faults'> {
  /** One bulk of a client at a time. */
  turns: Turns;
  readRow: Reader<ScheduleRequest>;
  /** Fields of a row that are not known are refused, not ignored. */
  isStrict: boolean;
  /** Paths of other fields that were ignored. */
  ignored: readonly string[];
}

/**
 * Schedules up to 500 appointments: every row by the rules of a single one, and the good ones stand.
 * The answer says of each row, in their order, what `POST /appointments` would have said. All rows,
 * their events and the answer for a repetition are one transaction, away from single commands; rows
 * are read while the database works at those before them. Throws `idempotency_key_reused`,
 * `idempotency_in_progress`, `too_many_requests`, `unavailable`.
 */
export async function scheduleBulk(
  context: BulkContext,
  requests: readonly unknown[],
): Promise<Answer> {
  const { database, repeatable, actor } = context;
  return context.turns(actor.id ?? '', async () => {
    const bulk = readBulk(context, requests, await context.clock.now());
    const work = (transaction: Runner) => storeBulk(transaction, context, bulk);
    return repeatable ? answerOnce(database, repeatable, work) : database.transaction(work);
  });
}

/** A row as it would be stored, or why it cannot be. */
type Row = AppointmentRow | Refusal;

const isGood = (row: Row): row is AppointmentRow => !(row instanceof Refusal);

/** Reads the rows part by part; each part once, however often the transaction is tried. */
function readBulk(context: BulkContext, requests: readonly unknown[], now: string) {
  const { roomKeySecret, view, isStrict } = context;
  const { organisation } = view;
  const startMicros = microsFromIso(now);
  const ignored = [...context.ignored];
  const parts: Row[][] = [];

  function readRow(request: unknown, index: number, random: Random): Row {
    const { value, faults, ignored: unknown } = context.readRow(request);
    ignored.push(...unknown.map((path) => `appointments.${index}.${path}`));
    const isRefused = isStrict && unknown.length > 0;
    const found = isRefused ? { ...faults, ...faultsOfUnknown(unknown) } : faults;
    // A microsecond between two rows, so that lists keep their order.
    const createdAt = isoFromMicros(startMicros + index);
    try {
      const known = { organisation, roomKeySecret, random, faults: found };
      const row = makeAppointment(value, known, createdAt);
      if (row.agent_id === null) return row;
      return refuseFaults({
        'extensions.agent': [
          'extensions.agent must be an empty field in a bulk; assign the appointment afterwards.',
        ],
      });
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  return {
    count: Math.ceil(requests.length / rowsAtOnce),
    part(number: number): Row[] {
      const start = number * rowsAtOnce;
      const random = drawIdentifiers(rowsAtOnce);
      parts[number] ??= requests
        .slice(start, start + rowsAtOnce)
        .map((request, index) => readRow(request, start + index, random));
      return parts[number];
    },
    ignored,
  };
}

/** Stores what is good of the bulk and answers what became of every row. */
async function storeBulk(
  transaction: Runner,
  context: BulkContext,
  bulk: ReturnType<typeof readBulk>,
): Promise<Answer> {
  const texts: string[] = [];
  let underWay: Promise<string[]> = Promise.resolve([]);
  for (let number = 0; number < bulk.count; number++) {
    // Read while the database works at the part before.
    const rows = bulk.part(number);
    texts.push(...(await underWay));
    underWay = storeRows(transaction, context, rows);
  }
  texts.push(...(await underWay));
  const { ignored } = bulk;
  return {
    status: 200,
    headers: ignored.length > 0 ? { 'ignored-fields': ignoredFieldsHeader(ignored) } : {},
    body: `{"data":[${texts.join(',')}]}`,
  };
}

/** Stores the good ones of these rows; answers, as JSON, what became of each. */
async function storeRows(
  transaction: Runner,
  context: BulkContext,
  rows: readonly Row[],
): Promise<string[]> {
  const { actor, view } = context;
  const good = rows.filter(isGood);
  const storing =
    good.length > 0 ? transaction.one(insertAppointments, valuesOf(actor, good)) : null;
  const tell = (row: Row) =>
    isGood(row)
      ? `{"status":201,"data":${JSON.stringify(renderAppointment(row, view))}}`
      : JSON.stringify(refused(row));
  // Written while the database works.
  const texts = rows.map(tell);
  const stored = storing ? await storing : await letOthersRun(null);
  if ((stored?.count ?? 0) === good.length) return texts;

  const references = good.map(({ reference }) => reference);
  const existing = await transaction.many(findByReferences, [references]);
  const owners = new Map(existing.map(({ id, reference }) => [reference, id]));
  const again: [index: number, row: AppointmentRow][] = [];
  for (const [index, row] of rows.entries()) {
    if (!isGood(row)) continue;
    const owner = owners.get(row.reference);
    if (owner === undefined) {
      // Two random entry codes met, once in a very long while: made up anew, they will not again.
      again.push([index, { ...row, ...makeIdentifiers(row.created_at, context.roomKeySecret) }]);
    } else if (owner !== row.id) texts[index] = tell(referenceTaken(owner));
  }
  const told = await storeRows(
    transaction,
    context,
    again.map(([, row]) => row),
  );
  for (const [place, [index]] of again.entries()) texts[index] = told[place] as string;
  return texts;
}

function valuesOf({ kind, id }: BulkContext['actor'], rows: readonly AppointmentRow[]) {
  const listOf = (column: (typeof newColumns)[number]) =>
    listText(rows.map((row) => valueOfNew(row, column)));
  return [kind, id ?? null, listText(rows.map(eventOfNew)), ...newColumns.map(listOf)];
}

/** The refusal as a row says it: like the answer of a single create, without the request's id. */
function refused({ message, code, details }: Refusal): RefusedRow {
  const { errors = {}, extra } = details;
  return { status: 422, message, code: code as RefusedRow['code'], errors, ...extra };
}
