import { type ChangeRequest, type FeatureName, featureNames } from '@anteroom/contract';
import {
  commandMadeBy,
  type Runner,
  type Statement,
  statement,
  type Value,
  violatedConstraint,
} from '../platform/database/index.ts';
import { type Faults, refuse, refuseFaults } from '../platform/errors.ts';
import type { View } from './answer.ts';
import { oneAtATime, refuseBusyAgent } from './assign.ts';
import { fieldOfColumn, openColumns, personalColumns, readDetails } from './details.ts';
import { because, requireVersion, type Target } from './move.ts';
import { recorded } from './recorded.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';
import { type Actor, isFinal } from './status.ts';

type ChangeColumn = (typeof changeColumns)[number];

/** What a request may change, in a fixed order. */
const changeColumns = [...openColumns, 'agent_id', ...personalColumns] as const;

/** What belongs to one revision. */
const voidedByMove = [
  'arrived_at',
  'left_at',
  'admitted_at',
  'corrected_at',
  'knocked_at',
  'knocked_by',
  'vouched_at',
  'waiting_message',
];

/** Where the columns' values begin, behind actor, id, version, reference and the event's values. */
const firstValue = 7;

/**
 * The statement that changes these columns and switches, and no others: the fields that a client
 * sends are nearly always the same few, and the database is spared to look at the rest. $3 id, $4
 * version or null, $5 the reference sent or null, $6 the event's values, then the columns in order,
 * then the switches.
 */
function changeStatement(
  columns: readonly ChangeColumn[],
  switches: readonly FeatureName[],
): Statement<AppointmentRow> {
  const name = `change_${maskOf(columns, switches)}`;
  return commandMadeBy(name, () => changeText(columns, switches));
}

function changeText(columns: readonly ChangeColumn[], switches: readonly FeatureName[]): string {
  const value = (column: ChangeColumn) =>
    columns.includes(column)
      ? `$${firstValue + columns.indexOf(column)}`
      : `appointments.${column}`;
  const features = `appointments.features::jsonb || $${firstValue + columns.length}::jsonb`;
  const closesAt = `room_closes_at(${value('appointment_at')}, ${value('duration_in_minutes')})`;
  const assignments = [
    ...columns.map((column) => `${column} = ${value(column)}`),
    'version = appointments.version + 1',
    'updated_at = domain_now()',
  ];
  const conditions = [
    'organisation_id = current_organisation() and id = $3',
    '($4::integer is null or version = $4)',
    '($5::text is null or reference = $5)',
    `status in ('scheduled', 'waiting', 'in_progress', 'on_hold')`,
  ];
  const before = columns.map((column) => `appointments.${column}`);
  const after = columns.map(value);
  let type = `'appointment.changed'`;
  if (switches.length > 0) {
    assignments.push(`features = ${features}`);
    before.push('appointments.features::jsonb');
    after.push(features);
  }
  if (columns.includes('appointment_at') || columns.includes('duration_in_minutes')) {
    assignments.push(`room_closes_at = ${closesAt}`);
    conditions.push(`(${closesAt} = room_closes_at or ${closesAt} > domain_now())`);
  }
  if (columns.includes('appointment_at')) {
    // Another time is another revision: the old one's arrival, and what was due for it, are void.
    const isMoved = `${value('appointment_at')} <> appointments.appointment_at`;
    const unlessMoved = (column: string, otherwise = 'null') =>
      `${column} = case when ${isMoved} then ${otherwise} else appointments.${column} end`;
    assignments.push(
      unlessMoved('status', `'scheduled'`),
      unlessMoved('revision', 'appointments.revision + 1'),
      ...voidedByMove.map((column) => unlessMoved(column)),
    );
    conditions.push(
      `(not (${isMoved}) or status = 'scheduled' or (status = 'waiting' and session_started_at is null))`,
    );
    type = `case when new_revision > old_revision then 'appointment.rescheduled' else 'appointment.changed' end`;
  }
  const differences = [
    ...columns.map((column) => [`new.${column}`, `old.${column}`, fieldOfColumn(column)]),
    ...switches.map((name) => [`new.features->>'${name}'`, `old.features->>'${name}'`, name]),
  ].map(([now, then, field]) => `case when ${now} is distinct from ${then} then '${field}' end`);
  return `with appointment as (
      update appointments set ${assignments.join(', ')}
      where ${conditions.join(' and ')} and (${before.join(', ')}) is distinct from (${after.join(', ')})
      returning new.*, old.revision as old_revision, new.revision as new_revision,
        array_remove(array[${differences.join(', ')}]::text[], null) as changed),
    ${recorded(type, `jsonb_build_object('fields', changed, 'values', $6::jsonb)`)}
    select ${appointmentColumns} from appointment`;
}

/** Names a set of columns and switches: a bit for each. */
function maskOf(columns: readonly ChangeColumn[], switches: readonly FeatureName[]): string {
  let mask = 0;
  for (const column of columns) mask += 2 ** changeColumns.indexOf(column);
  for (const name of switches) mask += 2 ** (changeColumns.length + featureNames.indexOf(name));
  return mask.toString(36);
}

export interface ChangeContext {
  view: Pick<View, 'organisation'>;
  actor: Actor;
  faults: Faults | null;
  /** Domain time, in UTC. */
  now: string;
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
  const { columns: sent, features } = readDetails(
    request,
    context.view.organisation,
    context.now,
    faults,
  );
  if (Object.keys(faults).length > 0) throw refuseFaults(faults);
  const { id, version = null } = target;
  const { actor } = context;
  const columns = changeColumns.filter((column) => column in sent);
  const switches = featureNames.filter((name) => name in features);
  const isOpen = (column: ChangeColumn) => !(personalColumns as readonly string[]).includes(column);
  const told = Object.fromEntries(columns.filter(isOpen).map((column) => [column, sent[column]]));
  const values = [
    actor.kind,
    actor.id ?? null,
    id,
    version,
    request.reference ?? null,
    JSON.stringify(switches.length > 0 ? { ...told, features } : told),
    ...columns.map((column) =>
      column === 'claimant_data' ? JSON.stringify(sent[column]) : ((sent[column] ?? null) as Value),
    ),
    ...(switches.length > 0 ? [JSON.stringify(features)] : []),
  ];
  const asked = columns.length + switches.length > 0 ? changeStatement(columns, switches) : null;
  for (let attempt = 1; ; attempt++) {
    const changed =
      asked &&
      (await database
        .one(asked, values)
        .catch((error) => explainOverlap(error, 'agent_id' in sent)));
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

/** Throws the failure, or what it means where the appointment's agent would have two at a time. */
function explainOverlap(failure: unknown, isAgentSent: boolean): never {
  if (violatedConstraint(failure) !== oneAtATime) throw failure;
  if (isAgentSent) throw refuseBusyAgent('extensions.agent');
  throw refuseFaults({
    appointment_at: [
      'appointment_at must be a time at which the appointment’s agent has no other; choose another, or assign somebody else first.',
    ],
  });
}

const of = (alias: string) => changeColumns.map((column) => `${alias}.${column}`).join(', ');

const judge = statement<{ differs: boolean; moves: boolean; closes: boolean }>(
  'judge_change',
  `select (${of('a')}, a.features::jsonb) is distinct from (${of('sent')}, a.features::jsonb || $3::jsonb) as differs,
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
