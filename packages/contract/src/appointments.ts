import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { claimantData, claimantDataAnswer } from './custom-fields.ts';
import { actorKinds, eventTypeNames } from './events.ts';
import { bandwidths, type FeatureName, type Features, featureNames } from './features.ts';
import { limits } from './limits.ts';
import { paging } from './lists.ts';
import { instant, nullable, word } from './schema.ts';

/** The states of an appointment (contract section 4). */
export const statuses = [
  'scheduled',
  'waiting',
  'in_progress',
  'on_hold',
  'completed',
  'cancelled',
  'no_show',
] as const;

export type Status = (typeof statuses)[number];

type FeatureSchemas = { [Name in FeatureName]: ReturnType<typeof Type.Unsafe<Features[Name]>> };
type OptionalFeatureSchemas = {
  [Name in FeatureName]: ReturnType<
    typeof Type.Optional<ReturnType<typeof Type.Unsafe<Features[Name] | null>>>
  >;
};

const featureSchema = (name: FeatureName): TSchema =>
  name === 'features_bandwidth' ? nullable(word(bandwidths)) : Type.Boolean();

/** The switches as answers spell them out. */
export const featureAnswers = Object.fromEntries(
  featureNames.map((name) => [name, featureSchema(name)]),
) as unknown as FeatureSchemas;

const featureRequests = Object.fromEntries(
  featureNames.map((name) => {
    const schema = featureSchema(name);
    return [name, Type.Optional(name === 'features_bandwidth' ? schema : nullable(schema))];
  }),
) as unknown as OptionalFeatureSchemas;

const text = (maxLength: number, options: object = {}) =>
  Type.String({ minLength: 1, maxLength, ...options });
const optional = <S extends TSchema>(schema: S) => Type.Optional(nullable(schema));
const address = () =>
  Type.String({
    maxLength: 2000,
    format: 'web-address',
    description:
      'Absolute, https. Where the organisation keeps a list of hosts (`redirect_hosts` of `GET /api/v1/me`), on one of them, with no other port than the list has. Checked when it is sent.',
    examples: ['https://www.example.org/after'],
  });

const claimantDetails = {
  date_of_birth: optional(Type.String({ format: 'real-date', examples: ['1990-01-01'] })),
  phone_number: optional(
    Type.String({ maxLength: 50, format: 'phone', examples: ['+442071234567'] }),
  ),
  email: optional(Type.String({ maxLength: 254, format: 'mailbox', examples: ['test@test.com'] })),
  data: optional(claimantData),
};

const details = {
  is_interpreter_needed: optional(Type.Boolean()),
  interpreter_language: optional(text(100)),
  department: optional(
    Type.Unsafe<string | number>({
      type: 'string',
      minLength: 1,
      maxLength: 255,
      description: 'Its id or its name.',
    }),
  ),
  department_id: optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
  ...featureRequests,
  use_custom_post_call_redirect: optional(Type.Boolean()),
  custom_user_post_call_redirect_url: optional(address()),
  custom_agent_post_call_redirect_url: optional(address()),
};

const reference = () =>
  text(191, { description: 'Unique in the organisation; cannot be changed.' });
const durationInMinutes = () => Type.Integer({ minimum: 1, maximum: 1440 });

/** What a claimant may need so that the appointment works for them. */
export const accessNeeds = [
  'sign_language',
  'captions',
  'large_text',
  'extra_time',
  'text_only',
  'companion',
] as const;

/** Ours, never the reference API's (contract section 3). */
const extensions = {
  language: optional(
    Type.String({
      maxLength: 35,
      format: 'language',
      description: 'The language that the claimant reads (BCP 47).',
      examples: ['pl'],
    }),
  ),
  time_zone: optional(
    Type.String({
      maxLength: 64,
      format: 'time-zone',
      description: 'Where the claimant is (IANA).',
      examples: ['Europe/Warsaw'],
    }),
  ),
  access_needs: optional(
    Type.Array(word(accessNeeds), { maxItems: accessNeeds.length, uniqueItems: true }),
  ),
  agent: optional(
    Type.String({
      format: 'uuid',
      description:
        'Whose appointment it is: the id of somebody who takes calls. An agent has one appointment at a time. Not in a bulk.',
    }),
  ),
};

/** `?include=extensions` shows them; the plain answer stays exactly the reference's. */
export const inclusion = {
  include: optional(Type.Array(word(['extensions']), { maxItems: 1 })),
};

/** The query of the routes that answer one appointment. */
export const includeRequest = Type.Object(inclusion);

/** The body of `POST /api/v1/appointments`. */
export const scheduleRequest = Type.Object(
  {
    reference: reference(),
    appointment_at: instant(),
    duration_in_minutes: durationInMinutes(),
    claimant: Type.Object({ name: text(255), ...claimantDetails }),
    ...details,
    extensions: optional(
      Type.Object({
        ...extensions,
        practice: optional(
          Type.Boolean({
            description: 'No real person: marked everywhere and left out of counts.',
          }),
        ),
      }),
    ),
  },
  { title: 'ScheduleRequest' },
);

/**
 * The body of `POST /api/v1/appointments/bulk`. Each entry is a body of `POST /api/v1/appointments`
 * and is read as one, with faults of its own.
 */
export const bulkRequest = Type.Object(
  {
    appointments: Type.Unsafe<unknown[]>(
      Type.Array(scheduleRequest, { minItems: 1, maxItems: limits.bulkRows, 'x-read-apart': true }),
    ),
  },
  { title: 'BulkRequest' },
);

/** The body of `PATCH /api/v1/appointments/{id}`: only the fields sent change. */
export const changeRequest = Type.Object(
  {
    reference: Type.Optional(reference()),
    appointment_at: Type.Optional(instant()),
    duration_in_minutes: Type.Optional(durationInMinutes()),
    claimant: Type.Optional(Type.Object({ name: Type.Optional(text(255)), ...claimantDetails })),
    ...details,
    extensions: optional(Type.Object(extensions)),
    status: optional(
      word(statuses, { description: 'waiting, cancelled or no_show, where the states allow it.' }),
    ),
  },
  { title: 'ChangeRequest' },
);

/** The body of `POST /api/v1/appointments/{id}/cancel`. */
export const cancelRequest = Type.Object(
  {
    cancellation_reason: optional(text(1000)),
  },
  { title: 'CancelRequest' },
);

/** In a filter a date alone will do: its midnight in UTC. */
const dateAllowed = { 'x-date-allowed': true };

/** The query of `GET /api/v1/appointments`. */
export const listRequest = Type.Object({
  ...paging,
  ...inclusion,
  status: optional(
    Type.Array(word(statuses), { maxItems: statuses.length, description: 'May be repeated.' }),
  ),
  reference: optional(text(191)),
  department_id: optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
  appointment_from: optional(instant(dateAllowed)),
  appointment_to: optional(
    instant({ ...dateAllowed, description: 'Up to and including this instant.' }),
  ),
  updated_since: optional(instant(dateAllowed)),
  sort: optional(
    word([
      '-created_at',
      'created_at',
      '-appointment_at',
      'appointment_at',
      '-updated_at',
      'updated_at',
    ]),
  ),
});

const { include: _, ...listFields } = listRequest.properties;

/** The body of `POST /api/v1/appointments/search`: as the list's query, with what is looked for. */
export const searchRequest = Type.Object(
  {
    q: Type.String({
      minLength: 2,
      maxLength: 200,
      description:
        'Every word has to be found; case and accents do not count. A word is the start of a word of the claimant’s name, of their email address or its domain, or of the reference; or a phone number as it is dialled, or its last four digits or more.',
    }),
    ...listFields,
  },
  { title: 'SearchRequest' },
);

/** The query of `POST /api/v1/appointments/search`: the page of the same search that `links` lead to. */
export const searchQuery = Type.Object({ ...inclusion, ...paging });

/** The query of `GET /api/v1/appointments/{id}/events`. */
export const eventsRequest = Type.Object({ page: paging.page, per_page: paging.per_page });

/** One appointment, as every answer shows it; the keys stand in the order of the reference API. */
export const appointmentAnswer = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    reference: Type.String(),
    appointment_at: instant(),
    duration_in_minutes: Type.Integer(),
    is_interpreter_needed: Type.Boolean(),
    interpreter_language: nullable(Type.String()),
    status: word(statuses),
    url: Type.String({
      description: 'The claimant’s link; with appointments:write it holds its token.',
    }),
    created_at: instant(),
    cancelled_at: nullable(instant()),
    cancellation_reason: nullable(Type.String()),
    department: nullable(Type.Object({ id: Type.Integer(), name: Type.String() })),
    claimant: Type.Object({
      name: Type.String(),
      date_of_birth: nullable(Type.String({ format: 'date' })),
      phone_number: nullable(Type.String()),
      email: nullable(Type.String()),
      data: claimantDataAnswer,
    }),
    meeting: Type.Object({
      id: Type.String({ pattern: '^[0-9]+$' }),
      room_name: Type.String(),
      room_url: Type.String({
        description: 'The host’s link; with meetings:host it holds its key.',
      }),
      start_date: Type.String(),
      end_date: Type.String({ description: 'When the room closes.' }),
    }),
    session_started_at: nullable(instant()),
    session_ended_at: nullable(instant()),
    on_hold_started_at: nullable(instant()),
    on_hold_ended_at: nullable(instant()),
    ...featureAnswers,
    use_custom_post_call_redirect: Type.Boolean(),
    custom_user_post_call_redirect_url: nullable(Type.String()),
    custom_agent_post_call_redirect_url: nullable(Type.String()),
    extensions: Type.Optional(
      Type.Object(
        {
          language: nullable(Type.String()),
          time_zone: nullable(Type.String()),
          access_needs: Type.Array(word(accessNeeds)),
          agent: nullable(Type.String({ format: 'uuid' })),
          practice: Type.Boolean(),
          identity: nullable(
            word(['verified', 'unverified'], {
              description: 'Whether the person who came is known; null before anybody came.',
            }),
          ),
          readiness: nullable(
            word(['ready', 'not_ready'], {
              description: 'What the device check found; null before there was one.',
            }),
          ),
          outcome: nullable(Type.String()),
        },
        { description: 'Only with `?include=extensions`.' },
      ),
    ),
  },
  { title: 'Appointment' },
);

/** One entry of an appointment's timeline. */
export const eventAnswer = Type.Object(
  {
    version: Type.Integer({ description: 'The appointment’s version after this event.' }),
    type: word(eventTypeNames),
    occurred_at: instant(),
    actor: Type.Object({ kind: word(actorKinds), id: nullable(Type.String()) }),
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  { title: 'Event' },
);

/** `{"data": …}`: how one object is answered. */
export const one = <S extends TObject>(schema: S) => Type.Object({ data: schema });

const scheduledRow = Type.Object(
  { status: Type.Literal(201), data: appointmentAnswer },
  { title: 'ScheduledRow' },
);

const refusedRow = Type.Object(
  {
    status: Type.Literal(422),
    message: Type.String(),
    code: word(['validation_failed', 'reference_taken']),
    errors: Type.Record(Type.String(), Type.Array(Type.String()), {
      description: 'Path of a field within the entry to sentences.',
    }),
    existing_id: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'With reference_taken: the appointment that has the reference.',
      }),
    ),
  },
  { title: 'RefusedRow' },
);

/** What became of each entry of a bulk, in their order. */
export const bulkAnswer = Type.Object(
  { data: Type.Array(Type.Union([scheduledRow, refusedRow])) },
  { title: 'BulkAnswer' },
);

export type AccessNeed = (typeof accessNeeds)[number];
export type IncludeRequest = Static<typeof includeRequest>;
export type ScheduleRequest = Static<typeof scheduleRequest>;
export type RefusedRow = Static<typeof refusedRow>;
export type ChangeRequest = Static<typeof changeRequest>;
export type CancelRequest = Static<typeof cancelRequest>;
export type ListRequest = Static<typeof listRequest>;
export type SearchRequest = Static<typeof searchRequest>;
export type SearchQuery = Static<typeof searchQuery>;
export type EventsRequest = Static<typeof eventsRequest>;
export type AppointmentAnswer = Static<typeof appointmentAnswer>;
export type EventAnswer = Static<typeof eventAnswer>;
