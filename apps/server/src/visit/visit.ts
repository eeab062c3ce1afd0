import { type DeviceCheck, defaultFeatures, type Visit } from '@anteroom/contract';
import type { StaffMember } from '../access/index.ts';
import { type AppointmentRow, inOrder } from '../appointments/index.ts';
import type { Department, Organisation } from '../organisation/index.ts';
import { isoFromDatabase, isoFromMicros, microsFromIso } from '../platform/clock.ts';

/** Arrival is possible from so long before the start (contract section 4). */
const arrivalMinutes = 30;

const instantOrNull = (text: string | null) => (text === null ? null : isoFromDatabase(text));

const minutesBefore = (instant: string, minutes: number) =>
  isoFromMicros(microsFromIso(instant) - minutes * 60_000_000);

const contactOf = (organisation: Organisation) => ({
  name: organisation.name,
  phone_number: organisation.phoneNumber,
  privacy_url: organisation.privacyUrl,
  accessibility_url: organisation.accessibilityUrl,
  colour: organisation.colour,
});

/** A department is reached by a number of its own; the rest is its organisation's. */
const contactOfDepartment = (organisation: Organisation, { name, phoneNumber }: Department) => ({
  ...contactOf(organisation),
  name,
  phone_number: phoneNumber ?? organisation.phoneNumber,
});

/** The name under which claimants meet the agent: the department's choice, else the agent's own. */
function agentNameOf(
  row: AppointmentRow,
  department: Department | undefined,
  staff: readonly StaffMember[],
): string | null {
  const agent = staff.find(({ id }) => id === row.agent_id);
  return agent ? (department?.agentAlias ?? agent.name) : null;
}

/** The appointment as its claimant's pages show it. `now` is domain time. */
export function visitOf(
  row: AppointmentRow,
  organisation: Organisation,
  staff: readonly StaffMember[],
  now: string,
): Visit {
  const department = organisation.departments.find(({ id }) => id === row.department_id);
  const appointmentAt = isoFromDatabase(row.appointment_at);
  return {
    id: row.id,
    status: row.status,
    revision: row.revision,
    appointment_at: appointmentAt,
    duration_in_minutes: row.duration_in_minutes,
    arrival_opens_at: minutesBefore(appointmentAt, arrivalMinutes),
    room_closes_at: isoFromDatabase(row.room_closes_at),
    is_interpreter_needed: row.is_interpreter_needed,
    interpreter_language: row.interpreter_language,
    ...inOrder(row.features),
    arrived_at: instantOrNull(row.arrived_at),
    admitted_at: instantOrNull(row.admitted_at),
    session_started_at: instantOrNull(row.session_started_at),
    session_ended_at: instantOrNull(row.session_ended_at),
    cancelled_at: instantOrNull(row.cancelled_at),
    is_practice: row.is_practice,
    claimant: {
      name: row.claimant_name,
      language: row.extensions_language,
      time_zone: row.extensions_time_zone,
      access_needs: [...row.extensions_access_needs],
    },
    organisation: contactOf(organisation),
    organisation_time_zone: organisation.timeZone,
    department: department ? contactOfDepartment(organisation, department) : null,
    agent_name: agentNameOf(row, department, staff),
    device_check: row.device_check as DeviceCheck | null,
    is_call_back_wanted: row.call_back_wanted_at !== null,
    redirect_url: row.use_custom_post_call_redirect ? row.custom_user_post_call_redirect_url : null,
    now,
  };
}

/**
 * What somebody unverified is shown: whose pages these are, and nothing of any appointment, whether
 * there is one or not (contract section 3). Its `id` is blank.
 */
export const unverifiedVisit = (organisation: Organisation | null, now: string): Visit => ({
  id: '',
  status: 'scheduled',
  revision: 0,
  appointment_at: now,
  duration_in_minutes: 0,
  arrival_opens_at: now,
  room_closes_at: now,
  is_interpreter_needed: false,
  interpreter_language: null,
  ...defaultFeatures,
  arrived_at: null,
  admitted_at: null,
  session_started_at: null,
  session_ended_at: null,
  cancelled_at: null,
  is_practice: false,
  claimant: null,
  organisation: organisation
    ? contactOf(organisation)
    : { name: '', phone_number: null, privacy_url: null, accessibility_url: null, colour: null },
  organisation_time_zone: organisation?.timeZone ?? 'UTC',
  department: null,
  agent_name: null,
  device_check: null,
  is_call_back_wanted: false,
  redirect_url: null,
  now,
});
