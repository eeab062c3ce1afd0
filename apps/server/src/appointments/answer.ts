import {
  type AppointmentAnswer,
  type DeviceCheck,
  type Features,
  featureNames,
  type IncludeRequest,
} from '@anteroom/contract';
import type { Caller } from '../access/index.ts';
import type { Organisation } from '../organisation/index.ts';
import { isoFromDatabase } from '../platform/clock.ts';
import type { Answer } from '../platform/idempotency.ts';
import { answerClaimantData } from './claimant-data.ts';
import type { AppointmentRow } from './row.ts';

/** What a caller's scopes let it see of an appointment. */
export interface View {
  organisation: Organisation;
  seesClaimantToken: boolean;
  seesHostKey: boolean;
  /** `?include=extensions` was asked for. */
  includesExtensions: boolean;
}

export function viewOf(
  caller: Caller,
  organisation: Organisation,
  { include }: IncludeRequest,
): View {
  return {
    organisation,
    seesClaimantToken: caller.scopes.has('appointments:write'),
    seesHostKey: caller.scopes.has('meetings:host'),
    includesExtensions: include?.includes('extensions') ?? false,
  };
}

const instantOrNull = (text: string | null) => (text === null ? null : isoFromDatabase(text));

/** Inside `meeting`: seconds and an offset in digits (contract section 2). */
const inSeconds = (text: string) => `${isoFromDatabase(text).slice(0, 19)}+00:00`;

/** One appointment as every answer shows it: the only place that knows this shape. */
export function renderAppointment(row: AppointmentRow, view: View): AppointmentAnswer {
  const department = view.organisation.departments.find(({ id }) => id === row.department_id);
  return {
    id: row.id,
    reference: row.reference,
    appointment_at: isoFromDatabase(row.appointment_at),
    duration_in_minutes: row.duration_in_minutes,
    is_interpreter_needed: row.is_interpreter_needed,
    interpreter_language: row.interpreter_language,
    status: row.status,
    url: claimantLink(row, view),
    created_at: isoFromDatabase(row.created_at),
    cancelled_at: instantOrNull(row.cancelled_at),
    cancellation_reason: row.cancellation_reason,
    department: department ? { id: department.id, name: department.name } : null,
    claimant: {
      name: row.claimant_name,
      date_of_birth: row.claimant_date_of_birth,
      phone_number: row.claimant_phone_number,
      email: row.claimant_email,
      data: answerClaimantData(row.claimant_data, view.organisation.customFields),
    },
    meeting: {
      id: row.meeting_id,
      room_name: `/${row.room_name}`,
      room_url: hostLink(row, view),
      start_date: inSeconds(row.created_at),
      end_date: inSeconds(row.room_closes_at),
    },
    session_started_at: instantOrNull(row.session_started_at),
    session_ended_at: instantOrNull(row.session_ended_at),
    on_hold_started_at: instantOrNull(row.on_hold_started_at),
    on_hold_ended_at: instantOrNull(row.on_hold_ended_at),
    ...inOrder(row.features),
    use_custom_post_call_redirect: row.use_custom_post_call_redirect,
    custom_user_post_call_redirect_url: row.custom_user_post_call_redirect_url,
    custom_agent_post_call_redirect_url: row.custom_agent_post_call_redirect_url,
    ...(view.includesExtensions ? { extensions: extensionsOf(row) } : {}),
  };
}

function extensionsOf(row: AppointmentRow) {
  return {
    language: row.extensions_language,
    time_zone: row.extensions_time_zone,
    access_needs: [...row.extensions_access_needs],
    agent: row.agent_id,
    practice: row.is_practice,
    identity: identityOf(row),
    readiness: readinessOf(row.device_check as DeviceCheck | null),
    outcome: row.outcome,
  };
}

/** Whether whoever came is known; null before anybody came. */
function identityOf({ arrived_at, vouched_at, knocked_at }: AppointmentRow) {
  if (arrived_at !== null || vouched_at !== null) return 'verified' as const;
  return knocked_at === null ? null : ('unverified' as const);
}

function readinessOf(check: DeviceCheck | null) {
  if (check === null) return null;
  const parts = [check.camera, check.microphone, check.speaker, check.connection];
  const isReady = check.problem === null && !parts.includes('failed');
  return isReady ? ('ready' as const) : ('not_ready' as const);
}

/** jsonb forgets the order of keys; the answer has the reference's. */
export function inOrder(features: Features): Features {
  const ordered: Record<string, unknown> = {};
  for (const name of featureNames) ordered[name] = features[name];
  return ordered as Features;
}

/** The claimant's link; with its token where the view shows it. */
export function claimantLink(
  row: AppointmentRow,
  view: Pick<View, 'organisation' | 'seesClaimantToken'>,
): string {
  const page = `${view.organisation.publicUrl}/client-web/schedule/pre-call/summary`;
  const fragment = view.seesClaimantToken ? `#${row.claimant_token}` : '';
  return `${page}?reference=${encodeURIComponent(row.reference)}${fragment}`;
}

const onOff = (isOn: boolean) => (isOn ? 'on' : 'off');

/** The host's link in the form of the reference API; with its key where the view shows it. */
export function hostLink(row: AppointmentRow, view: View): string {
  const { features } = row;
  const key = view.seesHostKey ? `roomKey=${row.room_key}&` : '';
  const participants = onOff(features.features_participant_list_enable);
  return (
    `${view.organisation.publicUrl}/meet/${row.room_name}?${key}` +
    `breakout=${onOff(features.features_breakout_room_enable)}` +
    `&cameraAccess=${onOff(features.features_webcam_access_agent_enable)}` +
    `&audio=${onOff(features.features_microphone_access_enable)}` +
    `&screenshare=${onOff(features.features_screen_sharing_enable)}` +
    `&chat=${onOff(features.features_messages_chat_enable)}` +
    `&people=${participants}&autoSpotlight=on&floatSelf=on&participantCount=${participants}` +
    '&localization=off&precallReview=off'
  );
}

/** The entity tag of an appointment: its version (RFC 9110 section 8.8.3). */
export const entityTag = (version: number) => `"${version}"`;

/** The whole answer that shows one appointment. */
export function answerAppointment(row: AppointmentRow, view: View, status = 200): Answer {
  return {
    status,
    headers: {
      etag: entityTag(row.version),
      ...(status === 201 ? { location: `/api/v1/appointments/${row.id}` } : {}),
    },
    body: JSON.stringify({ data: renderAppointment(row, view) }),
  };
}
