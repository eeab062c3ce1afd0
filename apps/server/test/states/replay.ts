// Makes an appointment's row again from its events alone (threats I7).

import { closesAt } from './model.ts';
import { instant, type StoredEvent, type StoredRow } from './stored.ts';

/**
 * What events leave out: personal values, free text, and what is made up once and names or opens
 * the appointment. A reason that the sweeper gave is a code, and is told.
 */
const untold = [
  'reference',
  'claimant_name',
  'claimant_date_of_birth',
  'claimant_phone_number',
  'claimant_email',
  'extensions_language',
  'extensions_time_zone',
  'extensions_access_needs',
  'claimant_data',
  'search_text',
  'interpreter_language',
  'custom_user_post_call_redirect_url',
  'custom_agent_post_call_redirect_url',
  'correction_reason',
  'claimant_token',
  'entry_code',
  'meeting_id',
  'room_name',
  'room_key',
  'notes',
  'device_check',
  'hold_reason',
  'knocked_by',
] as const;

const blank: StoredRow = {
  revision: 1,
  status: 'scheduled',
  arrived_at: null,
  left_at: null,
  admitted_at: null,
  session_started_at: null,
  session_ended_at: null,
  on_hold_started_at: null,
  on_hold_ended_at: null,
  corrected_at: null,
  cancelled_at: null,
  cancellation_reason: null,
  outcome: null,
  agent_id: null,
  waiting_message: null,
};

/** The latest of these instants; a clock may have been put back. */
const latest = (...times: unknown[]) =>
  times
    .map(instant)
    .filter((time) => time !== null)
    .toSorted()
    .at(-1) ?? null;

function closing(row: StoredRow): string {
  const startsAt = Date.parse(String(row.appointment_at));
  return new Date(closesAt({ startsAt, minutes: Number(row.duration_in_minutes) })).toISOString();
}

function changed(row: StoredRow, data: StoredEvent['data']): StoredRow {
  const { features = {}, ...columns } = (data.values ?? {}) as StoredRow;
  return { ...row, ...columns, features: { ...(row.features as object), ...(features as object) } };
}

type Effect = (row: StoredRow, at: string, data: StoredEvent['data']) => StoredRow;

/** What each event does to the row. */
export const effects: Record<string, Effect> = {
  'appointment.scheduled': (_, at, data) => ({ ...blank, ...data, created_at: at }),
  'appointment.changed': (row, _, data) => changed(row, data),
  'appointment.rescheduled': (row, _, data) => ({
    ...changed(row, data),
    status: 'scheduled',
    revision: Number(row.revision) + 1,
    arrived_at: null,
    left_at: null,
    admitted_at: null,
    corrected_at: null,
    knocked_at: null,
    vouched_at: null,
    waiting_message: null,
  }),
  'appointment.links_rotated': (row) => ({ ...row, knocked_at: null, vouched_at: null }),
  'appointment.arrived': (row, at) => ({
    ...row,
    status: 'waiting',
    arrived_at: at,
    left_at: null,
  }),
  'appointment.left': (row, at) => ({
    ...row,
    status: 'scheduled',
    left_at: at,
    admitted_at: null,
  }),
  'appointment.admitted': (row, at) => ({ ...row, admitted_at: at }),
  'appointment.started': (row, at) => ({
    ...row,
    status: 'in_progress',
    session_started_at: row.session_started_at ?? at,
  }),
  'appointment.held': (row, at) => ({
    ...row,
    status: 'on_hold',
    on_hold_started_at: latest(at, row.session_started_at, row.on_hold_ended_at),
    on_hold_ended_at: null,
  }),
  'appointment.resumed': (row, at) => ({
    ...row,
    status: 'in_progress',
    on_hold_ended_at: latest(at, row.on_hold_started_at),
  }),
  'appointment.put_back': (row) => ({ ...row, status: 'waiting', admitted_at: null }),
  'appointment.completed': (row, _, { session_ended_at: endedAt, outcome }) => ({
    ...row,
    status: 'completed',
    session_ended_at: endedAt,
    on_hold_ended_at: row.status === 'on_hold' ? endedAt : row.on_hold_ended_at,
    outcome,
  }),
  'appointment.cancelled': (row, at, { reason_code: code = null }) => ({
    ...row,
    status: 'cancelled',
    cancelled_at: at,
    cancellation_reason: code,
  }),
  'appointment.marked_no_show': (row) => ({ ...row, status: 'no_show' }),
  'appointment.corrected': (row, at, { to, reason_code: code = null }) => ({
    ...row,
    status: to,
    corrected_at: at,
    ...(to === 'cancelled' ? { cancelled_at: at, cancellation_reason: code } : {}),
  }),
  'appointment.assigned': (row, _, { agent_id }) => ({ ...row, agent_id }),
  'appointment.settled': (row, _, { outcome }) => ({ ...row, outcome }),
  'appointment.viewed': (row) => row,
  'appointment.devices_checked': (row) => row,
  'appointment.call_back_wanted': (row, at) => ({ ...row, call_back_wanted_at: at }),
  'appointment.knocked': (row, at) => ({ ...row, knocked_at: at, vouched_at: null }),
  'appointment.vouched_for': (row, at) => ({ ...row, vouched_at: at }),
  'appointment.told': (row, _, { message }) => ({ ...row, waiting_message: message }),
};

/** The row that these events tell of, but for what they leave out. */
function replay(events: readonly StoredEvent[]): StoredRow {
  let row: StoredRow = {};
  for (const event of events) {
    const effect = effects[event.type];
    if (!effect) throw new Error(`nobody knows what ${event.type} does`);
    row = effect(row, event.occurred_at, event.data);
    row = { ...row, version: event.version, updated_at: event.occurred_at };
  }
  return { ...row, room_closes_at: closing(row) };
}

const isInstant = (column: string) => column.endsWith('_at');

/** Each column that the events tell otherwise than the row has it. */
export function untrue(stored: StoredRow, events: readonly StoredEvent[]): string[] {
  const told = replay(events);
  const { id, organisation_id: _, ...rest } = stored;
  const wrong = events
    .filter((event) => event.appointment_id !== id)
    .map(({ type }) => `${type} is of another appointment`);
  const silent: readonly string[] = untold;
  // A reason in somebody's own words stays in the row.
  const isOwnWords = told.cancelled_at !== null && told.cancellation_reason === null;
  const columns = new Set([...Object.keys(rest), ...Object.keys(told)]);
  for (const column of columns) {
    if (silent.includes(column) || (column === 'cancellation_reason' && isOwnWords)) continue;
    const [is, says] = [rest[column], told[column]].map((value) =>
      isInstant(column) ? instant(value) : JSON.stringify(value, Object.keys(value ?? {}).sort()),
    );
    if (is !== says) wrong.push(`${column} is ${is}, and the events say ${says}`);
  }
  return wrong;
}
