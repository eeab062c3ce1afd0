/**
 * The yardstick: the same job as a good engineer would do it in an afternoon, and fast. Bare
 * Fastify, its own Ajv, pipelined `pg` on four connections, one prepared statement a request, a row
 * as wide as the real one. No organisations, no events, no keys, no tokens, no limits, no log.
 *
 * Started as `node plain-server.ts <folder of the socket> <port> <database>`.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';
import qs from 'qs';
import { announce } from './announce.ts';
import { appointmentsPath } from './example.ts';

const [host = '', port = '', database = ''] = process.argv.slice(2);

const features = [
  'features_call_recording_enable',
  'features_breakout_room_enable',
  'features_webcam_access_agent_enable',
  'features_webcam_access_claimant_enable',
  'features_webcam_background_blurring_enable',
  'features_microphone_access_enable',
  'features_screen_sharing_enable',
  'features_messages_chat_enable',
  'features_participant_list_enable',
] as const;

type Feature = (typeof features)[number];

interface Fields extends Record<Feature, boolean> {
  reference: string;
  appointment_at: string;
  duration_in_minutes: number;
  is_interpreter_needed: boolean;
  interpreter_language: string | null;
  claimant: {
    name: string;
    date_of_birth: string | null;
    phone_number: string | null;
    email: string | null;
    data: unknown[];
  };
  features_bandwidth: string | null;
  use_custom_post_call_redirect: boolean;
  custom_user_post_call_redirect_url: string | null;
  custom_agent_post_call_redirect_url: string | null;
}

interface Row extends Omit<Fields, 'appointment_at' | 'claimant'> {
  id: string;
  appointment_at: Date;
  status: string;
  claimant_name: string;
  claimant_date_of_birth: string | null;
  claimant_phone_number: string | null;
  claimant_email: string | null;
  claimant_data: unknown[];
  link_token: string;
  meeting_id: string;
  room: string;
  room_key: string;
  created_at: Date;
  ends_at: Date;
  cancelled_at: Date | null;
  cancellation_reason: string | null;
  session_started_at: Date | null;
  session_ended_at: Date | null;
  on_hold_started_at: Date | null;
  on_hold_ended_at: Date | null;
}

const table = `
  create table if not exists plain_appointments (
    id uuid primary key,
    reference text not null unique,
    appointment_at timestamptz not null,
    duration_in_minutes integer not null,
    is_interpreter_needed boolean not null,
    interpreter_language text,
    status text not null default 'scheduled',
    claimant_name text not null,
    claimant_date_of_birth date,
    claimant_phone_number text,
    claimant_email text,
    claimant_data jsonb not null,
    link_token text not null,
    meeting_id bigint not null,
    room uuid not null,
    room_key text not null,
    ${features.map((name) => `${name} boolean not null,`).join('\n    ')}
    features_bandwidth text,
    use_custom_post_call_redirect boolean not null,
    custom_user_post_call_redirect_url text,
    custom_agent_post_call_redirect_url text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    ends_at timestamptz not null,
    cancelled_at timestamptz,
    cancellation_reason text,
    session_started_at timestamptz,
    session_ended_at timestamptz,
    on_hold_started_at timestamptz,
    on_hold_ended_at timestamptz
  );
  create index if not exists plain_appointments_created_at on plain_appointments (created_at)`;

const inserted = [
  'id',
  'reference',
  'appointment_at',
  'duration_in_minutes',
  'is_interpreter_needed',
  'interpreter_language',
  'claimant_name',
  'claimant_date_of_birth',
  'claimant_phone_number',
  'claimant_email',
  'claimant_data',
  'link_token',
  'meeting_id',
  'room',
  'room_key',
  ...features,
  'features_bandwidth',
  'use_custom_post_call_redirect',
  'custom_user_post_call_redirect_url',
  'custom_agent_post_call_redirect_url',
];

const insert = `
  insert into plain_appointments (${inserted.join(', ')}, ends_at)
  values (
    ${inserted.map((_name, index) => `$${index + 1}`).join(', ')},
    date_trunc('day', $3::timestamptz) + interval '1 day' - interval '1 second'
  )
  returning *`;

const selectOne = 'select * from plain_appointments where id = $1';
const selectPage = 'select * from plain_appointments order by created_at desc limit $1 offset $2';

/** Dates have no zone and stay text. */
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

const clients = await Promise.all(
  Array.from({ length: 4 }, async () => {
    const client = new pg.Client({
      host,
      port: Number(port),
      database,
      user: 'postgres',
      options: '-c timezone=UTC',
      pipeline: true,
    });
    await client.connect();
    return { client, waiting: 0 };
  }),
);

/** Runs a prepared statement on the connection with the fewest answers outstanding. */
async function rows(name: string, text: string, values: unknown[]): Promise<Row[]> {
  const chosen = clients.reduce((best, next) => (next.waiting < best.waiting ? next : best));
  chosen.waiting += 1;
  try {
    return (await chosen.client.query<Row>({ name, text, values })).rows;
  } finally {
    chosen.waiting -= 1;
  }
}

/** The answer of the contract, from the row. */
function answer(row: Row) {
  const { reference, room, room_key, created_at } = row;
  const on = (value: boolean) => (value ? 'on' : 'off');
  const people = on(row.features_participant_list_enable);
  return {
    id: row.id,
    reference,
    appointment_at: row.appointment_at,
    duration_in_minutes: row.duration_in_minutes,
    is_interpreter_needed: row.is_interpreter_needed,
    interpreter_language: row.interpreter_language,
    status: row.status,
    url:
      'http://127.0.0.1:3000/client-web/schedule/pre-call/summary' +
      `?reference=${encodeURIComponent(reference)}#${row.link_token}`,
    created_at,
    cancelled_at: row.cancelled_at,
    cancellation_reason: row.cancellation_reason,
    department: null,
    claimant: {
      name: row.claimant_name,
      date_of_birth: row.claimant_date_of_birth,
      phone_number: row.claimant_phone_number,
      email: row.claimant_email,
      data: row.claimant_data,
    },
    meeting: {
      id: row.meeting_id,
      room_name: `/${room}`,
      room_url:
        `http://127.0.0.1:3000/meet/${room}?roomKey=${room_key}` +
        `&breakout=${on(row.features_breakout_room_enable)}` +
        `&cameraAccess=${on(row.features_webcam_access_agent_enable)}` +
        `&audio=${on(row.features_microphone_access_enable)}` +
        `&screenshare=${on(row.features_screen_sharing_enable)}` +
        `&chat=${on(row.features_messages_chat_enable)}&people=${people}` +
        `&autoSpotlight=on&floatSelf=on&participantCount=${people}` +
        '&localization=off&precallReview=off',
      start_date: seconds(created_at),
      end_date: seconds(row.ends_at),
    },
    session_started_at: row.session_started_at,
    session_ended_at: row.session_ended_at,
    on_hold_started_at: row.on_hold_started_at,
    on_hold_ended_at: row.on_hold_ended_at,
    features_call_recording_enable: row.features_call_recording_enable,
    features_breakout_room_enable: row.features_breakout_room_enable,
    features_webcam_access_agent_enable: row.features_webcam_access_agent_enable,
    features_webcam_access_claimant_enable: row.features_webcam_access_claimant_enable,
    features_webcam_background_blurring_enable: row.features_webcam_background_blurring_enable,
    features_microphone_access_enable: row.features_microphone_access_enable,
    features_screen_sharing_enable: row.features_screen_sharing_enable,
    features_messages_chat_enable: row.features_messages_chat_enable,
    features_participant_list_enable: row.features_participant_list_enable,
    features_bandwidth: row.features_bandwidth,
    use_custom_post_call_redirect: row.use_custom_post_call_redirect,
    custom_user_post_call_redirect_url: row.custom_user_post_call_redirect_url,
    custom_agent_post_call_redirect_url: row.custom_agent_post_call_redirect_url,
  };
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}+00:00`;
}

const text = (maxLength: number) => ({ type: ['string', 'null'], maxLength });
const flag = { type: 'boolean', default: false };

const fields = {
  appointment_at: { type: 'string', format: 'iso-date-time' },
  duration_in_minutes: { type: 'integer', minimum: 1, maximum: 1440 },
  is_interpreter_needed: flag,
  interpreter_language: text(100),
  department: text(255),
  claimant: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 255 },
      date_of_birth: { type: ['string', 'null'], format: 'date' },
      phone_number: { type: ['string', 'null'], pattern: '^\\+[0-9]{6,15}$' },
      email: { type: ['string', 'null'], format: 'email' },
      data: { type: 'array', default: [] },
    },
  },
  ...Object.fromEntries(features.map((name) => [name, flag])),
  features_bandwidth: { enum: ['low', 'medium', 'high', '', null] },
  use_custom_post_call_redirect: flag,
  custom_user_post_call_redirect_url: text(2048),
  custom_agent_post_call_redirect_url: text(2048),
};

const createSchema = {
  body: {
    type: 'object',
    required: ['reference', 'appointment_at', 'duration_in_minutes', 'claimant'],
    properties: { reference: { type: 'string', minLength: 1, maxLength: 191 }, ...fields },
  },
};

const byIdSchema = {
  params: { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } },
};

const updateSchema = {
  ...byIdSchema,
  body: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
      duration_in_minutes: fields.duration_in_minutes,
      interpreter_language: fields.interpreter_language,
    },
  },
};

const listSchema = {
  querystring: {
    type: 'object',
    properties: {
      page: { type: 'integer', minimum: 1, default: 1 },
      per_page: { type: 'integer', minimum: 1, maximum: 100, default: 25 },
    },
  },
};

const app = fastify();
app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  (_request, body, done) => done(null, qs.parse(body as string)),
);

app.post<{ Body: Fields }>(appointmentsPath, { schema: createSchema }, async ({ body }, reply) => {
  const [row] = await rows('insert', insert, [
    randomUUID(),
    body.reference,
    body.appointment_at,
    body.duration_in_minutes,
    body.is_interpreter_needed,
    body.interpreter_language || null,
    body.claimant.name,
    body.claimant.date_of_birth,
    body.claimant.phone_number,
    body.claimant.email,
    JSON.stringify(body.claimant.data),
    randomBytes(13).toString('hex'),
    randomBytes(4).readUInt32BE(),
    randomUUID(),
    randomBytes(180).toString('base64url'),
    ...features.map((name) => body[name]),
    body.features_bandwidth || null,
    body.use_custom_post_call_redirect,
    body.custom_user_post_call_redirect_url || null,
    body.custom_agent_post_call_redirect_url || null,
  ]);
  return reply.code(201).send({ data: answer(row as Row) });
});

app.get<{ Params: { id: string } }>(
  `${appointmentsPath}/:id`,
  { schema: byIdSchema },
  async ({ params }, reply) => {
    const [row] = await rows('select one', selectOne, [params.id]);
    if (row === undefined) return reply.code(404).send({ message: 'Not found.' });
    return { data: answer(row) };
  },
);

app.get<{ Querystring: { page: number; per_page: number } }>(
  appointmentsPath,
  { schema: listSchema },
  async ({ query }) => {
    const { page, per_page } = query;
    const found = await rows('select page', selectPage, [per_page, (page - 1) * per_page]);
    return { data: found.map(answer), meta: { current_page: page, per_page } };
  },
);

app.patch<{ Params: { id: string }; Body: Partial<Fields> }>(
  `${appointmentsPath}/:id`,
  { schema: updateSchema },
  async ({ params, body }, reply) => {
    const names = Object.keys(body);
    const changes = names.map((name, index) => `${name} = $${index + 2}`).join(', ');
    const [row] = await rows(
      `update ${names}`,
      `update plain_appointments set ${changes}, updated_at = now() where id = $1 returning *`,
      [params.id, ...Object.values(body)],
    );
    if (row === undefined) return reply.code(404).send({ message: 'Not found.' });
    return { data: answer(row) };
  },
);

await clients[0]?.client.query(table);
await announce(app);
