import { closeCodes, type FromPage, type ToPage } from '@anteroom/contract';
import type { Organisations } from '../organisation/index.ts';
import { describeFailure } from '../platform/http/server.ts';
import type { Connection, Listener } from '../platform/socket/server.ts';
import { type DaysOptions, openDays } from './days.ts';
import { type Entry, openRooms, type RoomsOptions } from './rooms.ts';
import { findLiveSessions } from './sessions.ts';
import { type Redeemed, redeemTicket } from './tickets.ts';
import { credentialSeconds, iceServersFor, type TurnOptions } from './turn.ts';

export interface HubOptions extends RoomsOptions, DaysOptions {
  organisations: Organisations;
  turn: TurnOptions;
  /** Whether a page of this address may speak for an organisation with this public address. */
  isOwnOrigin(origin: string, publicUrl: string): boolean;
}

interface Member {
  connection: Connection;
  pass: Redeemed;
  /** Its session is stored, so that its end can be seen. */
  isWatched: boolean;
}

const socketsPerSession = 3;
const lookAtSessionsMs = 1_000;
const freshCredentialsMs = (credentialSeconds * 1000) / 2;

/** Owns the sockets of all rooms and days (docs/protocol.md): who they are, and how long they may stay. */
export function openHub(options: HubOptions) {
  const { database, events, turn, log } = options;
  const rooms = openRooms(options);
  const days = openDays(options);
  const members = new Map<number, Member>();

  const send = (connection: Connection, message: ToPage) =>
    connection.send(JSON.stringify(message));

  /** Lets in whoever says hello with a ticket, where the ticket leads. */
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
    if (!isLive && (pass.kind === 'day' || pass.role !== 'claimant')) {
      return refuse(closeCodes.over);
    }
    keepFew(pass.sessionId);
    members.set(connection.number, { connection, pass, isWatched: isLive });
    const listener =
      pass.kind === 'day'
        ? greetDay(connection, pass)
        : await greetRoom(connection, pass, first.page ?? String(connection.number));
    if (!listener) members.delete(connection.number);
    return listener;
  }

  /** A session has three sockets: a fourth ends the oldest. */
  function keepFew(sessionId: string): void {
    const own = [...members.values()].filter(({ pass }) => pass.sessionId === sessionId);
    for (const { connection } of own.slice(0, Math.max(0, own.length + 1 - socketsPerSession))) {
      connection.close(closeCodes.refused);
    }
  }

  function greetDay(
    connection: Connection,
    { organisationId, departments }: Extract<Redeemed, { kind: 'day' }>,
  ): Listener<FromPage> {
    const stop = days.add({ connection, organisationId, departments });
    send(connection, {
      type: 'welcome',
      you: { id: String(connection.number), role: 'day' },
      room: null,
      ice_servers: [],
      is_relay_only: turn.isRelayOnly,
    });
    return {
      // A day is only listened to.
      take: () => connection.close(closeCodes.refused),
      gone() {
        stop();
        members.delete(connection.number);
      },
    };
  }

  async function greetRoom(
    connection: Connection,
    pass: Extract<Redeemed, { kind: 'room' }>,
    page: string,
  ): Promise<Listener<FromPage> | null> {
    const { organisationId, appointmentId, revision, role, personId, sessionId, name } = pass;
    const entry: Entry = {
      organisationId,
      appointmentId,
      revision,
      connection,
      person: { id: page, role, personId, sessionId, name, hasMedia: false },
      welcome: {
        ice_servers: iceServersFor(turn, personId),
        is_relay_only: turn.isRelayOnly,
      },
    };
    const entrance = await rooms.enter(entry);
    if (entrance !== 'in') {
      const { over, refused, restarting } = closeCodes;
      connection.close({ over, taken: refused, failed: restarting }[entrance]);
      return null;
    }
    return {
      take: (frame) => rooms.hear(entry, frame),
      gone() {
        members.delete(connection.number);
        rooms.leave(entry);
      },
    };
  }

  const stopFollowing = events.follow(
    (happened) => {
      for (const event of happened) rooms.takeEvent(event);
      days.takeEvents(happened);
    },
    () => members.size > 0,
  );

  /** Closes the sockets of sessions that have ended: signed out, disabled, rotated. */
  async function lookAtSessions(): Promise<void> {
    const watched = [...members.values()].filter(({ isWatched }) => isWatched);
    const ids = new Set(watched.map(({ pass }) => pass.sessionId));
    const live = await findLiveSessions(database, [...ids]);
    for (const { connection, pass } of watched) {
      if (!live.has(pass.sessionId)) connection.close(closeCodes.over);
    }
  }
  let isLooking = false;
  const sessionTimer = setInterval(() => {
    if (isLooking || members.size === 0) return;
    isLooking = true;
    lookAtSessions()
      .catch((error) =>
        log.warn({ failure: describeFailure(error) }, 'sessions were not looked at'),
      )
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
      await rooms.close();
    },
  };
}
