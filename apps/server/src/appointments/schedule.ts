import type { KeyObject } from 'node:crypto';
import type { ScheduleRequest } from '@anteroom/contract';
import { featuresFor, type Organisation } from '../organisation/index.ts';
import { type Clock, isoFromMicros } from '../platform/clock.ts';
import {
  command,
  type OrganisationDatabase,
  statement,
  violatedConstraint,
} from '../platform/database/index.ts';
import { type Faults, type Refusal, refuse, refuseFaults } from '../platform/errors.ts';
import {
  type Answer,
  answerOfClash,
  keepingAnswer,
  keptValues,
  type Repeatable,
} from '../platform/idempotency.ts';
import { answerAppointment, type View } from './answer.ts';
import { assign } from './assign.ts';
import { readClaimantData } from './claimant-data.ts';
import { openColumns, readDetails } from './details.ts';
import { makeIdentifiers, type Random } from './identifiers.ts';
import { recorded } from './recorded.ts';
import type { AppointmentRow } from './row.ts';
import { plainSearchText, searchTextOf, termsWritten } from './search-text.ts';
import type { Actor } from './status.ts';

/** The columns that a new appointment brings; all others have their defaults. */
export const newColumns = [
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

interface Context {
  organisation: Organisation;
  roomKeySecret: KeyObject;
  /** Where the random parts of its identifiers come from; drawn for it alone unless given. */
  random?: Random;
  /** What reading the request found wrong already. */
  faults: Faults | null;
}

/**
 * The appointment that a request asks for, every value of it. Throws `validation_failed` with all
 * faults: those of the reading and those that only the organisation and the time can tell.
 */
export function makeAppointment(
  request: ScheduleRequest,
  { organisation, roomKeySecret, random, faults: found }: Context,
  createdAt: string,
): AppointmentRow {
  const faults: Faults = { ...found };
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
    ...makeIdentifiers(createdAt, roomKeySecret, random),
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
  agent_id: null,
  notes: null,
  device_check: null,
  call_back_wanted_at: null,
  knocked_at: null,
  vouched_at: null,
  hold_reason: null,
  waiting_message: null,
} as const;

const fourHoursMs = 4 * 60 * 60_000;
const dayMs = 24 * 60 * 60_000;

/**
 * When the room closes: 23:59:59 UTC of the appointment's last day, or four hours after its end
 * where that is later. The same rule as the database's room_closes_at(); a
 * test compares the two.
 */
export function closingTime(appointmentAt: string, durationInMinutes: number): string {
  const endMs = Date.parse(`${appointmentAt.slice(0, 19)}Z`) + durationInMinutes * 60_000;
  const micros = Number(appointmentAt.slice(20, 26));
  const endOfDayMs = Math.floor(endMs / dayMs) * dayMs + dayMs - 1000;
  return endMs + fourHoursMs >= endOfDayMs
    ? isoFromMicros((endMs + fourHoursMs) * 1000 + micros)
    : isoFromMicros(endOfDayMs * 1000);
}

type NewColumn = (typeof newColumns)[number];
type Plain = Exclude<AppointmentRow[NewColumn], object>;

/** The value of a column as statements take it: documents are text by then, as is a list of words. */
export function valueOfNew(row: AppointmentRow, column: NewColumn): Plain {
  if (column === 'features' || column === 'claimant_data') return JSON.stringify(row[column]);
  // Words of a closed list need no quotes.
  return column === 'extensions_access_needs' ? `{${row[column]}}` : row[column];
}

/** What the event of a new appointment holds, as JSON: its values that are not personal. */
export function eventOfNew(row: AppointmentRow): string {
  const open = Object.fromEntries(openColumns.map((column) => [column, row[column]]));
  return JSON.stringify({ ...open, features: row.features });
}

/** The refusal of a reference that another appointment has. */
export function referenceTaken(existingId: string | null, cause?: unknown): Refusal {
  return refuse('reference_taken', {
    errors: { reference: ['reference is already used by another appointment; choose another.'] },
    extra: { existing_id: existingId },
    cause,
  });
}

const firstColumn = 4;
const firstKept = firstColumn + newColumns.length;
const parameter = (column: (typeof newColumns)[number]) =>
  `$${firstColumn + newColumns.indexOf(column)}`;

export const insertAppointment = command(
  'schedule',
  `with appointment as (
    insert into appointments (organisation_id, ${newColumns.join(', ')}, search_text)
    values (current_organisation(), ${newColumns.map(parameter).join(', ')},
      coalesce($${firstKept + 7}::text, ${searchTextOf(parameter)}))
    returning organisation_id, id, version, updated_at, search_text),
  ${termsWritten()},
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
  view: View;
  actor: Actor;
  repeatable: Repeatable | null;
  /** What reading the request found wrong already. */
  faults: Faults | null;
  /** How the new appointment is answered; as the API does, unless it is given. */
  answer?: (row: AppointmentRow) => Answer;
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
  const { organisation } = view;
  const made = makeAppointment(request, { ...context, organisation }, createdAt);
  const { agent_id: agentId } = made;
  // To be assigned is a change of its own, so that an appointment without an agent pays nothing for it.
  const row = agentId === null ? made : { ...made, version: made.version + 1 };
  const answer = context.answer?.(row) ?? answerAppointment(row, view, 201);
  try {
    const values = [
      actor.kind,
      actor.id ?? null,
      eventOfNew(row),
      ...newColumns.map((column) => valueOfNew(row, column)),
      ...keptValues(repeatable, answer),
      plainSearchText(row),
    ];
    if (agentId === null) await database.one(insertAppointment, values);
    else {
      await database.transaction(async (transaction) => {
        await transaction.one(insertAppointment, values);
        await assign(transaction, actor, { id: row.id }, agentId, 'extensions.agent');
      });
    }
    return answer;
  } catch (error) {
    // The key is looked up first: a repetition meets its own reference as well.
    return answerOfClash(database, repeatable, error, () => schedule(context, request)).catch(
      (failure) => explainClash(context, request, failure),
    );
  }
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
    throw referenceTaken(existing?.id ?? null, failure);
  }
  // Two random entry codes met, once in a very long while: made up anew, they will not again.
  if (constraint === 'appointments_organisation_id_entry_code_key')
    return schedule(context, request);
  throw failure;
}
