import { closeCodes, type EventType, type FromPage, type ToPage } from '@anteroom/contract';
import type { Logger } from 'pino';
import {
  type AppointmentRow,
  admit,
  end,
  hold,
  isFinal,
  putBack,
  readAppointment,
  resume,
} from '../appointments/index.ts';
import { type Clock, isoFromDatabase } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';
import { Refusal } from '../platform/errors.ts';
import type { EventsFollower, FollowedEvent } from '../platform/events.ts';
import { describeFailure } from '../platform/http/server.ts';
import type { Connection } from '../platform/socket/server.ts';
import { connect, disconnect, type Side, startIfReady } from './presence.ts';
import { readQueue } from './queue.ts';
import {
  type Effect,
  emptyRoom,
  type Facts,
  type Person,
  type RoomMessage,
  type RoomState,
  snapshotFor,
  step,
} from './room.ts';

export interface RoomsOptions {
  database: Database;
  clock: Clock;
  events: EventsFollower;
  /** Of the heartbeat: whose connections these are. */
  processId: string;
  log: Logger;
}

/** A page that comes into a room, and what it has to be welcomed with besides the room. */
export interface Entry {
  organisationId: string;
  appointmentId: string;
  revision: number;
  person: Person;
  connection: Connection;
  welcome: Omit<Extract<ToPage, { type: 'welcome' }>, 'type' | 'you' | 'room'>;
}

/** How an entry ended: only when it is `in` has anything changed. */
export type Entrance = 'in' | 'over' | 'taken' | 'failed';

interface Room {
  readonly key: string;
  readonly organisationId: string;
  readonly appointmentId: string;
  /** Null until the appointment was read for whoever came first. */
  state: RoomState | null;
  readonly connections: Map<string, Connection>;
  /** What is done in this room comes one after another: this is the last of it. */
  last: Promise<void>;
  /** Which connection of each side the database knows, and in which revision. */
  readonly stored: Record<Side, { number: number; revision: number } | null>;
  /** Something of the database's failed and is tried again then; until it is, the room goes on as it is. */
  retry: NodeJS.Timeout | null;
}

const sides = ['agent', 'claimant'] as const;
const commands = { admit, hold, resume, put_back: putBack, end };
const retryMs = 500;
/** A change of the queue reaches those who wait after this time, together with others. */
const queuePauseMs = 250;

/** After these, those who wait may have another place. */
const movesQueue: ReadonlySet<EventType> = new Set<EventType>([
  'appointment.arrived',
  'appointment.left',
  'appointment.admitted',
  'appointment.started',
  'appointment.put_back',
  'appointment.completed',
  'appointment.cancelled',
  'appointment.rescheduled',
  'appointment.changed',
]);

/**
 * The rooms that somebody is in. What a message does is decided by room.ts; here it is carried out: the
 * database first, then whatever is sent. Of one room one message at a time.
 */
export function openRooms({ database, clock, events, processId, log }: RoomsOptions) {
  const rooms = new Map<string, Room>();
  /** Organisations whose queue is to be told. */
  const queuesDue = new Map<string, NodeJS.Timeout>();

  const keyOf = (organisationId: string, appointmentId: string) =>
    `${organisationId}/${appointmentId}`;
  const send = (connection: Connection | undefined, message: ToPage) =>
    connection?.send(JSON.stringify(message));
  const blame = (what: string) => (error: unknown) =>
    log.warn({ failure: describeFailure(error) }, what);

  function roomOf(organisationId: string, appointmentId: string): Room {
    const key = keyOf(organisationId, appointmentId);
    const room = rooms.get(key) ?? {
      key,
      organisationId,
      appointmentId,
      state: null,
      connections: new Map(),
      last: Promise.resolve(),
      stored: { agent: null, claimant: null },
      retry: null,
    };
    rooms.set(key, room);
    return room;
  }

  /**
   * Does this in the room when its turn has come. A failure makes the room look again at everything,
   * until that succeeds. The room ends when nobody is left in it.
   */
  async function inTurn(room: Room, work: () => Promise<void>): Promise<void> {
    const own = room.last.then(work).catch((error) => {
      blame('a message of a room failed')(error);
      lookAgainLater(room);
    });
    room.last = own;
    await own;
    const isQuiet = room.last === own && room.connections.size === 0 && !room.retry;
    if (isQuiet && rooms.get(room.key) === room) rooms.delete(room.key);
  }

  function lookAgainLater(room: Room): void {
    room.retry ??= setTimeout(() => {
      room.retry = null;
      // Also without anybody left, since it may be their leaving that was not stored.
      if (room.state) inTurn(room, () => refresh(room)).catch(() => {});
    }, retryMs);
  }

  const read = async (room: Room): Promise<Facts> =>
    factsOf(await readAppointment(database.in(room.organisationId), room.appointmentId));

  /** Lets the room's rules decide, stores what has to be stored, then sends. */
  async function apply(
    room: Room,
    message: RoomMessage,
    beforeSending?: (state: RoomState) => Promise<void>,
  ): Promise<void> {
    if (!room.state) return;
    const decided = step(room.state, message, await clock.now());
    room.state = decided.state;
    const hasStarted = await storePresence(room, decided.state);
    await beforeSending?.(decided.state);
    for (const effect of decided.effects) await carryOut(room, effect);
    if (hasStarted) await refresh(room);
  }

  const refresh = async (room: Room): Promise<void> =>
    apply(room, { type: 'read', facts: await read(room) });

  async function carryOut(room: Room, effect: Effect): Promise<void> {
    if (effect.do === 'send') send(room.connections.get(effect.to), effect.message);
    else if (effect.do === 'close') room.connections.get(effect.to)?.close(effect.code);
    else await command(room, effect);
  }

  async function command(room: Room, effect: Extract<Effect, { do: 'command' }>): Promise<void> {
    const { by, name, ref, reason } = effect;
    try {
      const row = await commands[name](
        database.in(room.organisationId),
        { kind: 'agent', id: by.personId },
        { id: room.appointmentId },
        name === 'hold' ? [reason] : [],
      );
      events.nudge();
      await apply(room, { type: 'read', facts: factsOf(row), done: { by: by.id, ref } });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message } = error;
      send(room.connections.get(by.id), { type: 'refused', ref, code, message });
    }
  }

  /**
   * Makes the database know who is connected, and starts the call when nothing is missing for it; true
   * when it has started. What fails is tried again until it is so: a call is judged by it after a restart.
   */
  async function storePresence(room: Room, state: RoomState): Promise<boolean> {
    // While the database is away, what needs no database goes on.
    if (room.retry) return false;
    let hasStarted = false;
    try {
      for (const side of sides) hasStarted = (await storeSide(room, state, side)) || hasStarted;
      const { facts } = state;
      const isReady = facts.status === 'waiting' && facts.isAdmitted && !hasStarted;
      if (isReady && room.stored.agent && room.stored.claimant) {
        hasStarted = await startIfReady(database.in(room.organisationId), room.appointmentId);
      }
    } catch (error) {
      blame('a connection was not stored; it is tried again')(error);
      lookAgainLater(room);
    }
    if (hasStarted) events.nudge();
    return hasStarted;
  }

  async function storeSide(room: Room, { connected }: RoomState, side: Side): Promise<boolean> {
    const door = database.in(room.organisationId);
    const id = connected[side];
    const number = (id === null ? null : room.connections.get(id)?.number) ?? null;
    const stored = room.stored[side];
    if (number === (stored?.number ?? null)) return false;
    if (number !== null) {
      const call = await connect(door, side, room.appointmentId, { processId, number });
      room.stored[side] = { number, revision: call.revision };
      return call.hasStarted;
    }
    if (stored) {
      const connection = { processId, number: stored.number };
      await disconnect(door, side, room.appointmentId, stored.revision, connection);
      room.stored[side] = null;
    }
    return false;
  }

  /** Lets a page in: as somebody new, or as the same person when it has only lost its socket. */
  async function enter(entry: Entry): Promise<Entrance> {
    const { person, connection, revision, welcome } = entry;
    const { id, role, sessionId } = person;
    const room = roomOf(entry.organisationId, entry.appointmentId);
    let entrance = 'failed' as Entrance;
    await inTurn(room, async () => {
      const facts = await read(room);
      const before = room.state?.people.find((one) => one.id === id);
      if (facts.isFinal || facts.revision !== revision) entrance = 'over';
      // Nobody goes on as somebody else's page.
      else if (before && (before.sessionId !== sessionId || before.role !== role)) {
        entrance = 'taken';
      } else entrance = 'in';
      if (entrance !== 'in') return;
      const earlier = room.connections.get(id);
      room.connections.set(id, connection);
      earlier?.close(closeCodes.restarting);
      if (!room.state) room.state = emptyRoom(facts);
      else await apply(room, { type: 'read', facts });
      await apply(room, { type: 'joined', person }, async (state) => {
        const snapshot = snapshotFor(state, id, await clock.now());
        send(connection, { type: 'welcome', you: { id, role }, room: snapshot, ...welcome });
      });
    });
    if (entrance === 'in' && role === 'claimant') tellQueueSoon(entry.organisationId);
    return entrance;
  }

  /** Does this for a page whose connection is still the one that it has in the room. */
  function asPage(
    { organisationId, appointmentId, person, connection }: Entry,
    work: (room: Room) => Promise<void>,
  ) {
    const room = rooms.get(keyOf(organisationId, appointmentId));
    if (!room) return;
    inTurn(room, async () => {
      if (room.connections.get(person.id) === connection) await work(room);
    }).catch(() => {});
  }

  function takeEvent({ organisationId, appointmentId, version, type }: FollowedEvent): void {
    const room = rooms.get(keyOf(organisationId, appointmentId));
    if (room) {
      inTurn(room, async () => {
        if (type === 'appointment.links_rotated') await apply(room, { type: 'rotated' });
        if (room.state && version > room.state.facts.version) await refresh(room);
      }).catch(() => {});
    }
    if (movesQueue.has(type)) tellQueueSoon(organisationId);
  }

  const waitingIn = (organisationId: string) =>
    [...rooms.values()].filter(
      (room) => room.organisationId === organisationId && room.state?.facts.status === 'waiting',
    );

  function tellQueueSoon(organisationId: string): void {
    if (queuesDue.has(organisationId) || waitingIn(organisationId).length === 0) return;
    const timer = setTimeout(() => {
      queuesDue.delete(organisationId);
      tellQueue(organisationId).catch(blame('a queue was not told'));
    }, queuePauseMs);
    timer.unref();
    queuesDue.set(organisationId, timer);
  }

  async function tellQueue(organisationId: string): Promise<void> {
    const places = await readQueue(database.in(organisationId));
    for (const room of waitingIn(organisationId)) {
      const queue = places.get(room.appointmentId) ?? null;
      inTurn(room, () => apply(room, { type: 'queued', queue })).catch(() => {});
    }
  }

  return {
    enter,
    hear: (entry: Entry, frame: FromPage) =>
      asPage(entry, (room) => apply(room, { type: 'said', id: entry.person.id, frame })),
    leave: (entry: Entry) =>
      asPage(entry, (room) => {
        room.connections.delete(entry.person.id);
        return apply(room, { type: 'left', id: entry.person.id });
      }),
    takeEvent,
    /** Ends what is under way. */
    async close(): Promise<void> {
      for (const timer of queuesDue.values()) clearTimeout(timer);
      const all = [...rooms.values()];
      await Promise.all(all.map((room) => room.last));
      for (const { retry } of all) if (retry) clearTimeout(retry);
    },
  };
}

const instantOrNull = (text: string | null) => (text === null ? null : isoFromDatabase(text));

function factsOf(row: AppointmentRow): Facts {
  const heldSince = row.status === 'on_hold' ? instantOrNull(row.on_hold_started_at) : null;
  return {
    id: row.id,
    version: row.version,
    revision: row.revision,
    status: row.status,
    isFinal: isFinal(row.status),
    appointmentAt: isoFromDatabase(row.appointment_at),
    durationInMinutes: row.duration_in_minutes,
    features: row.features,
    isAdmitted: row.admitted_at !== null,
    arrivedAt: instantOrNull(row.arrived_at),
    sessionStartedAt: instantOrNull(row.session_started_at),
    hold: heldSince === null ? null : { since: heldSince, reason: row.hold_reason },
    message: row.waiting_message as Facts['message'],
  };
}
