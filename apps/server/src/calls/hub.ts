import {
  closeCodes,
  type DayAppointment,
  type EventType,
  type FromPage,
  type ToPage,
} from '@anteroom/contract';
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
import type { Organisations } from '../organisation/index.ts';
import { type Clock, isoFromDatabase } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';
import { Refusal } from '../platform/errors.ts';
import type { EventsFollower, FollowedEvent } from '../platform/events.ts';
import { describeFailure } from '../platform/http/server.ts';
import type { Connection, Listener } from '../platform/socket/server.ts';
import { connect, disconnect, type Side, startIfReady } from './presence.ts';
import { readQueue } from './queue.ts';
import {
  type CommandName,
  type Effect,
  emptyRoom,
  type Facts,
  type RoomMessage,
  type RoomState,
  snapshotFor,
  step,
} from './room.ts';
import { findLiveSessions } from './sessions.ts';
import { type Redeemed, redeemTicket } from './tickets.ts';
import { credentialSeconds, iceServersFor, type TurnOptions } from './turn.ts';

export interface HubOptions {
  database: Database;
  clock: Clock;
  organisations: Organisations;
  events: EventsFollower;
  /** Of the heartbeat: whose connections these are. */
  processId: string;
  turn: TurnOptions;
  log: Logger;
  /** Whether a page of this address may speak for an organisation with this public address. */
  isOwnOrigin(origin: string, publicUrl: string): boolean;
  /** Appointments as *Today* shows them. */
  readDay(organisationId: string, ids: readonly string[]): Promise<DayAppointment[]>;
}

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
  retry: NodeJS.Timeout | null;
}

interface Member {
  connection: Connection;
  pass: Redeemed;
  /** Its session is stored, so that its end can be seen. */
  isWatched: boolean;
}

const sides = ['agent', 'claimant'] as const;
const commands = { admit, hold, resume, put_back: putBack, end };
const socketsPerSession = 3;
const lookAtSessionsMs = 1_000;
const freshCredentialsMs = (credentialSeconds * 1000) / 2;
const retryMs = 500;
/** A change of the queue reaches those who wait after this time, together with others. */
const queuePauseMs = 250;
const dayBatch = 50;

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
 * Owns the sockets of all rooms and days (docs/protocol.md). What a message does is decided by room.ts;
 * here it is carried out: the database first, then whatever is sent. Of one room one message at a time.
 */
export function openHub(options: HubOptions) {
  const { database, clock, events, processId, turn, log } = options;
  const rooms = new Map<string, Room>();
  const members = new Map<number, Member>();
  /** Organisations whose queue is to be told, and those whose days have changed, with what changed. */
  const queuesDue = new Map<string, NodeJS.Timeout>();
  const daysDue = new Map<string, Set<string>>();

  const send = (connection: Connection | undefined, message: ToPage) =>
    connection?.send(JSON.stringify(message));
  const blame = (what: string) => (error: unknown) =>
    log.warn({ failure: describeFailure(error) }, what);

  // ------------------------------------------------------------------ one room

  function roomOf(organisationId: string, appointmentId: string): Room {
    const key = `${organisationId}/${appointmentId}`;
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

  /** Does this in the room when its turn has come; the room ends when nobody is left in it. */
  function inTurn(room: Room, work: () => Promise<void>): Promise<void> {
    room.last = room.last.then(work).catch(blame('a message of a room failed'));
    const own = room.last;
    return own.then(() => {
      const isQuiet = room.last === own && room.connections.size === 0 && !room.retry;
      if (isQuiet && rooms.get(room.key) === room) rooms.delete(room.key);
    });
  }

  async function read(room: Room): Promise<Facts> {
    return factsOf(await readAppointment(database.in(room.organisationId), room.appointmentId));
  }

  /** Lets the room's rules decide, stores what has to be stored, then sends. */
  async function apply(
    room: Room,
    message: RoomMessage,
    beforeSending?: (state: RoomState) => Promise<void>,
  ): Promise<void> {
    if (!room.state) return;
    const decided = step(room.state, message, await clock.now());
    room.state = decided.state;
    const hasStarted = await storePresence(room);
    await beforeSending?.(decided.state);
    for (const effect of decided.effects) await carryOut(room, effect);
    if (hasStarted) await refresh(room);
  }

  async function refresh(room: Room): Promise<void> {
    await apply(room, { type: 'read', facts: await read(room) });
  }

  async function carryOut(room: Room, effect: Effect): Promise<void> {
    if (effect.do === 'send') send(room.connections.get(effect.to), effect.message);
    else if (effect.do === 'close') room.connections.get(effect.to)?.close(effect.code);
    else await command(room, effect);
  }

  async function command(room: Room, effect: Extract<Effect, { do: 'command' }>): Promise<void> {
    const { by, name, ref } = effect;
    try {
      const row = await perform(room, name, by.personId, effect.reason);
      events.nudge();
      await apply(room, { type: 'read', facts: factsOf(row), done: { by: by.id, ref } });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(room.connections.get(by.id), {
        type: 'refused',
        ref,
        code: error.code,
        message: error.message,
      });
    }
  }

  async function perform(room: Room, name: CommandName, personId: string, reason: string | null) {
    const door = database.in(room.organisationId);
    const actor = { kind: 'agent', id: personId } as const;
    const row = await commands[name](
      door,
      actor,
      { id: room.appointmentId },
      name === 'hold' ? [reason] : [],
    );
    if (name !== 'admit' || !(await startIfReady(door, room.appointmentId))) return row;
    return readAppointment(door, room.appointmentId);
  }

  /**
   * Makes the database know who is connected; true when a call started by that. What fails is tried
   * again until it is so, since a call is judged by it after a restart.
   */
  async function storePresence(room: Room): Promise<boolean> {
    const { state } = room;
    // While the database is away, what needs no database goes on.
    if (!state || room.retry) return false;
    const door = database.in(room.organisationId);
    let hasStarted = false;
    try {
      for (const side of sides) {
        const wanted = numberOf(room, state.connected[side]);
        const stored = room.stored[side];
        if (wanted === (stored?.number ?? null)) continue;
        if (wanted !== null) {
          const connection = { processId, number: wanted };
          const call = await connect(door, side, room.appointmentId, connection);
          room.stored[side] = { number: wanted, revision: call.revision };
          hasStarted ||= call.hasStarted;
        } else if (stored) {
          const connection = { processId, number: stored.number };
          await disconnect(door, side, room.appointmentId, stored.revision, connection);
          room.stored[side] = null;
        }
      }
    } catch (error) {
      blame('a connection was not stored; it is tried again')(error);
      room.retry ??= setTimeout(() => {
        room.retry = null;
        inTurn(room, async () => {
          if (await storePresence(room)) await refresh(room);
        }).catch(() => {});
      }, retryMs);
    }
    if (hasStarted) events.nudge();
    return hasStarted;
  }

  // ------------------------------------------------------------------ coming and going

  async function greet(
    connection: Connection,
    first: FromPage,
  ): Promise<Listener<FromPage> | null> {
    const refuse = (code: number) => {
      connection.close(code);
      return null;
    };
    if (first.type !== 'hello') return refuse(closeCodes.refused);
    const pass = await redeemTicket(database, first.ticket);
    if (!pass) return refuse(closeCodes.ticket);
    const { publicUrl } = await options.organisations.find(pass.organisationId);
    if (!options.isOwnOrigin(connection.origin, publicUrl)) return refuse(closeCodes.refused);
    const isLive = (await findLiveSessions(database, [pass.sessionId])).has(pass.sessionId);
    // A claimant whom the agent let in without their link has a session that nothing is stored of.
    if (!isLive && (pass.kind === 'day' || pass.role !== 'claimant'))
      return refuse(closeCodes.over);
    keepFew(pass.sessionId);
    members.set(connection.number, { connection, pass, isWatched: isLive });
    try {
      if (pass.kind === 'day') return greetDay(connection);
      return await greetRoom(connection, pass, first.page);
    } catch (error) {
      members.delete(connection.number);
      throw error;
    }
  }

  /** A session has three sockets: a fourth ends the oldest. */
  function keepFew(sessionId: string): void {
    const own = [...members.values()].filter(({ pass }) => pass.sessionId === sessionId);
    for (const { connection } of own.slice(0, Math.max(0, own.length + 1 - socketsPerSession))) {
      connection.close(closeCodes.refused);
    }
  }

  function greetDay(connection: Connection): Listener<FromPage> {
    const you = { id: String(connection.number), role: 'day' } as const;
    send(connection, {
      type: 'welcome',
      you,
      room: null,
      ice_servers: [],
      is_relay_only: turn.isRelayOnly,
    });
    return {
      // A day is only listened to.
      take: () => connection.close(closeCodes.refused),
      gone: () => members.delete(connection.number),
    };
  }

  async function greetRoom(
    connection: Connection,
    pass: Extract<Redeemed, { kind: 'room' }>,
    page?: string,
  ): Promise<Listener<FromPage> | null> {
    const { organisationId, appointmentId, role, personId, sessionId, name } = pass;
    const room = roomOf(organisationId, appointmentId);
    const id = page ?? String(connection.number);
    let isIn = false;
    await inTurn(room, async () => {
      const facts = await read(room);
      if (facts.isFinal || facts.revision !== pass.revision) {
        return connection.close(closeCodes.over);
      }
      const before = room.state?.people.find((person) => person.id === id);
      // Nobody goes on as somebody else's page.
      if (before && (before.sessionId !== sessionId || before.role !== role)) {
        return connection.close(closeCodes.refused);
      }
      isIn = true;
      room.connections.get(id)?.close(closeCodes.restarting);
      room.connections.set(id, connection);
      if (!room.state) room.state = emptyRoom(facts);
      else await apply(room, { type: 'read', facts });
      const person = { id, role, personId, sessionId, name, hasMedia: false };
      await apply(room, { type: 'joined', person }, async (state) =>
        send(connection, {
          type: 'welcome',
          you: { id, role },
          room: snapshotFor(state, id, await clock.now()),
          ice_servers: iceServersFor(turn, personId),
          is_relay_only: turn.isRelayOnly,
        }),
      );
    });
    if (!isIn) {
      members.delete(connection.number);
      // Nothing happens when it was told why already.
      connection.close(closeCodes.restarting);
      return null;
    }
    if (role === 'claimant') tellQueueSoon(organisationId);
    return {
      take: (frame) => {
        inTurn(room, async () => {
          if (room.connections.get(id) === connection)
            await apply(room, { type: 'said', id, frame });
        }).catch(() => {});
      },
      gone: () => {
        members.delete(connection.number);
        inTurn(room, async () => {
          // The page has connected again in the meantime.
          if (room.connections.get(id) !== connection) return;
          room.connections.delete(id);
          await apply(room, { type: 'left', id });
        }).catch(() => {});
      },
    };
  }

  // ------------------------------------------------------------------ what others do

  const stopFollowing = events.follow(
    (happened) => {
      for (const event of happened) takeEvent(event);
      tellDays();
    },
    () => members.size > 0,
  );

  function takeEvent({ organisationId, appointmentId, version, type }: FollowedEvent): void {
    const room = rooms.get(`${organisationId}/${appointmentId}`);
    if (room) {
      inTurn(room, async () => {
        if (type === 'appointment.links_rotated') await apply(room, { type: 'rotated' });
        if (room.state && version > room.state.facts.version) await refresh(room);
      }).catch(() => {});
    }
    if (movesQueue.has(type)) tellQueueSoon(organisationId);
    if (hasDays(organisationId)) {
      const ids = daysDue.get(organisationId) ?? new Set();
      daysDue.set(organisationId, ids.add(appointmentId));
    }
  }

  const daysOf = (organisationId: string) =>
    [...members.values()].filter(
      ({ pass }) => pass.kind === 'day' && pass.organisationId === organisationId,
    );
  const hasDays = (organisationId: string) => daysOf(organisationId).length > 0;

  function tellDays(): void {
    for (const [organisationId, ids] of daysDue) {
      daysDue.delete(organisationId);
      tellDay(organisationId, [...ids]).catch(blame('a day was not told of changes'));
    }
  }

  /** Renders each changed appointment once, and gives every day those of its departments. */
  async function tellDay(organisationId: string, ids: string[]): Promise<void> {
    for (let index = 0; index < ids.length; index += dayBatch) {
      const batch = await options.readDay(organisationId, ids.slice(index, index + dayBatch));
      const texts = new Map(batch.map((one) => [one, JSON.stringify(one)]));
      for (const { connection, pass } of daysOf(organisationId)) {
        if (pass.kind !== 'day') continue;
        const { departments } = pass;
        const own = batch.filter(
          ({ department }) =>
            !departments || (department !== null && departments.includes(department.id)),
        );
        if (own.length === 0) continue;
        const list = own.map((one) => texts.get(one)).join(',');
        connection.send(`{"type":"day","appointments":[${list}]}`);
      }
    }
  }

  function tellQueueSoon(organisationId: string): void {
    if (queuesDue.has(organisationId)) return;
    const isWaited = [...rooms.values()].some(
      (room) => room.organisationId === organisationId && room.state?.facts.status === 'waiting',
    );
    if (!isWaited) return;
    const timer = setTimeout(() => {
      queuesDue.delete(organisationId);
      tellQueue(organisationId).catch(blame('a queue was not told'));
    }, queuePauseMs);
    timer.unref();
    queuesDue.set(organisationId, timer);
  }

  async function tellQueue(organisationId: string): Promise<void> {
    const places = await readQueue(database.in(organisationId));
    for (const room of rooms.values()) {
      if (room.organisationId !== organisationId || room.state?.facts.status !== 'waiting')
        continue;
      const queue = places.get(room.appointmentId) ?? null;
      inTurn(room, () => apply(room, { type: 'queued', queue })).catch(() => {});
    }
  }

  // ------------------------------------------------------------------ what time calls for

  /** Closes the sockets of sessions that have ended: signed out, disabled, rotated. */
  async function lookAtSessions(): Promise<void> {
    const all = [...members.values()].filter(({ isWatched }) => isWatched);
    const live = await findLiveSessions(database, [
      ...new Set(all.map(({ pass }) => pass.sessionId)),
    ]);
    for (const { connection, pass } of all) {
      if (!live.has(pass.sessionId)) connection.close(closeCodes.over);
    }
  }
  let isLooking = false;
  const sessionTimer = setInterval(() => {
    if (isLooking || members.size === 0) return;
    isLooking = true;
    lookAtSessions()
      .catch(blame('sessions were not looked at'))
      .finally(() => {
        isLooking = false;
      });
  }, lookAtSessionsMs);
  sessionTimer.unref();

  const credentialsTimer = setInterval(() => {
    if (!turn.secret) return;
    for (const { connection, pass } of members.values()) {
      if (pass.kind === 'room') {
        send(connection, { type: 'ice_servers', ice_servers: iceServersFor(turn, pass.personId) });
      }
    }
  }, freshCredentialsMs);
  credentialsTimer.unref();

  return {
    greet,
    /** Ends what is under way, after the sockets have closed. */
    async close(): Promise<void> {
      stopFollowing();
      clearInterval(sessionTimer);
      clearInterval(credentialsTimer);
      for (const timer of queuesDue.values()) clearTimeout(timer);
      const all = [...rooms.values()];
      await Promise.all(all.map((room) => room.last));
      for (const room of all) if (room.retry) clearTimeout(room.retry);
    },
  };
}

const numberOf = (room: Room, id: string | null) =>
  (id === null ? null : room.connections.get(id)?.number) ?? null;

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
