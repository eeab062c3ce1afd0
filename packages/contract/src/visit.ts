import Type, { type Static } from 'typebox';
import { type accessNeeds, featureAnswers, statuses } from './appointments.ts';
import { instant, nullable, word } from './schema.ts';

/** The body of `POST /client-web/api/session`: what the claimant's link holds. */
export const visitRequest = Type.Object(
  {
    reference: Type.Optional(nullable(Type.String({ maxLength: 500 }))),
    token: Type.Optional(nullable(Type.String({ maxLength: 500 }))),
    entry_code: Type.Optional(nullable(Type.String({ maxLength: 100 }))),
  },
  { title: 'VisitRequest' },
);

const part = ['ready', 'failed', 'skipped', 'untested'] as const;

/** What the device check found: stored with the appointment, shown to the agent. */
export const deviceCheck = Type.Object(
  {
    camera: word(part),
    microphone: word(part),
    speaker: word(part),
    connection: word(part),
    problem: nullable(
      Type.String({
        maxLength: 60,
        pattern: '^[a-z_]+$',
        description: 'A word from the catalogue, such as microphone_blocked.',
      }),
    ),
    round_trip_ms: nullable(Type.Integer({ minimum: 0, maximum: 60_000 })),
    loss_percent: nullable(Type.Integer({ minimum: 0, maximum: 100 })),
    rate_kbit_s: nullable(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
    browser: Type.String({ maxLength: 60, description: 'Its name and version.' }),
  },
  { title: 'DeviceCheck' },
);

const contact = Type.Object({
  name: Type.String(),
  phone_number: nullable(Type.String()),
  privacy_url: nullable(Type.String()),
  accessibility_url: nullable(Type.String()),
  colour: nullable(Type.String({ description: '#rrggbb' })),
});

/**
 * What the claimant's pages show: `GET /client-web/api/visit`, and the answer of every command of
 * theirs. Without `claimant` its holder is not verified, and no personal detail is told.
 */
export const visit = Type.Object(
  {
    id: Type.String(),
    status: word(statuses),
    revision: Type.Integer(),
    appointment_at: instant(),
    duration_in_minutes: Type.Integer(),
    arrival_opens_at: instant({ description: 'From when “I am here” is possible.' }),
    room_closes_at: instant(),
    is_interpreter_needed: Type.Boolean(),
    interpreter_language: nullable(Type.String()),
    ...featureAnswers,
    arrived_at: nullable(instant()),
    admitted_at: nullable(instant()),
    session_started_at: nullable(instant()),
    session_ended_at: nullable(instant()),
    cancelled_at: nullable(instant()),
    is_practice: Type.Boolean(),
    claimant: Type.Unsafe<{
      name: string;
      language: string | null;
      time_zone: string | null;
      access_needs: (typeof accessNeeds)[number][];
    } | null>({ type: ['object', 'null'] }),
    organisation: contact,
    organisation_time_zone: Type.String(),
    department: nullable(contact),
    agent_name: nullable(
      Type.String({ description: 'The name that the department chose to show.' }),
    ),
    device_check: nullable(deviceCheck),
    is_call_back_wanted: Type.Boolean({ description: '“Call me instead” was asked for.' }),
    redirect_url: nullable(
      Type.String({ description: 'Where a finished appointment sends its claimant.' }),
    ),
    now: instant({ description: 'Domain time, when this was read.' }),
  },
  { title: 'Visit' },
);

export const claimantCancelRequest = Type.Object(
  { cancellation_reason: Type.Optional(nullable(Type.String({ maxLength: 1000 }))) },
  { title: 'ClaimantCancelRequest' },
);

/** A pass for the socket: single use, thirty seconds. */
export const ticketAnswer = Type.Object(
  { ticket: Type.String(), expires_in: Type.Integer({ description: 'Seconds.' }) },
  { title: 'Ticket' },
);

/** What a person can point to afterwards: `GET /client-web/api/visit/events`, oldest first. */
export const receiptAnswer = Type.Object(
  {
    data: Type.Array(
      Type.Object({ what: word(['arrived', 'seen', 'ended'] as const), at: instant() }),
    ),
  },
  { title: 'Receipt' },
);

export type Receipt = Static<typeof receiptAnswer>['data'];
export type DeviceCheck = Static<typeof deviceCheck>;
export type DevicePart = (typeof part)[number];
export type TicketAnswer = Static<typeof ticketAnswer>;
export type Visit = Static<typeof visit>;
export type VisitRequest = Static<typeof visitRequest>;
