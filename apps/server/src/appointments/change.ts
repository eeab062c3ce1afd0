import { type ChangeRequest, type FeatureName, featureNames } from '@anteroom/contract';
import { type Runner, type Statement, statement, type Value } from '../platform/database/index.ts';
import { type Faults, refuse, refuseFaults } from '../platform/errors.ts';
import type { viewOf } from './answer.ts';
import { fieldOfColumn, openColumns, personalColumns, readDetails } from './details.ts';
import { because, requireVersion, type Target } from './move.ts';
import { recorded } from './recorded.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';
import { type Actor, isFinal } from './status.ts';

type ChangeColumn = (typeof changeColumns)[number];

/** What a request may change, in a fixed order. */
const changeColumns = [...openColumns, ...personalColumns];

/** Where a statement's values begin: actor, id, version, reference, what the event says, switches. */
const firstValue = 8;

/**
 * The statement that changes these columns and switches, and no others: the fields that a client
 * sends are nearly always the same few, and the database is spared to look at the rest. $3 id, $4
 * version or null, $5 the reference sent or null, $6 the event's values, $7 the switches, then the
 * columns in order.
 */
function changeStatement(
  columns: readonly ChangeColumn[],
  switches: readonly FeatureName[],
): Statement<AppointmentRow> {
  const value = (column: ChangeColumn) =>
    columns.includes(column)
      ? `$${firstValue + columns.indexOf(column)}`
      : `appointments.${column}`;
  const closesAt = `room_closes_at(${value('appointment_at')}, ${value('duration_in_minutes')})`;
  const isTimed = columns.includes('appointment_at') || columns.includes('duration_in_minutes');
  // Another time is another revision: the old one's arrival, and what was due for it, are void.
  const isMoved = columns.includes('appointment_at')
    ? `${value('appointment_at')} <> appointments.appointment_at`
    : null;
  const newOnMove = (column: string) =>
    `${column} = case when ${isMoved} then null else appointments.${column} end`;
  const changed = [
    ...columns.map(
      (column) =>
        `case when new.${column} is distinct from old.${column} then '${fieldOfColumn(column)}' end`,
    ),
    ...switches.map(
      (name) =>
        `case when new.features->'${name}' is distinct from old.features->'${name}' then '${name}' end`,
    ),
  ];
  const assignments = [
    ...columns.map((column) => `${column} = ${value(column)}`),
    'features = appointments.features || $7::jsonb',
    ...(isTimed ? [`room_closes_at = ${closesAt}`] : []),
    ...(isMoved
      ? [
          `status = case when ${isMoved} then 'scheduled' else appointments.status end`,
          `revision = appointments.revision + (${isMoved})::integer`,
          ...['arrived_at', 'left_at', 'admitted_at', 'corrected_at'].map(newOnMove),
        ]
      : []),
    'version = appointments.version + 1',
    'updated_at = domain_now()',
  ];
  const conditions = [
    'organisation_id = current_organisation() and id = $3',
    '($4::integer is null or version = $4)',
    '($5::text is null or reference = $5)',
    `status in ('scheduled', 'waiting', 'in_progress', 'on_hold')`,
    `(${[...columns, 'features'].join(', ')}) is distinct from
      (${[...columns.map(value), 'features || $7::jsonb'].join(', ')})`,
    ...(isMoved
      ? [
          `(not (${isMoved}) or status = 'scheduled' or (status = 'waiting' and session_started_at is null))`,
        ]
      : []),
    ...(isTimed ? [`(${closesAt} = room_closes_at or ${closesAt} > domain_now())`] : []),
  ];
  return statement<AppointmentRow>(
    `change_${maskOf(columns, switches)}`,
    `with appointment as (
      update appointments set ${assignments.join(', ')}
      where ${conditions.join(' and ')}
      returning new.*, new.revision > old.revision as is_moved,
        array_remove(array[${changed.join(', ')}]::text[], null) as changed),
    ${recorded(
      `case when is_moved then 'appointment.rescheduled' else 'appointment.changed' end`,
      `jsonb_build_object('fields', changed, 'values', $6::jsonb)`,
    )}
    select ${appointmentColumns} from appointment`,
  );
}

/** Names a set of columns and switches: a bit for each. */
function maskOf(columns: readonly ChangeColumn[], switches: readonly FeatureName[]): string {
  let mask = 0;
  for (const column of columns) mask += 2 ** changeColumns.indexOf(column);
  for (const name of switches) mask += 2 ** (changeColumns.length + featureNames.indexOf(name));
  return mask.toString(36);
}

export interface ChangeContext {
  view: ReturnType<typeof viewOf>;
  actor: Actor;
  faults: Faults | null;
}

const mostAttempts = 5;

/**
 * Changes the fields that were sent, and only those; answers the row as it now is. A change that
 * changes nothing raises no version and leaves no event. Another time (before any session) returns
 * a waiting appointment to `scheduled` and raises the revision. `status` is not this command's.
 *
 * Throws `validation_failed`, `not_found`, `version_mismatch`, `transition_not_allowed`.
 */
export async function change(
  database: Runner,
  context: ChangeContext,
  target: Target,
  request: ChangeRequest,
): Promise<AppointmentRow> {
  const faults: Faults = { ...context.faults };
  const { columns: sent, features } = readDetails(request, context.view.organisation, faults);
  if (Object.keys(faults).length > 0) throw refuseFaults(faults);
  const { id, version = null } = target;
  const { actor } = context;
  const columns = changeColumns.filter((column) => column in sent);
  const switches = featureNames.filter((name) => name in features);
  const isOpen = (column: ChangeColumn) => (openColumns as readonly string[]).includes(column);
  const told = Object.fromEntries(columns.filter(isOpen).map((column) => [column, sent[column]]));
  const asked = changeStatement(columns, switches);
  const values = [
    actor.kind,
    actor.id ?? null,
    id,
    version,
    request.reference ?? null,
    JSON.stringify(switches.length > 0 ? { ...told, features } : told),
    JSON.stringify(features),
    ...columns.map((column) => (sent[column] ?? null) as Value),
  ];
  for (let attempt = 1; ; attempt++) {
    const changed = await database.one(asked, values);
    if (changed) return changed;
    const row = await requireVersion(database, target);
    if (request.reference !== undefined && request.reference !== row.reference) {
      throw refuseFaults({ reference: ['reference cannot be changed; leave it out.'] });
    }
    const obstacle = await findObstacle(database, row, sent, features);
    if (obstacle === 'nothing_changes') return row;
    if (obstacle !== 'overtaken') throw obstacle;
    if (attempt === mostAttempts) throw refuse('version_mismatch');
  }
}

const of = (alias: string) => changeColumns.map((column) => `${alias}.${column}`).join(', ');

const judge = statement<{ differs: boolean; moves: boolean; closes: boolean }>(
  'judge_change',
  `select (${of('a')}, a.features) is distinct from (${of('sent')}, a.features || $3::jsonb) as differs,
     sent.appointment_at <> a.appointment_at as moves,
     room_closes_at(sent.appointment_at, sent.duration_in_minutes) <> a.room_closes_at
       and room_closes_at(sent.appointment_at, sent.duration_in_minutes) <= domain_now() as closes
   from appointments a, jsonb_populate_record(a, $2::jsonb) as sent
   where a.organisation_id = current_organisation() and a.id = $1`,
);

/** Why the statement changed nothing: a refusal to throw, nothing to do, or another was faster. */
async function findObstacle(
  database: Runner,
  row: AppointmentRow,
  sent: Partial<AppointmentRow>,
  features: object,
) {
  const verdict = await database.one(judge, [
    row.id,
    JSON.stringify(sent),
    JSON.stringify(features),
  ]);
  if (!verdict) return refuse('not_found');
  if (!verdict.differs) return 'nothing_changes' as const;
  if (isFinal(row.status)) {
    return refuse('transition_not_allowed', { message: because('changed')(row) });
  }
  const canMove =
    row.status === 'scheduled' || (row.status === 'waiting' && row.session_started_at === null);
  if (verdict.moves && !canMove) {
    return refuse('transition_not_allowed', {
      message: 'The call has started; the appointment can no longer be moved to another time.',
    });
  }
  if (verdict.closes) {
    return refuseFaults({
      appointment_at: [
        'appointment_at must be a time whose room is still open; this one has already closed.',
      ],
    });
  }
  return 'overtaken' as const;
}
