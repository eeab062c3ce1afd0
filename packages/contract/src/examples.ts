import { defaultFeatures } from './features.ts';
import { scopeNames } from './scopes.ts';

/** What the reference shows; the tests send the requests and compare the answers with the schemas. */

export const scheduleExample = {
  reference: 'PIP-2041',
  appointment_at: '2031-05-20T14:30:00Z',
  duration_in_minutes: 45,
  is_interpreter_needed: true,
  interpreter_language: 'Polish',
  claimant: {
    name: 'Maria Nowak',
    date_of_birth: '1957-11-02',
    phone_number: '+442079460123',
    email: 'maria.nowak@example.org',
  },
  features_messages_chat_enable: true,
  use_custom_post_call_redirect: true,
  custom_user_post_call_redirect_url: 'https://www.example.org/thank-you',
};

export const appointmentExample = {
  data: {
    id: '01980e4b-7c40-7a31-9c55-3f0b8d1e6a72',
    reference: 'PIP-2041',
    appointment_at: '2031-05-20T14:30:00.000000Z',
    duration_in_minutes: 45,
    is_interpreter_needed: true,
    interpreter_language: 'Polish',
    status: 'scheduled',
    url: 'https://visits.example.org/client-web/schedule/pre-call/summary?reference=PIP-2041#4T9KD0V7QZ2M8W3XN5CJHR6B1E',
    created_at: '2031-05-06T09:12:44.201932Z',
    cancelled_at: null,
    cancellation_reason: null,
    department: null,
    claimant: {
      name: 'Maria Nowak',
      date_of_birth: '1957-11-02',
      phone_number: '+442079460123',
      email: 'maria.nowak@example.org',
      data: [],
    },
    meeting: {
      id: '72019384551',
      room_name: '/5b1f9a52-3c1d-4f0e-8a77-d2f6c9e40b18',
      room_url:
        'https://visits.example.org/meet/5b1f9a52-3c1d-4f0e-8a77-d2f6c9e40b18?breakout=off&cameraAccess=on&audio=on&screenshare=off&chat=on&people=off&autoSpotlight=on&floatSelf=on&participantCount=off&localization=off&precallReview=off',
      start_date: '2031-05-06T09:12:44+00:00',
      end_date: '2031-05-20T23:59:59+00:00',
    },
    session_started_at: null,
    session_ended_at: null,
    on_hold_started_at: null,
    on_hold_ended_at: null,
    features_call_recording_enable: false,
    features_breakout_room_enable: false,
    features_webcam_access_agent_enable: true,
    features_webcam_access_claimant_enable: true,
    features_webcam_background_blurring_enable: false,
    features_microphone_access_enable: true,
    features_screen_sharing_enable: false,
    features_messages_chat_enable: true,
    features_participant_list_enable: false,
    features_bandwidth: null,
    use_custom_post_call_redirect: true,
    custom_user_post_call_redirect_url: 'https://www.example.org/thank-you',
    custom_agent_post_call_redirect_url: null,
  },
};

const image = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 57 57">…</svg>';

export const linksExample = {
  data: {
    claimant_link: { text: appointmentExample.data.url, qr_svg: image },
    short_link: { text: 'https://visits.example.org/j/7H2M9XQ4TD', qr_svg: image },
    entry_code: { text: '7H2M9XQ4TD', qr_svg: image },
    host_link: null,
  },
};

export const changeExample = {
  appointment_at: '2031-05-21T09:00:00Z',
  claimant: { phone_number: '020 7946 0199' },
};

export const searchExample = { q: 'nowak 0123', status: ['scheduled'], per_page: 10 };

export const cancelExample = { cancellation_reason: 'Asked to be seen at home.' };

export const cancelledExample = {
  data: {
    ...appointmentExample.data,
    ...cancelExample,
    status: 'cancelled',
    cancelled_at: '2031-05-19T08:30:17.620114Z',
  },
};

export const tokenExample = { grant_type: 'client_credentials' };

export const revokeExample = { token: 'kXq7Zr0uB3wV9yTn2sLd6FhJ1pGc8AeMi4oQx5RbYtE' };

export const grantedExample = {
  access_token: revokeExample.token,
  expires_in: 3600,
  token_type: 'Bearer',
};

const publicUrl = 'https://visits.example.org';

export const authorizationServerExample = {
  issuer: publicUrl,
  token_endpoint: `${publicUrl}/oauth2/token`,
  revocation_endpoint: `${publicUrl}/oauth2/revoke`,
  grant_types_supported: ['client_credentials'],
  response_types_supported: [],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  scopes_supported: [...scopeNames],
  service_documentation: `${publicUrl}/api/docs`,
};

/** A list whose entries fit on one page. */
function pageOf(path: string, data: unknown[]) {
  const page = `${publicUrl}${path}?page=1`;
  return {
    data,
    links: { first: page, last: page, prev: null, next: null },
    meta: {
      current_page: 1,
      from: 1,
      last_page: 1,
      links: [
        { url: null, label: '&laquo; Previous', active: false },
        { url: page, label: '1', active: true },
        { url: null, label: 'Next &raquo;', active: false },
      ],
      path: `${publicUrl}${path}`,
      per_page: 25,
      to: data.length,
      total: data.length,
    },
  };
}

export const appointmentsExample = pageOf('/api/v1/appointments', [appointmentExample.data]);

export const eventsExample = pageOf(`/api/v1/appointments/${appointmentExample.data.id}/events`, [
  {
    version: 1,
    type: 'appointment.scheduled',
    occurred_at: appointmentExample.data.created_at,
    actor: { kind: 'api', id: 'booking-system' },
    data: { appointment_at: appointmentExample.data.appointment_at, duration_in_minutes: 45 },
  },
  {
    version: 2,
    type: 'appointment.cancelled',
    occurred_at: cancelledExample.data.cancelled_at,
    actor: { kind: 'api', id: 'booking-system' },
    data: {},
  },
]);

export const departmentsExample = pageOf('/api/v1/departments', [
  { id: 1, name: 'Housing advice', ...defaultFeatures, features_messages_chat_enable: true },
]);

export const customFieldsExample = pageOf('/api/v1/custom-fields', [
  {
    id: 1,
    name: 'How did you hear of us?',
    type: 'choice',
    required: false,
    choices: ['A friend', 'A doctor', 'The newspaper'],
  },
]);

export const meExample = {
  data: {
    client: { id: 'booking-system', name: 'Booking system' },
    scopes: ['appointments:read', 'appointments:write'],
    organisation: {
      name: 'Example Advice',
      country: 'GB',
      time_zone: 'Europe/London',
      public_url: publicUrl,
      redirect_hosts: [],
      ...defaultFeatures,
    },
    limits: {
      requests_per_minute: 1200,
      body_bytes: 262_144,
      bulk_body_bytes: 2_097_152,
      bulk_rows: 500,
      per_page: 100,
    },
    is_sandbox: false,
    sandbox_clock_at: null,
  },
};

export const bulkExample = {
  appointments: [{ ...scheduleExample, reference: 'PIP-2042' }, { reference: 'PIP-2043' }],
};

const missing = {
  appointment_at: 'appointment_at is required: a date and time such as 2026-03-02T14:30:00Z.',
  duration_in_minutes: 'duration_in_minutes is required: a whole number from 1 to 1440.',
  'claimant.name': 'claimant.name is required: text of 1 to 255 characters.',
};

export const bulkAnswerExample = {
  data: [
    { status: 201, data: { ...appointmentExample.data, reference: 'PIP-2042' } },
    {
      status: 422,
      message: `${missing.appointment_at} (and 2 more errors)`,
      code: 'validation_failed',
      errors: Object.fromEntries(
        Object.entries(missing).map(([path, sentence]) => [path, [sentence]]),
      ),
    },
  ],
};
