// Generated from the migrated catalogue by tools/generate.ts; do not edit.

export interface AccessTokensRow {
  organisation_id: string;
  token_hash: Buffer;
  client_id: string;
  scopes: string[];
  created_at: string;
  expires_at: string;
  revoked_at: string | null;
}

export interface AppointmentsRow {
  organisation_id: string;
  id: string;
  reference: string;
  version: number;
  revision: number;
  status: string;
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
  features: unknown;
  use_custom_post_call_redirect: boolean;
  custom_user_post_call_redirect_url: string | null;
  custom_agent_post_call_redirect_url: string | null;
  extensions_language: string | null;
  extensions_time_zone: string | null;
  extensions_access_needs: string[];
  is_practice: boolean;
  claimant_token: string;
  entry_code: string;
  meeting_id: string;
  room_name: string;
  room_key: string;
  created_at: string;
  updated_at: string;
  arrived_at: string | null;
  left_at: string | null;
  admitted_at: string | null;
  session_started_at: string | null;
  session_ended_at: string | null;
  on_hold_started_at: string | null;
  on_hold_ended_at: string | null;
  corrected_at: string | null;
  correction_reason: string | null;
  cancelled_at: string | null;
  cancellation_reason: string | null;
  outcome: string | null;
  search_text: string | null;
  agent_id: string | null;
  notes: string | null;
  device_check: unknown;
  call_back_wanted_at: string | null;
  knocked_at: string | null;
  knocked_by: Buffer | null;
  vouched_at: string | null;
  hold_reason: string | null;
  waiting_message: unknown;
}

export interface CallsRow {
  organisation_id: string;
  appointment_id: string;
  revision: number;
  agent_connected_at: string | null;
  agent_left_at: string | null;
  agent_process_id: string | null;
  claimant_connected_at: string | null;
  claimant_left_at: string | null;
  claimant_process_id: string | null;
  agent_connection: string | null;
  claimant_connection: string | null;
}

export interface ClientSecretsRow {
  organisation_id: string;
  client_id: string;
  secret_hash: Buffer;
  created_at: string;
}

export interface ClientsRow {
  organisation_id: string;
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  revoked_at: string | null;
}

export interface CustomFieldsRow {
  organisation_id: string;
  id: number;
  name: string;
  type: string;
  is_required: boolean;
  choices: string[];
  position: number;
  retired_at: string | null;
  created_at: string;
}

export interface DepartmentsRow {
  organisation_id: string;
  id: number;
  name: string;
  features: unknown;
  created_at: string;
  phone_number: string | null;
  agent_alias: string | null;
}

export interface EventsRow {
  organisation_id: string;
  appointment_id: string;
  version: number;
  type: string;
  actor_kind: string;
  actor_id: string | null;
  occurred_at: string;
  data: unknown;
  position: string;
  transaction_id: string;
}

export interface GuessesRow {
  key: Buffer;
  count: number;
  ends_at: string;
}

export interface HeartbeatsRow {
  process_id: string;
  started_at: string;
  beat_at: string;
}

export interface IdempotencyKeysRow {
  organisation_id: string;
  client_id: string;
  route: string;
  key: string;
  fingerprint: Buffer;
  status: number;
  headers: unknown;
  body: string;
  created_at: string;
}

export interface InstallationRow {
  singleton: boolean;
  room_key_secret: Buffer;
  sandbox_at: string | null;
  created_at: string;
}

export interface MessageProgressRow {
  singleton: boolean;
  settled_position: string;
  mark_position: string | null;
  mark_next: string | null;
}

export interface MessagesRow {
  organisation_id: string;
  appointment_id: string;
  revision: number;
  kind: string;
  occasion: number;
  due_at: string;
  attempts: number;
  sent_at: string | null;
  dropped_at: string | null;
  failed_at: string | null;
  reason: string | null;
}

export interface MigrationsRow {
  name: string;
  checksum: string;
  applied_at: string;
}

export interface OrganisationsRow {
  id: string;
  name: string;
  public_url: string;
  host: string;
  country: string;
  time_zone: string;
  features: unknown;
  created_at: string;
  redirect_hosts: string[];
  phone_number: string | null;
  privacy_url: string | null;
  accessibility_url: string | null;
  colour: string | null;
}

export interface SearchTermsRow {
  organisation_id: string;
  period: number;
  term: string;
  appointment_id: string;
}

export interface StaffRow {
  organisation_id: string;
  id: string;
  email: string;
  password_hash: string;
  role: string;
  created_at: string;
  name: string;
  disabled_at: string | null;
}

export interface StaffDepartmentsRow {
  organisation_id: string;
  staff_id: string;
  department_id: number;
}

export interface StaffSessionsRow {
  organisation_id: string;
  session_hash: Buffer;
  staff_id: string;
  created_at: string;
  expires_at: string;
  ended_at: string | null;
}

export interface TicketsRow {
  organisation_id: string;
  ticket_hash: Buffer;
  kind: string;
  appointment_id: string | null;
  revision: number | null;
  role: string;
  person_id: string;
  name: string;
  department_ids: number[] | null;
  session_hash: Buffer;
  expires_at: string;
}

export interface VisitSessionsRow {
  organisation_id: string;
  session_hash: Buffer;
  appointment_id: string;
  side: string;
  link_hash: Buffer;
  created_at: string;
  expires_at: string;
}

export const appointmentsColumns = {
  organisation_id: 'uuid',
  id: 'uuid',
  reference: 'text',
  version: 'integer',
  revision: 'integer',
  status: 'text',
  appointment_at: 'timestamp with time zone',
  duration_in_minutes: 'integer',
  room_closes_at: 'timestamp with time zone',
  is_interpreter_needed: 'boolean',
  interpreter_language: 'text',
  department_id: 'integer',
  claimant_name: 'text',
  claimant_date_of_birth: 'date',
  claimant_phone_number: 'text',
  claimant_email: 'text',
  claimant_data: 'jsonb',
  features: 'json',
  use_custom_post_call_redirect: 'boolean',
  custom_user_post_call_redirect_url: 'text',
  custom_agent_post_call_redirect_url: 'text',
  extensions_language: 'text',
  extensions_time_zone: 'text',
  extensions_access_needs: 'text[]',
  is_practice: 'boolean',
  claimant_token: 'text',
  entry_code: 'text',
  meeting_id: 'bigint',
  room_name: 'uuid',
  room_key: 'text',
  created_at: 'timestamp with time zone',
  updated_at: 'timestamp with time zone',
  arrived_at: 'timestamp with time zone',
  left_at: 'timestamp with time zone',
  admitted_at: 'timestamp with time zone',
  session_started_at: 'timestamp with time zone',
  session_ended_at: 'timestamp with time zone',
  on_hold_started_at: 'timestamp with time zone',
  on_hold_ended_at: 'timestamp with time zone',
  corrected_at: 'timestamp with time zone',
  correction_reason: 'text',
  cancelled_at: 'timestamp with time zone',
  cancellation_reason: 'text',
  outcome: 'text',
  search_text: 'text',
  agent_id: 'uuid',
  notes: 'text',
  device_check: 'jsonb',
  call_back_wanted_at: 'timestamp with time zone',
  knocked_at: 'timestamp with time zone',
  knocked_by: 'bytea',
  vouched_at: 'timestamp with time zone',
  hold_reason: 'text',
  waiting_message: 'jsonb',
} as const;
