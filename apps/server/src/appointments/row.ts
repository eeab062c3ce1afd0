import type { Features, Status } from '@anteroom/contract';

/** One appointment as the statements answer it; instants are text in UTC. */
export interface AppointmentRow {
  id: string;
  reference: string;
  version: number;
  revision: number;
  status: Status;
  appointment_at: string;
  duration_in_minutes: number;
  room_closes_at: string;
  is_interpreter_needed: boolean;
  interpreter_language: string | null;
  department_id: number | null;
  claimant_name: string;
  claimant_date_of_birth: string | null;
  claimant_phone_number: string | null;
  claimant_email: string | null;
  claimant_data: unknown;
  features: Features;
  use_custom_post_call_redirect: boolean;
  custom_user_post_call_redirect_url: string | null;
  custom_agent_post_call_redirect_url: string | null;
  claimant_token: string;
  entry_code: string;
  meeting_id: string;
  room_name: string;
  room_key: string;
  created_at: string;
  updated_at: string;
  arrived_at: string | null;
  left_at: string | null;
  session_started_at: string | null;
  session_ended_at: string | null;
  on_hold_started_at: string | null;
  on_hold_ended_at: string | null;
  corrected_at: string | null;
  cancelled_at: string | null;
  cancellation_reason: string | null;
}
