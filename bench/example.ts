/**
 * The appointment that every server under load is asked to schedule: the public reference API's own
 * example, so that sizes and shapes are those an integrator sees.
 */

/** Where every server under load answers. */
export const appointmentsPath = '/api/v1/appointments';

type Value = string | number | boolean | null | { readonly [name: string]: Value };

/** Stands for the reference inside the bodies; as long as what `freshReference` makes. */
const referencePlaceholder = 'R'.repeat(15);

/** A week ahead, so that the room is still open, in the zone-less form the reference API takes. */
const appointmentAt = new Date(Date.now() + 7 * 86_400_000).toISOString().replace('Z', '000');

export const createFields = {
  reference: referencePlaceholder,
  appointment_at: appointmentAt,
  duration_in_minutes: 30,
  is_interpreter_needed: false,
  interpreter_language: null,
  department: null,
  claimant: {
    name: 'John Doe',
    date_of_birth: '1990-01-01',
    phone_number: '+442071234567',
    email: 'test@test.com',
  },
  features_call_recording_enable: false,
  features_breakout_room_enable: false,
  features_webcam_access_agent_enable: true,
  features_webcam_access_claimant_enable: true,
  features_webcam_background_blurring_enable: false,
  features_microphone_access_enable: true,
  features_screen_sharing_enable: false,
  features_messages_chat_enable: false,
  features_participant_list_enable: false,
  features_bandwidth: null,
  use_custom_post_call_redirect: false,
  custom_user_post_call_redirect_url: null,
  custom_agent_post_call_redirect_url: 'https://www.sampleurl.co.uk',
} satisfies { readonly [name: string]: Value };

/** Form fields with bracket keys; null is sent as an empty field. */
function formPairs(fields: { readonly [name: string]: Value }, parent?: string): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const key = parent === undefined ? name : `${parent}[${name}]`;
    if (typeof value === 'object' && value !== null) return formPairs(value, key);
    return `${encodeURIComponent(key)}=${encodeURIComponent(value ?? '')}`;
  });
}

/** Both create bodies, cut in two where the reference belongs. */
export const createBodies = {
  json: cutAtReference(JSON.stringify(createFields)),
  form: cutAtReference(formPairs(createFields).join('&')),
};

function cutAtReference(body: string): { before: string; after: string; length: number } {
  const [before = '', after = ''] = body.split(referencePlaceholder);
  return { before, after, length: body.length };
}

/** A reference nobody has used before in this run, always of the same length. */
export function freshReference(number: number): string {
  return `BENCH${String(number).padStart(10, '0')}`;
}

const roomKey = `${'h'.repeat(36)}.${'p'.repeat(160)}.${'s'.repeat(43)}`;
const room = 'bdf24dae-87e0-4925-bf28-9b6dfabc685c';

/** One answer of the shape of the contract, for the server that answers fixed bytes. */
export const exampleAnswer = {
  id: '9fac14a0-4829-4b7b-b3d6-d2b189290409',
  reference: freshReference(0),
  appointment_at: '2025-08-19T16:50:00.000000Z',
  duration_in_minutes: 30,
  is_interpreter_needed: false,
  interpreter_language: null,
  status: 'scheduled',
  url:
    'http://127.0.0.1:3000/client-web/schedule/pre-call/summary' +
    `?reference=${freshReference(0)}#${'t'.repeat(26)}`,
  created_at: '2025-08-19T14:38:12.000000Z',
  cancelled_at: null,
  cancellation_reason: null,
  department: null,
  claimant: {
    name: 'John Doe',
    date_of_birth: '1990-01-01',
    phone_number: '+442071234567',
    email: 'test@test.com',
    data: [],
  },
  meeting: {
    id: '108330411',
    room_name: `/${room}`,
    room_url:
      `http://127.0.0.1:3000/meet/${room}?roomKey=${roomKey}` +
      '&breakout=off&cameraAccess=on&audio=on&screenshare=off&chat=off&people=off' +
      '&autoSpotlight=on&floatSelf=on&participantCount=off&localization=off&precallReview=off',
    start_date: '2025-08-19T14:38:12+00:00',
    end_date: '2025-08-19T23:59:59+00:00',
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
  features_messages_chat_enable: false,
  features_participant_list_enable: false,
  features_bandwidth: null,
  use_custom_post_call_redirect: false,
  custom_user_post_call_redirect_url: null,
  custom_agent_post_call_redirect_url: 'https://www.sampleurl.co.uk',
};
