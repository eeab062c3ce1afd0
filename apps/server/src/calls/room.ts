import {
  type CallRole,
  closeCodes,
  type Features,
  type FromPage,
  type RoomSnapshot,
  type Status,
  type ToPage,
} from '@anteroom/contract';
import type { Side } from './presence.ts';

// One appointment's room as a pure state machine: nothing here asks or waits for anything.

/** What the database says of the appointment. */
export interface Facts {
  readonly id: string;
  readonly version: number;
  readonly revision: number;
  readonly status: Status;
  readonly isFinal: boolean;
  readonly appointmentAt: string;
  readonly durationInMinutes: number;
  readonly features: Features;
  readonly isAdmitted: boolean;
  readonly arrivedAt: string | null;
  readonly sessionStartedAt: string | null;
  readonly hold: { readonly since: string; readonly reason: string | null } | null;
  readonly message: RoomSnapshot['message'];
}

/** One page in the room. */
export interface Person {
  /** Kept when the page connects again. */
  readonly id: string;
  readonly role: CallRole;
  readonly personId: string;
  readonly sessionId: string;
  readonly name: string;
  readonly hasMedia: boolean;
}

export interface RoomState {
  readonly facts: Facts;
  /** In the order in which they came. */
  readonly people: readonly Person[];
  /** The one claimant's device that takes part. */
  readonly seat: string | null;
  readonly queue: RoomSnapshot['queue'];
  /** The agent who put the call on hold, as others see them. */
  readonly heldBy: string | null;
  /** Whose media count for each side: what the database should know as connected. */
  readonly connected: Readonly<Record<Side, string | null>>;
}

type CommandName = 'admit' | 'hold' | 'resume' | 'put_back' | 'end';

export type RoomMessage =
  | { type: 'joined'; person: Person }
  | { type: 'left'; id: string }
  | { type: 'said'; id: string; frame: FromPage }
  /** The appointment was read again, perhaps because somebody's command was done. */
  | { type: 'read'; facts: Facts; done?: { by: string; ref: number } }
  | { type: 'queued'; queue: RoomSnapshot['queue'] }
  /** The links were made anew: what the old ones opened closes. */
  | { type: 'rotated' };

export type Effect =
  | { do: 'send'; to: string; message: ToPage }
  | { do: 'close'; to: string; code: number }
  /** To be carried out by the database; its outcome comes back as `read`. */
  | { do: 'command'; by: Person; name: CommandName; ref: number; reason: string | null };

interface Step {
  state: RoomState;
  effects: Effect[];
}

export const emptyRoom = (facts: Facts): RoomState => ({
  facts,
  people: [],
  seat: null,
  queue: null,
  heldBy: null,
  connected: { agent: null, claimant: null },
});

/** What becomes of the room by a message at this domain time. */
export function step(state: RoomState, message: RoomMessage, now: string): Step {
  switch (message.type) {
    case 'joined':
      return join(state, message.person, now);
    case 'left':
      return shown(settle(without(state, message.id)), now);
    case 'said':
      return hear(state, message.id, message.frame, now);
    case 'read':
      return read(state, message, now);
    case 'queued': {
      if (JSON.stringify(state.queue) === JSON.stringify(message.queue)) return stay(state);
      const queued = { ...state, queue: message.queue };
      return { state: queued, effects: show(queued, now, ({ role }) => role === 'claimant') };
    }
    case 'rotated':
      return closing(state, ({ role }) => role === 'claimant');
  }
}

const stay = (state: RoomState): Step => ({ state, effects: [] });
const shown = (state: RoomState, now: string): Step => ({ state, effects: show(state, now) });

/** Tells everyone, or those who are chosen, how the room now is. */
const show = (
  state: RoomState,
  now: string,
  isMeant: (person: Person) => boolean = () => true,
): Effect[] =>
  state.people.filter(isMeant).map(({ id }) => ({
    do: 'send',
    to: id,
    message: { type: 'room', room: snapshotFor(state, id, now) },
  }));

/** Nobody speaks or is spoken to any more, though their sockets may still have to close. */
const closing = (state: RoomState, isMeant: (person: Person) => boolean = () => true): Step => {
  const leaving = state.people.filter(isMeant);
  const left = leaving.reduce((before, { id }) => without(before, id), state);
  return {
    state: settle(left),
    effects: leaving.map(({ id }) => ({ do: 'close', to: id, code: closeCodes.over })),
  };
};

function join(state: RoomState, person: Person, now: string): Step {
  const same = state.people.find(({ id }) => id === person.id);
  if (same) return shown(state, now);
  const joined = { ...state, people: [...state.people, person] };
  const holder = state.people.find(({ id }) => id === state.seat);
  // The same device again, after a reload or a lost connection, needs not ask.
  if (person.role === 'claimant' && holder?.sessionId === person.sessionId) {
    return seat(joined, person.id, now);
  }
  return shown(settle(joined), now);
}

/** This device of the claimant goes on; the one before is told and goes. */
function seat(state: RoomState, id: string, now: string): Step {
  const { seat: before } = state;
  const seated = settle({ ...(before ? without(state, before) : state), seat: id });
  const effects = show(seated, now);
  if (before) effects.push({ do: 'close', to: before, code: closeCodes.seatTaken });
  return { state: seated, effects };
}

const without = (state: RoomState, gone: string): RoomState => ({
  ...state,
  people: state.people.filter(({ id }) => id !== gone),
  seat: state.seat === gone ? null : state.seat,
});

/** Gives a free seat to whoever has waited longest for it, and decides whose media count. */
function settle(state: RoomState): RoomState {
  const { people } = state;
  const seatOf =
    people.find(({ id }) => id === state.seat) ?? people.find(({ role }) => role === 'claimant');
  const seated = { ...state, seat: seatOf?.id ?? null };
  const counts = (side: Side) => {
    const able = people.filter(
      ({ id, role, hasMedia }) =>
        role === side && hasMedia && (side === 'agent' || (id === seated.seat && isLetIn(state))),
    );
    return (able.find(({ id }) => id === state.connected[side]) ?? able[0])?.id ?? null;
  };
  return { ...seated, connected: { agent: counts('agent'), claimant: counts('claimant') } };
}

/** The claimant takes part: let in, and not put back. A call that goes on is proof of it. */
const isLetIn = ({ facts }: RoomState) => facts.isAdmitted;

function read(
  state: RoomState,
  { facts, done }: Extract<RoomMessage, { type: 'read' }>,
  now: string,
): Step {
  const isNews = facts.version > state.facts.version;
  const isOver = facts.isFinal || facts.revision !== state.facts.revision;
  const known = isNews ? settle({ ...state, facts }) : state;
  const effects = isNews ? show(known, now) : [];
  if (done) effects.push({ do: 'send', to: done.by, message: { type: 'done', ref: done.ref } });
  if (!isOver) return { state: known, effects };
  const closed = closing(known);
  return { state: closed.state, effects: [...effects, ...closed.effects] };
}

function hear(state: RoomState, id: string, frame: FromPage, now: string): Step {
  const person = state.people.find((one) => one.id === id);
  // Its last words, said before it knew that it had to go.
  if (!person) return stay(state);
  const refuse = (ref: number, message: string): Step => ({
    state,
    effects: [
      {
        do: 'send',
        to: id,
        message: { type: 'refused', ref, code: 'transition_not_allowed', message },
      },
    ],
  });
  switch (frame.type) {
    case 'hello':
      return stay(state);
    case 'signal': {
      const other = state.people.find((one) => one.id === frame.to);
      if (!other || other === person || !mayMeet(state, person, other)) return stay(state);
      const { to, ...said } = frame;
      return { state, effects: [{ do: 'send', to, message: { ...said, from: id } }] };
    }
    case 'media': {
      if (person.hasMedia === frame.is_connected) return stay(state);
      const hasMedia = frame.is_connected;
      const people = state.people.map((one) => (one === person ? { ...one, hasMedia } : one));
      return shown(settle({ ...state, people }), now);
    }
    case 'take_seat': {
      if (person.role !== 'claimant') return refuse(frame.ref, 'Only the claimant has a seat.');
      const taken = state.seat === id ? stay(state) : seat(state, id, now);
      taken.effects.push({ do: 'send', to: id, message: { type: 'done', ref: frame.ref } });
      return taken;
    }
    default: {
      if (person.role !== 'agent') return refuse(frame.ref, 'Only the agent can do this.');
      // A colleague was quicker, and the call has begun meanwhile.
      if (frame.type === 'admit' && isLetIn(state) && state.facts.status !== 'waiting') {
        return {
          state,
          effects: [{ do: 'send', to: id, message: { type: 'done', ref: frame.ref } }],
        };
      }
      const reason = frame.type === 'hold' ? frame.reason : null;
      const heldBy = frame.type === 'hold' ? person.name : state.heldBy;
      return {
        state: { ...state, heldBy },
        effects: [{ do: 'command', by: person, name: frame.type, ref: frame.ref, reason }],
      };
    }
  }
}

/** The claimant meets others only once let in, and by one device; the others meet each other. */
function mayMeet(state: RoomState, one: Person, other: Person): boolean {
  const takesPart = ({ id, role }: Person) =>
    role !== 'claimant' || (id === state.seat && isLetIn(state));
  return takesPart(one) && takesPart(other);
}

/** The room as one of its people may see it. */
export function snapshotFor(state: RoomState, id: string, now: string): RoomSnapshot {
  const { facts, people, seat } = state;
  const self = people.find((person) => person.id === id);
  const isClaimant = self?.role === 'claimant';
  const isSeen = (person: Person) =>
    person === self ||
    (self?.role === 'agent' && person.id === seat) ||
    (self !== undefined && mayMeet(state, self, person));
  return {
    appointment_id: facts.id,
    revision: facts.revision,
    status: facts.status,
    appointment_at: facts.appointmentAt,
    duration_in_minutes: facts.durationInMinutes,
    ...facts.features,
    is_admitted: facts.isAdmitted,
    arrived_at: facts.arrivedAt,
    session_started_at: facts.sessionStartedAt,
    hold: facts.hold && {
      ...facts.hold,
      by: state.heldBy ?? people.find(({ role }) => role === 'agent')?.name ?? '',
    },
    people: people.filter(isSeen).map((person) => ({
      id: person.id,
      role: person.role,
      name: person.name,
      has_media: person.hasMedia,
    })),
    queue: isClaimant && facts.status === 'waiting' && !facts.isAdmitted ? state.queue : null,
    message: facts.message,
    has_seat: !isClaimant || id === seat,
    is_seat_asked: people.some(({ id: other, role }) => role === 'claimant' && other !== seat),
    now,
  };
}
