import Type, { type Static } from 'typebox';
import { accessNeeds, featureAnswers, statuses } from './appointments.ts';
import { instant, nullable, word } from './schema.ts';
import { deviceCheck } from './visit.ts';

/** One appointment as *Today* shows it. Times are domain time. */
export const dayAppointment = Type.Object(
  {
    id: Type.String(),
    version: Type.Integer(),
    revision: Type.Integer(),
    reference: Type.String(),
    status: word(statuses),
    appointment_at: instant(),
    duration_in_minutes: Type.Integer(),
    room_closes_at: instant(),
    claimant: Type.Object({
      name: Type.String(),
      phone_number: nullable(Type.String()),
      email: nullable(Type.String()),
      language: nullable(Type.String()),
      time_zone: nullable(Type.String()),
      access_needs: Type.Array(word(accessNeeds)),
    }),
    is_interpreter_needed: Type.Boolean(),
    interpreter_language: nullable(Type.String()),
    department: nullable(Type.Object({ id: Type.Integer(), name: Type.String() })),
    agent: nullable(Type.Object({ id: Type.String(), name: Type.String() })),
    ...featureAnswers,
    arrived_at: nullable(instant()),
    admitted_at: nullable(instant()),
    session_started_at: nullable(instant()),
    session_ended_at: nullable(instant()),
    on_hold_started_at: nullable(instant()),
    on_hold_ended_at: nullable(instant()),
    cancelled_at: nullable(instant()),
    cancellation_reason: nullable(Type.String()),
    outcome: nullable(Type.String()),
    notes: nullable(Type.String()),
    is_practice: Type.Boolean(),
    is_call_back_wanted: Type.Boolean(),
    is_knocking: Type.Boolean({ description: 'Somebody unverified is at the door.' }),
    device_check: nullable(deviceCheck),
    redirect_url: nullable(Type.String({ description: 'Where the agent is sent afterwards.' })),
  },
  { title: 'DayAppointment' },
);

/** `GET /portal/api/day`: `date` in the organisation's zone, today when left out. */
export const dayRequest = Type.Object({
  date: Type.Optional(Type.String({ format: 'day' })),
  department_id: Type.Optional(Type.Integer({ minimum: 1 })),
});

export const dayAnswer = Type.Object(
  {
    date: Type.String({ description: 'YYYY-MM-DD in the organisation’s zone.' }),
    now: instant(),
    appointments: Type.Array(dayAppointment),
  },
  { title: 'Day' },
);

export const reasonRequest = Type.Object(
  { reason: Type.Optional(nullable(Type.String({ maxLength: 1000 }))) },
  { title: 'ReasonRequest' },
);

/** The ways an appointment can turn out, beside its status. */
export const outcomes = [
  'done',
  'by_phone',
  'technical',
  'interpreter_absent',
  'abandoned',
] as const;

export const outcomeRequest = Type.Object(
  {
    outcome: Type.Optional(nullable(word(outcomes))),
    notes: Type.Optional(nullable(Type.String({ maxLength: 10_000 }))),
  },
  { title: 'OutcomeRequest' },
);

export const assignRequest = Type.Object(
  { agent_id: nullable(Type.String({ format: 'uuid' })) },
  { title: 'AssignRequest' },
);

/** What the agent tells those who wait; a word of the catalogue, minutes when it says them. */
export const waitingMessage = Type.Object(
  {
    kind: word(['running_late', 'soon', 'interpreter_awaited'] as const),
    minutes: nullable(Type.Integer({ minimum: 1, maximum: 240 })),
    at: instant(),
  },
  { title: 'WaitingMessage' },
);

export const waitingMessageRequest = Type.Object(
  {
    kind: word(['running_late', 'soon', 'interpreter_awaited'] as const),
    minutes: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 240 }))),
    /** One appointment; null: everyone who waits in the agent's departments today. */
    appointment_id: Type.Optional(nullable(Type.String({ format: 'uuid' }))),
  },
  { title: 'WaitingMessageRequest' },
);

/** The body of `POST /portal/api/search`: as the API's search. */
export const daySearchRequest = Type.Object(
  { q: Type.String({ minLength: 2, maxLength: 200 }) },
  { title: 'DaySearchRequest' },
);

/** An appointment to try things out with, for now, and the link by which its claimant comes. */
export const practiceAnswer = Type.Object(
  { data: Type.Object({ appointment: dayAppointment, claimant_link: Type.String() }) },
  { title: 'Practice' },
);

/** What a host's link holds: `/meet/<room>?roomKey=<room_key>`. */
export const hostSessionRequest = Type.Object(
  { room: Type.String({ format: 'uuid' }), room_key: Type.String({ maxLength: 1000 }) },
  { title: 'HostSessionRequest' },
);

/** The one appointment that a host's link is good for. */
export const hostSession = Type.Object(
  {
    appointment_id: Type.String(),
    organisation: Type.Object({ name: Type.String() }),
  },
  { title: 'HostSession' },
);

export type Day = Static<typeof dayAnswer>;
export type DayAppointment = Static<typeof dayAppointment>;
export type HostSession = Static<typeof hostSession>;
export type Outcome = (typeof outcomes)[number];
export type WaitingMessage = Static<typeof waitingMessage>;
