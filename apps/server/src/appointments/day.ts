import type { DayAppointment, DeviceCheck } from '@anteroom/contract';
import type { Staff, StaffMember } from '../access/index.ts';
import type { Organisation, Organisations } from '../organisation/index.ts';
import { isoFromDatabase } from '../platform/clock.ts';
import { type Database, type Runner, statement } from '../platform/database/index.ts';
import { inOrder } from './answer.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';
import { inScope, type Scope, scopeValue } from './scope.ts';

const readDate = statement<{ date: string; now: string }>(
  'read_day',
  `select coalesce($1::date, (domain_now() at time zone $2::text)::date)::text as date, domain_now() as now
   from installation`,
);

/** More than any organisation has in a day; what is beyond would not be seen anyway. */
const mostOfDay = 2_000;

const readOfDay = statement<AppointmentRow>(
  'appointments_of_day',
  `select ${appointmentColumns} from appointments
   where organisation_id = current_organisation()
     and appointment_at >= $1::date::timestamp at time zone $2::text
     and appointment_at < ($1::date + 1)::timestamp at time zone $2::text
     and ${inScope('$3')} and ($4::integer is null or department_id = $4)
   order by appointment_at, id limit ${mostOfDay}`,
);

/**
 * The appointments of a day in the organisation's zone, today unless a date is given, in their order; those
 * in scope, and of one department when it is named.
 */
export async function readDay(
  database: Runner,
  { timeZone }: Organisation,
  scope: Scope,
  asked: { date?: string | undefined; department_id?: number | undefined },
): Promise<{ date: string; now: string; rows: AppointmentRow[] }> {
  const day = await database.one(readDate, [asked.date ?? null, timeZone]);
  if (!day) throw new Error('the installation row is missing');
  const rows = await database.many(readOfDay, [
    day.date,
    timeZone,
    scopeValue(scope),
    asked.department_id ?? null,
  ]);
  return { date: day.date, now: isoFromDatabase(day.now), rows };
}

const instantOrNull = (text: string | null) => (text === null ? null : isoFromDatabase(text));

/** One appointment as *Today* shows it. `staff` is everybody of the organisation. */
export function dayAppointmentOf(
  row: AppointmentRow,
  organisation: Organisation,
  staff: readonly StaffMember[],
): DayAppointment {
  const department = organisation.departments.find(({ id }) => id === row.department_id);
  const agent = staff.find(({ id }) => id === row.agent_id);
  return {
    id: row.id,
    version: row.version,
    revision: row.revision,
    reference: row.reference,
    status: row.status,
    appointment_at: isoFromDatabase(row.appointment_at),
    duration_in_minutes: row.duration_in_minutes,
    room_closes_at: isoFromDatabase(row.room_closes_at),
    claimant: {
      name: row.claimant_name,
      phone_number: row.claimant_phone_number,
      email: row.claimant_email,
      language: row.extensions_language,
      time_zone: row.extensions_time_zone,
      access_needs: [...row.extensions_access_needs],
    },
    is_interpreter_needed: row.is_interpreter_needed,
    interpreter_language: row.interpreter_language,
    department: department ? { id: department.id, name: department.name } : null,
    agent: agent ? { id: agent.id, name: agent.name } : null,
    ...inOrder(row.features),
    arrived_at: instantOrNull(row.arrived_at),
    admitted_at: instantOrNull(row.admitted_at),
    session_started_at: instantOrNull(row.session_started_at),
    session_ended_at: instantOrNull(row.session_ended_at),
    on_hold_started_at: instantOrNull(row.on_hold_started_at),
    on_hold_ended_at: instantOrNull(row.on_hold_ended_at),
    cancelled_at: instantOrNull(row.cancelled_at),
    cancellation_reason: row.cancellation_reason,
    outcome: row.outcome,
    notes: row.notes,
    is_practice: row.is_practice,
    is_call_back_wanted: row.call_back_wanted_at !== null,
    is_knocking:
      row.knocked_at !== null &&
      row.vouched_at === null &&
      ['scheduled', 'waiting', 'no_show'].includes(row.status),
    device_check: row.device_check as DeviceCheck | null,
    redirect_url: row.use_custom_post_call_redirect
      ? row.custom_agent_post_call_redirect_url
      : null,
  };
}

const byIds = statement<AppointmentRow>(
  'day_appointments_by_ids',
  `select ${appointmentColumns} from appointments
   where organisation_id = current_organisation() and id = any ($1::uuid[])`,
);

export interface DayOptions {
  database: Database;
  organisations: Organisations;
  staff: Staff;
}

/** These appointments of an organisation as *Today* shows them, for those who follow a day. */
export async function readDayAppointments(
  { database, organisations, staff }: DayOptions,
  organisationId: string,
  ids: readonly string[],
): Promise<DayAppointment[]> {
  const [organisation, everybody, rows] = await Promise.all([
    organisations.find(organisationId),
    staff.of(organisationId),
    database.in(organisationId).many(byIds, [ids]),
  ]);
  return rows.map((row) => dayAppointmentOf(row, organisation, everybody));
}
