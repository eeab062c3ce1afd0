// Pages without a browser: raw sockets to the real server, and the sessions behind them.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { CallRole, FromPage, RoomSnapshot, ToPage } from '@anteroom/contract';
import { WebSocket } from 'ws';
import { hashSecret } from '../../src/access/tokens.ts';
import { arrive } from '../../src/appointments/index.ts';
import { issueTicket, type Pass } from '../../src/calls/index.ts';
import { appointmentBody, eventually, type TestServer } from '../harness.ts';

type Organisation = TestServer['organisations'][0];

export interface Scheduled {
  id: string;
  organisation: Organisation;
}

/** Makes an appointment of this organisation, in five minutes. */
export async function schedule(
  anteroom: TestServer,
  organisation: Organisation = anteroom.organisations[0],
  changes: Record<string, unknown> = {},
): Promise<Scheduled> {
  const answer = await anteroom.call('POST', '/api/v1/appointments', {
    body: appointmentBody({
      appointment_at: new Date(Date.now() + 300_000).toISOString(),
      ...changes,
    }),
    as: organisation,
  });
  if (answer.status !== 201) throw new Error(answer.text);
  return { id: answer.json.data.id, organisation };
}

/** The same, with a claimant who has said “I am here”. */
export async function scheduleArrived(
  anteroom: TestServer,
  organisation?: Organisation,
  changes?: Record<string, unknown>,
): Promise<Scheduled> {
  const appointment = await schedule(anteroom, organisation, changes);
  const door = anteroom.database.in(appointment.organisation.id);
  await arrive(door, { kind: 'claimant' }, { id: appointment.id });
  return appointment;
}

/** Opens a session as signing in would, of staff or by a claimant's link; answers its id. */
export async function openSession(
  anteroom: TestServer,
  { id: organisationId }: Organisation,
  claimantOf?: string,
): Promise<string> {
  const hash = hashSecret(randomBytes(16).toString('hex'));
  if (claimantOf) {
    await anteroom.testDatabase.query(
      `insert into visit_sessions (organisation_id, session_hash, appointment_id, side, link_hash, expires_at)
       select organisation_id, $2, id, 'claimant', link_hash(claimant_token), now() + interval '1 day'
       from appointments where organisation_id = $1 and id = $3`,
      [organisationId, hash, claimantOf],
    );
  } else {
    await anteroom.testDatabase.query(
      `with agent as (insert into staff (organisation_id, email, password_hash, role)
         values ($1, gen_random_uuid() || '@example.org', '', 'agent') returning id)
       insert into staff_sessions (organisation_id, session_hash, staff_id, expires_at)
       select $1, $2, id, now() + interval '1 day' from agent`,
      [organisationId, hash],
    );
  }
  return hash.toString('base64url');
}

/** Asks for a ticket as the HTTP routes do. */
export async function fetchTicket(
  anteroom: TestServer,
  organisation: Organisation,
  pass: Pass,
): Promise<string> {
  return (await issueTicket(anteroom.database.in(organisation.id), pass)).ticket;
}

export interface Page {
  socket: WebSocket;
  /** Everything it was sent, in order. */
  heard: ToPage[];
  say(frame: FromPage): void;
  /** Asks for a command; resolves with what it was answered, null when the room was over before. */
  ask(frame: FromPage & { ref: number }): Promise<ToPage | null>;
  /** Its id, once welcomed. */
  id(): string;
  /** The room as it last heard. */
  room(): RoomSnapshot;
  /** The code that it was closed with, or null. */
  closedWith(): number | null;
  close(): Promise<void>;
}

/** Connects without saying anything. */
export async function connectPage(
  anteroom: TestServer,
  origin = anteroom.organisations[0].publicUrl,
): Promise<Page> {
  const socket = new WebSocket(`${anteroom.url.replace('http', 'ws')}/socket`, {
    ...(origin === '' ? {} : { origin }),
  });
  const heard: ToPage[] = [];
  let code: number | null = null;
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  socket.on('close', (closedWith) => {
    code = closedWith;
  });
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_, response) =>
      reject(new Error(`${response.statusCode}`)),
    );
    socket.once('error', reject);
  });
  const say = (frame: FromPage) => socket.send(JSON.stringify(frame));
  return {
    socket,
    heard,
    say,
    async ask(frame) {
      say(frame);
      let answer: ToPage | undefined;
      await eventually(() => {
        answer = heard.find((one) => 'ref' in one && one.ref === frame.ref);
        return answer !== undefined || code !== null;
      });
      return answer ?? null;
    },
    id() {
      const welcome = heard.find((one) => one.type === 'welcome');
      if (!welcome) throw new Error('not welcomed yet');
      return welcome.you.id;
    },
    room() {
      const last = heard.findLast((one) => one.type === 'room' || one.type === 'welcome');
      if (!last?.room) throw new Error('no room yet');
      return last.room;
    },
    closedWith: () => code,
    async close() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** Connects as this person and waits for the welcome. */
export async function joinRoom(
  anteroom: TestServer,
  { id, organisation }: Scheduled,
  role: CallRole,
  sessionId?: string,
  pageName?: string,
): Promise<Page> {
  const session =
    sessionId ?? (await openSession(anteroom, organisation, role === 'claimant' ? id : undefined));
  const page = await connectPage(anteroom, organisation.publicUrl);
  const ticket = await fetchTicket(anteroom, organisation, {
    kind: 'room',
    appointmentId: id,
    role,
    personId: role,
    name: role === 'agent' ? 'Grace' : 'Ada Example',
    sessionId: session,
  });
  page.say({ type: 'hello', ticket, ...(pageName ? { page: pageName } : {}) });
  await eventually(() => page.heard.length > 0 || page.closedWith() !== null);
  return page;
}
