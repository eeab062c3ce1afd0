import { type ChangeRequest, featureNames } from '@anteroom/contract';
import { type Runner, statement } from '../platform/database/index.ts';
import { type Faults, refuse, refuseFaults } from '../platform/errors.ts';
import type { viewOf } from './answer.ts';
import { fieldOfColumn, openColumns, personalColumns, readDetails } from './details.ts';
import { because, requireVersion, type Target } from './move.ts';
import { recorded } from './recorded.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';
import { type Actor, isFinal } from './status.ts';

const columns = [...openColumns, ...personalColumns];
const list = (prefix: string) => columns.map((column) => `${prefix}.${column}`).join(', ');

/** The names of the fields that differ between the old and the new row. */
const changedFields = `array_remove(array[${columns
  .map(
    (column) =>
      `case when new.${column} is distinct from old.${column} then '${fieldOfColumn(column)}' end`,
  )
  .join(', ')}, ${featureNames
  .map(
    (name) =>
      `case when new.features->'${name}' is distinct from old.features->'${name}' then '${name}' end`,
  )
  .join(', ')}], null)`;

/** Another time is another revision: the old one's arrival, and what was due for it, are void. */
const isMoved = 'wanted.appointment_at <> appointments.appointment_at';

/**
 * $3 id, $4 version or null, $5 the columns sent (JSON), $6 the switches sent (JSON), $7 the
 * reference sent or null. The row as it should be is made from the row as it is; the version
 * decides when another command came in between.
 */
export const changeAppointment = statement<AppointmentRow>(
  'change',
  `with wanted as (
    select sent.*, room_closes_at(sent.appointment_at, sent.duration_in_minutes) as closes_at
    from appointments a, jsonb_populate_record(a, $5::jsonb) as sent
    where a.organisation_id = current_organisation() and a.id = $3),
  appointment as (
    update appointments set
      (${columns.join(', ')}) = row(${list('wanted')}),
      features = appointments.features || $6::jsonb,
      room_closes_at = wanted.closes_at,
      status = case when ${isMoved} then 'scheduled' else appointments.status end,
      revision = appointments.revision + (${isMoved})::integer,
      arrived_at = case when ${isMoved} then null else appointments.arrived_at end,
      left_at = case when ${isMoved} then null else appointments.left_at end,
      admitted_at = case when ${isMoved} then null else appointments.admitted_at end,
      corrected_at = case when ${isMoved} then null else appointments.corrected_at end,
      version = appointments.version + 1, updated_at = domain_now()
    from wanted
    where appointments.organisation_id = current_organisation() and appointments.id = $3
      and appointments.version = wanted.version
      and ($4::integer is null or appointments.version = $4)
      and ($7::text is null or appointments.reference = $7)
      and appointments.status in ('scheduled', 'waiting', 'in_progress', 'on_hold')
      and (not (${isMoved}) or appointments.status = 'scheduled'
        or (appointments.status = 'waiting' and appointments.session_started_at is null))
      and (wanted.closes_at = appointments.room_closes_at or wanted.closes_at > domain_now())
      and (${list('appointments')}, appointments.features)
        is distinct from (${list('wanted')}, appointments.features || $6::jsonb)
    returning new.*, new.revision > old.revision as is_moved, ${changedFields} as changed),
  ${recorded(
    `case when is_moved then 'appointment.rescheduled' else 'appointment.changed' end`,
    `jsonb_build_object('fields', changed, 'values', ($5::jsonb - '{${personalColumns.join(',')}}'::text[]) || case
      when $6::jsonb = '{}' then '{}'::jsonb else jsonb_build_object('features', $6::jsonb) end)`,
  )}
  select ${appointmentColumns} from appointment`,
);

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
  const values = [
    actor.kind,
    actor.id ?? null,
    id,
    version,
    JSON.stringify(sent),
    JSON.stringify(features),
    request.reference ?? null,
  ];
  for (let attempt = 1; ; attempt++) {
    const changed = await database.one(changeAppointment, values);
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

const judge = statement<{ differs: boolean; moves: boolean; closes: boolean }>(
  'judge_change',
  `select (${list('a')}, a.features) is distinct from (${list('sent')}, a.features || $3::jsonb) as differs,
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
