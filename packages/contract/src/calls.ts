import Type, { type Static } from 'typebox';
import { featureAnswers, statuses } from './appointments.ts';
import { dayAppointment, waitingMessage } from './portal.ts';
import { instant, nullable, word } from './schema.ts';
import { callRoles } from './socket.ts';

// The messages of the call socket (docs/protocol.md): JSON in text frames, one object a frame, each
// with its `type`. A page says `hello` with a ticket first; who it is comes from the ticket.

const person = Type.Object({
  id: Type.String({
    description: 'Of this page: kept over a lost socket; a reload makes another.',
  }),
  role: word(callRoles),
  name: Type.String(),
  /** Reports media both ways. */
  has_media: Type.Boolean(),
});

/** All that a page of one appointment needs to know of it; sent whole whenever it changes. */
export const roomSnapshot = Type.Object(
  {
    appointment_id: Type.String(),
    revision: Type.Integer(),
    status: word(statuses),
    appointment_at: instant(),
    duration_in_minutes: Type.Integer(),
    ...featureAnswers,
    is_admitted: Type.Boolean(),
    arrived_at: nullable(instant()),
    session_started_at: nullable(instant()),
    hold: Type.Unsafe<{ since: string; reason: string | null; by: string } | null>({
      type: ['object', 'null'],
    }),
    /**
     * Who is in the room, oneself among them. A claimant who has not been let in sees nobody else,
     * and is seen by the agent.
     */
    people: Type.Array(person),
    /** Only for a claimant who waits: how many are before them today, and how long that took others. */
    queue: Type.Unsafe<{ before: number; wait_minutes: [number, number] | null } | null>({
      type: ['object', 'null'],
    }),
    message: nullable(waitingMessage),
    /** False for a device of the claimant while another one has their seat; see `take_seat`. */
    has_seat: Type.Boolean(),
    /** Another device asks for the claimant's seat. */
    is_seat_asked: Type.Boolean(),
    now: instant(),
  },
  { title: 'RoomSnapshot' },
);

const ref = { ref: Type.Integer({ minimum: 0, description: 'Named again in the reply.' }) };
const description = Type.Object({
  type: word(['offer', 'answer'] as const),
  sdp: Type.String({ maxLength: 48 * 1024 }),
});
const candidate = Type.Unsafe<{
  candidate: string;
  sdpMid: string | null;
  sdpMLineIndex: number | null;
  usernameFragment?: string | null;
}>({
  type: 'object',
  properties: {
    candidate: { type: 'string', maxLength: 1024 },
    sdpMid: { type: ['string', 'null'], maxLength: 64 },
    sdpMLineIndex: { type: ['integer', 'null'] },
    usernameFragment: { type: ['string', 'null'], maxLength: 256 },
  },
  required: ['candidate', 'sdpMid', 'sdpMLineIndex'],
});

/** From the page. */
export const fromPage = {
  hello: Type.Object({
    type: Type.Literal('hello'),
    ticket: Type.String({ maxLength: 200 }),
    /** Made up by the page when it loads: with it, its media go on over a lost socket. */
    page: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{16,64}$' })),
  }),
  /** Negotiation with one other person; relayed, never kept. */
  signal: Type.Object({
    type: Type.Literal('signal'),
    to: Type.String({ maxLength: 64 }),
    description: Type.Optional(description),
    candidate: Type.Optional(candidate),
  }),
  /** Whether media flow both ways between this page and the other side. */
  media: Type.Object({ type: Type.Literal('media'), is_connected: Type.Boolean() }),
  /** The agent: lets the claimant in. */
  admit: Type.Object({ type: Type.Literal('admit'), ...ref }),
  hold: Type.Object({
    type: Type.Literal('hold'),
    reason: nullable(Type.String({ maxLength: 200 })),
    ...ref,
  }),
  resume: Type.Object({ type: Type.Literal('resume'), ...ref }),
  put_back: Type.Object({ type: Type.Literal('put_back'), ...ref }),
  /** The agent: ends the call for everyone. */
  end: Type.Object({ type: Type.Literal('end'), ...ref }),
  /** The claimant: this device takes the seat from the other one. */
  take_seat: Type.Object({ type: Type.Literal('take_seat'), ...ref }),
} as const;

const iceServers = Type.Array(
  Type.Object({
    urls: Type.Array(Type.String()),
    username: Type.Optional(Type.String()),
    credential: Type.Optional(Type.String()),
  }),
);

/** To the page. */
export const toPage = {
  welcome: Type.Object({
    type: Type.Literal('welcome'),
    you: Type.Object({ id: Type.String(), role: word([...callRoles, 'day'] as const) }),
    room: nullable(roomSnapshot),
    /** For `RTCPeerConnection`; their credentials are good for minutes. */
    ice_servers: iceServers,
    is_relay_only: Type.Boolean(),
  }),
  /** Fresh credentials, before those before run out: for the next ICE restart. */
  ice_servers: Type.Object({ type: Type.Literal('ice_servers'), ice_servers: iceServers }),
  room: Type.Object({ type: Type.Literal('room'), room: roomSnapshot }),
  signal: Type.Object({
    type: Type.Literal('signal'),
    from: Type.String(),
    description: Type.Optional(description),
    candidate: Type.Optional(candidate),
  }),
  /** A command of this page was done. */
  done: Type.Object({ type: Type.Literal('done'), ...ref }),
  refused: Type.Object({
    type: Type.Literal('refused'),
    ...ref,
    code: Type.String(),
    message: Type.String(),
  }),
  /** To a day's socket: an appointment of the agent's departments has changed, or is new. */
  day: Type.Object({ type: Type.Literal('day'), appointments: Type.Array(dayAppointment) }),
} as const;

export type CallRole = (typeof callRoles)[number];
export type RoomSnapshot = Static<typeof roomSnapshot>;
export type RoomPerson = Static<typeof person>;
export type FromPage = {
  [Name in keyof typeof fromPage]: Static<(typeof fromPage)[Name]>;
}[keyof typeof fromPage];
export type ToPage = {
  [Name in keyof typeof toPage]: Static<(typeof toPage)[Name]>;
}[keyof typeof toPage];
