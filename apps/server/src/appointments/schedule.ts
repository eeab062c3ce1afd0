import type { KeyObject } from 'node:crypto';
import type { ScheduleRequest } from '@anteroom/contract';
import { featuresFor } from '../organisation/index.ts';
import { type Clock, isoFromMicros } from '../platform/clock.ts';
import {
  command,
  type OrganisationDatabase,
  statement,
  violatedConstraint,
} from '../platform/database/index.ts';
import { type Faults, refuse, refuseFaults } from '../platform/errors.ts';
import {
  type Answer,
  answerOfClash,
  keepingAnswer,
  keptValues,
  type Repeatable,
} from '../platform/idempotency.ts';
import { answerAppointment, type viewOf } from './answer.ts';
import { readClaimantData } from './claimant-data.ts';
import { openColumns, readDetails } from './details.ts';
import { makeIdentifiers } from './identifiers.ts';
import { recorded } from './recorded.ts';
import type { AppointmentRow } from './row.ts';
import type { Actor } from './status.ts';

/** The columns that a new appointment brings; all others have their defaults. */
const columns = [
  'id',
  'reference',
  'appointment_at',
  'duration_in_minutes',
  'room_closes_at',
  'is_interpreter_needed',
  'interpreter_language',
  'department_id',
  'claimant_name',
  'claimant_date_of_birth',
  'claimant_phone_number',
  'claimant_email',
  'claimant_data',
  'features',
  'use_custom_post_call_redirect',
  'custom_user_post_call_redirect_url',
  'custom_agent_post_call_redirect_url',
  'extensions_language',
  'extensions_time_zone',
  'extensions_access_needs',
  'is_practice',
  'claimant_token',
  'entry_code',
  'meeting_id',
  'room_name',
  'room_key',
  'created_at',
  'updated_at',
] as const satisfies (keyof AppointmentRow)[];

const firstColumn = 4;
const firstKept = firstColumn + columns.length;

export const insertAppointment = command(
  'schedule',
  `with appointment as (
    insert into appointments (organisation_id, ${columns.join(', ')})
    values (current_organisation(), ${columns.map((_, index) => `$${firstColumn + index}`).join(', ')})
    returning organisation_id, id, version, updated_at),
  ${recorded(`'appointment.scheduled'`, '$3::jsonb')}
  ${keepingAnswer(firstKept)}`,
);

const findByReference = statement<{ id: string }>(
  'find_by_reference',
  `select id from appointments where organisation_id = current_organisation() and reference = $1`,
);

export interface ScheduleContext {
  database: OrganisationDatabase;
  clock: Clock;
  roomKeySecret: KeyObject;
  view: ReturnType<typeof viewOf>;
  actor: Actor;
  repeatable: Repeatable | null;
  /** What reading the request found wrong already. */
  faults: Faults | null;
}

/**
 * Schedules an appointment: the row, its event and the answer for a repetition are one statement,
 * and the answer is given after its commit. Every value is known beforehand, so the answer is made
 * once. Throws `validation_failed` with all faults, `reference_taken`, `idempotency_key_reused`,
 * `idempotency_in_progress`.
 */
export async function schedule(
  context: ScheduleContext,
  request: ScheduleRequest,
): Promise<Answer> {
  const { database, view, actor, repeatable } = context;
  const createdAt = await context.clock.now();
  const row: AppointmentRow = {
    ...newRow(request, context, createdAt),
    ...makeIdentifiers(createdAt, context.roomKeySecret),
  };
  const answer = answerAppointment(row, view, 201);
  try {
    await database.one(insertAppointment, [
      actor.kind,
      actor.id ?? null,
      JSON.stringify({ ...pick(row, openColumns), features: row.features }),
      ...columns.map((column) =>
        column === 'features' || column === 'claimant_data'
          ? JSON.stringify(row[column])
          : (row[column] as string),
      ),
      ...keptValues(repeatable, answer),
    ]);
    return answer;
  } catch (error) {
    // The key is looked up first: a repetition meets its own reference as well.
    return answerOfClash(database, repeatable, error, () => schedule(context, request)).catch(
      (failure) => explainClash(context, request, failure),
    );
  }
}

/** The appointment that the request describes. Throws `validation_failed` with all faults. */
function newRow(request: ScheduleRequest, context: ScheduleContext, createdAt: string) {
  const { organisation } = context.view;
  const faults: Faults = { ...context.faults };
  const details = readDetails(request, organisation, createdAt, faults);
  const { appointment_at: appointmentAt, duration_in_minutes: minutes } = request;
  // Not to be sent at all is to be sent empty: what is required is missing.
  const claimantData =
    details.columns.claimant_data ??
    (faults.body ? [] : readClaimantData(null, organisation.customFields, faults));
  const isTimeRead = !faults.body && !faults.appointment_at && !faults.duration_in_minutes;
  const roomClosesAt = isTimeRead ? closingTime(appointmentAt, minutes) : '';
  if (isTimeRead && roomClosesAt <= createdAt) {
    faults.appointment_at = [
      'appointment_at must be a time whose room is still open; this one has already closed.',
    ];
  }
  if (Object.keys(faults).length > 0) throw refuseFaults(faults);
  return {
    ...blankRow,
    ...details.columns,
    claimant_data: claimantData,
    reference: request.reference,
    room_closes_at: roomClosesAt,
    features: featuresFor(organisation, details.department, details.features),
    created_at: createdAt,
    updated_at: createdAt,
  };
}

/** An appointment about which nothing was said, as the database would make it. */
const blankRow = {
  version: 1,
  revision: 1,
  status: 'scheduled',
  appointment_at: '',
  duration_in_minutes: 0,
  is_interpreter_needed: false,
  interpreter_language: null,
  department_id: null,
  claimant_name: '',
  claimant_date_of_birth: null,
  claimant_phone_number: null,
  claimant_email: null,
  claimant_data: [],
  use_custom_post_call_redirect: false,
  custom_user_post_call_redirect_url: null,
  custom_agent_post_call_redirect_url: null,
  extensions_language: null,
  extensions_time_zone: null,
  extensions_access_needs: [],
  is_practice: false,
  arrived_at: null,
  left_at: null,
  admitted_at: null,
  session_started_at: null,
  session_ended_at: null,
  on_hold_started_at: null,
  on_hold_ended_at: null,
  corrected_at: null,
  correction_reason: null,
  cancelled_at: null,
  cancellation_reason: null,
  outcome: null,
} as const;

const fourHoursMs = 4 * 60 * 60_000;

/**
 * When the room closes: 23:59:59 UTC of the appointment's last day, or four hours after its end
 * where that is later. The same rule as the database's room_closes_at(); a
 * test compares the two.
 */
export function closingTime(appointmentAt: string, durationInMinutes: number): string {
  const endMs = Date.parse(`${appointmentAt.slice(0, 19)}Z`) + durationInMinutes * 60_000;
  const micros = Number(appointmentAt.slice(20, 26));
  const endOfDayMs = Date.parse(`${new Date(endMs).toISOString().slice(0, 10)}T23:59:59Z`);
  return endMs + fourHoursMs >= endOfDayMs
    ? isoFromMicros((endMs + fourHoursMs) * 1000 + micros)
    : isoFromMicros(endOfDayMs * 1000);
}

/** Says which unique value was taken; throws the failure itself when it was none. */
async function explainClash(
  context: ScheduleContext,
  request: ScheduleRequest,
  failure: unknown,
): Promise<Answer> {
  const constraint = violatedConstraint(failure);
  if (constraint === 'appointments_organisation_id_reference_key') {
    const existing = await context.database.one(findByReference, [request.reference]);
    throw refuse('reference_taken', {
      errors: { reference: ['reference is already used by another appointment; choose another.'] },
      extra: { existing_id: existing?.id ?? null },
      cause: failure,
    });
  }
  // Two random entry codes met, once in a very long while: made up anew, they will not again.
  if (constraint === 'appointments_organisation_id_entry_code_key')
    return schedule(context, request);
  throw failure;
}

function pick<Row extends object, Key extends keyof Row>(
  row: Row,
  keys: readonly Key[],
): Pick<Row, Key> {
  return Object.fromEntries(keys.map((key) => [key, row[key]])) as Pick<Row, Key>;
}
