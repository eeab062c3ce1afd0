import type { AppointmentRow } from './row.ts';

const columnNames: Record<keyof AppointmentRow, true> = {
  id: true,
  reference: true,
  version: true,
  revision: true,
  status: true,
  appointment_at: true,
  duration_in_minutes: true,
  room_closes_at: true,
  is_interpreter_needed: true,
  interpreter_language: true,
  department_id: true,
  claimant_name: true,
  claimant_date_of_birth: true,
  claimant_phone_number: true,
  claimant_email: true,
  claimant_data: true,
  features: true,
  use_custom_post_call_redirect: true,
  custom_user_post_call_redirect_url: true,
  custom_agent_post_call_redirect_url: true,
  claimant_token: true,
  entry_code: true,
  meeting_id: true,
  room_name: true,
  room_key: true,
  created_at: true,
  updated_at: true,
  arrived_at: true,
  left_at: true,
  session_started_at: true,
  session_ended_at: true,
  on_hold_started_at: true,
  on_hold_ended_at: true,
  corrected_at: true,
  cancelled_at: true,
  cancellation_reason: true,
};

/** The columns of an AppointmentRow, for the end of every statement that answers one. */
export const appointmentColumns = Object.keys(columnNames).join(', ');

/**
 * The part of a command's statement that writes its event: one row of `from` is one event, with
 * the version and the time that the command gave the appointment. The actor's kind and id are the
 * parameters $1 and $2 of every command. Events hold no personal values (design section 2).
 */
export const recorded = (type: string, data = `'{}'::jsonb`, from = 'appointment') => `
  event as (
    insert into events (organisation_id, appointment_id, version, type, actor_kind, actor_id, occurred_at, data)
    select organisation_id, id, version, ${type}, $1, $2, updated_at, ${data} from ${from})`;
