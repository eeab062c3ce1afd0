/**
 * A whole service's sockets on one process: people who wait, portals that watch the day, and calls
 * whose two sides signal each other. No media: those go between browsers.
 */

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FromPage, ToPage } from '@anteroom/contract';
import type { Client } from 'pg';
import { Anteroom as Integrator } from '../packages/sdk/src/index.ts';
import { createFields, freshReference } from './example.ts';
import { memoryMegabytes } from './processes.ts';
import { percentile, print, printTable, printVerdicts } from './report.ts';
import {
  type Anteroom,
  anteroomDatabase,
  clientCredentials,
  startAnteroom,
  superuser,
} from './servers.ts';

interface Plan {
  waiting: number;
  portals: number;
  calls: number;
  seconds: number;
  changes: number;
}

const fullPlan: Plan = { waiting: 600, portals: 300, calls: 300, seconds: 30, changes: 20 };
const quickPlan: Plan = { waiting: 6, portals: 3, calls: 3, seconds: 1, changes: 1 };
/** Each side of a call says something so often: far more than negotiation does. */
const signalEveryMs = 500;

/** Measures and prints; true when every limit is kept. */
export async function measureCalls(
  folder: string,
  defer: (close: () => unknown) => void,
  quick: boolean,
): Promise<boolean> {
  const plan = quick ? quickPlan : fullPlan;
  const anteroom = await startAnteroom(folder, { LOG_LEVEL: 'warn' });
  defer(anteroom.stop);
  const client = await superuser(anteroom.database, anteroomDatabase);
  defer(() => client.end());
  const integrator = new Integrator({ url: anteroom.url, ...clientCredentials });
  const { appointments } = integrator;

  print(`scheduling ${plan.waiting + plan.calls} appointments whose claimants have arrived`);
  const ids: string[] = [];
  while (ids.length < plan.waiting + plan.calls) {
    const { data } = await appointments.schedule({
      ...createFields,
      appointment_at: new Date(Date.now() + 600_000).toISOString(),
      reference: freshReference(ids.length),
    });
    await appointments.change(data.id, { status: 'waiting' });
    ids.push(data.id);
  }
  const before = memoryMegabytes([anteroom.processes.server]);

  const tickets = ticketsOf(client);
  const open = (appointmentId: string | null, role: 'agent' | 'claimant' | 'day') =>
    Page.open(anteroom, () => tickets(appointmentId, role));
  const openAll = async (count: number, openOne: (index: number) => Promise<Page>) => {
    const pages: Page[] = [];
    // A few at a time, as people come.
    for (let index = 0; index < count; index += 20) {
      const some = Array.from({ length: Math.min(20, count - index) }, (_, next) => index + next);
      pages.push(...(await Promise.all(some.map(openOne))));
    }
    return pages;
  };
  const startedAt = performance.now();
  const waiting = await openAll(plan.waiting, (index) => open(ids[index] as string, 'claimant'));
  const portals = await openAll(plan.portals, () => open(null, 'day'));
  const claimants = await openAll(plan.calls, (index) =>
    open(ids[plan.waiting + index] as string, 'claimant'),
  );
  const agents = await openAll(plan.calls, (index) =>
    open(ids[plan.waiting + index] as string, 'agent'),
  );
  const everyone = [...waiting, ...portals, ...claimants, ...agents];
  const openSeconds = (performance.now() - startedAt) / 1000;
  await Promise.all(
    agents.map(async (agent, index) => {
      agent.say({ type: 'admit', ref: 1 });
      const claimant = claimants[index] as Page;
      await agent.sees(({ is_admitted: isIn, people }) => isIn && people.length === 2);
      await claimant.sees(({ people }) => people.length === 2);
      agent.say({ type: 'media', is_connected: true });
      claimant.say({ type: 'media', is_connected: true });
      await claimant.sees(({ status }) => status === 'in_progress');
    }),
  );

  const latencies: number[] = [];
  for (const page of [...agents, ...claimants]) page.onSignal = (ms) => latencies.push(ms);
  const isOver = Date.now() + plan.seconds * 1000;
  const talk = async (page: Page) => {
    await sleep(Math.random() * signalEveryMs);
    while (Date.now() < isOver) {
      page.signal();
      await sleep(signalEveryMs);
    }
  };
  const talking = Promise.all([...agents, ...claimants].map(talk));

  const reached: number[] = [];
  for (let number = 0; number < plan.changes; number += 1) {
    const id = ids[number] as string;
    const claimant = waiting[number] as Page;
    const minutes = 40 + number;
    const changedAt = performance.now();
    const seen = Promise.all([
      claimant.sees((room) => room.duration_in_minutes === minutes),
      ...portals.map((portal) =>
        portal.hears(
          (message) =>
            message.type === 'day' &&
            message.appointments.some(
              (one) => one.id === id && one.duration_in_minutes === minutes,
            ),
        ),
      ),
    ]);
    await appointments.change(id, { duration_in_minutes: minutes });
    await seen;
    reached.push(performance.now() - changedAt);
    await sleep((plan.seconds * 500) / plan.changes);
  }
  await talking;
  const after = memoryMegabytes([anteroom.processes.server]);
  const lost = everyone.filter((page) => page.isClosed()).length;
  for (const page of everyone) page.close();

  printTable([
    ['sockets', 'opened in s', 'signals', 'p50 ms', 'p99 ms', 'change reaches all, p50 ms', 'most'],
    [
      String(everyone.length),
      openSeconds.toFixed(1),
      String(latencies.length),
      percentile(latencies, 0.5).toFixed(1),
      percentile(latencies, 0.99).toFixed(1),
      percentile(reached, 0.5).toFixed(0),
      Math.max(...reached).toFixed(0),
    ],
  ]);
  print();
  return printVerdicts([
    {
      name: 'p99 of a signal, ms',
      value: percentile(latencies, 0.99),
      limit: 100,
      want: 'at most',
    },
    { name: 'a change reaches all, ms', value: Math.max(...reached), limit: 1000, want: 'at most' },
    { name: 'more memory, MB', value: after - before, limit: 200, want: 'at most' },
    { name: 'sockets lost', value: lost, limit: 1, want: 'at most' },
  ]);
}

/** Makes tickets as the HTTP routes would, each with a session of its own. */
function ticketsOf(client: Client) {
  let last: Promise<unknown> = Promise.resolve();
  /** One at a time, since there is one connection. */
  return (...asked: Parameters<typeof make>): Promise<string> => {
    const made = last.then(() => make(...asked));
    last = made;
    return made;
  };

  async function make(appointmentId: string | null, role: 'agent' | 'claimant' | 'day') {
    const ticket = randomBytes(32).toString('base64url');
    const session = randomBytes(32);
    if (role === 'claimant') {
      await client.query(
        `insert into visit_sessions (organisation_id, session_hash, appointment_id, side, link_hash, expires_at)
         select organisation_id, $1, id, 'claimant', link_hash(claimant_token), now() + interval '1 day'
         from appointments where id = $2`,
        [session, appointmentId],
      );
    } else {
      await client.query(
        `with person as (
           insert into staff (organisation_id, email, password_hash, role)
           select id, gen_random_uuid() || '@example.org', '', 'agent' from organisations returning organisation_id, id)
         insert into staff_sessions (organisation_id, session_hash, staff_id, expires_at)
         select organisation_id, $1, id, now() + interval '1 day' from person`,
        [session],
      );
    }
    await client.query(
      `insert into tickets (organisation_id, ticket_hash, kind, appointment_id, revision, role, person_id, name, session_hash, expires_at)
       select o.id, $1, $2, a.id, a.revision, $3, $4, $3, $5, now() + interval '30 seconds'
       from organisations o left join appointments a on a.id = $6`,
      [
        createHash('sha256').update(ticket).digest(),
        role === 'day' ? 'day' : 'room',
        role,
        randomBytes(8).toString('hex'),
        session,
        appointmentId,
      ],
    );
    return ticket;
  }
}

type Snapshot = NonNullable<Extract<ToPage, { type: 'welcome' }>['room']>;

/** One page's socket, from outside. */
class Page {
  readonly #socket: WebSocket;
  #room: Snapshot | null = null;
  #id = '';
  readonly #waiting = new Set<(message: ToPage) => void>();
  onSignal: (milliseconds: number) => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
  }

  static async open({ url }: Anteroom, fetchTicket: () => Promise<string>): Promise<Page> {
    const ticket = await fetchTicket();
    const origin = { headers: { origin: url } } as unknown as string[];
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`, origin);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error('a socket was not opened'));
    });
    const page = new Page(socket);
    const welcomed = page.hears(({ type }) => type === 'welcome');
    page.say({ type: 'hello', ticket });
    await welcomed;
    return page;
  }

  say(frame: FromPage): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Sends the other side something of the size of a candidate, with the time in it. */
  signal(): void {
    const other = this.#room?.people.find(({ id }) => id !== this.#id);
    if (!other) return;
    const candidate = `${performance.now()} ${'c'.repeat(150)}`;
    const sent = { candidate, sdpMid: '0', sdpMLineIndex: 0 };
    this.say({ type: 'signal', to: other.id, candidate: sent });
  }

  /** Resolves with the first message from now on that is meant. */
  hears(isMeant: (message: ToPage) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (message: ToPage) => {
        if (!isMeant(message)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  async sees(isSo: (room: Snapshot) => boolean): Promise<void> {
    if (this.#room && isSo(this.#room)) return;
    await this.hears(() => this.#room !== null && isSo(this.#room));
  }

  isClosed(): boolean {
    return this.#socket.readyState !== WebSocket.OPEN;
  }

  close(): void {
    this.#socket.close();
  }

  #take(message: ToPage): void {
    if (message.type === 'welcome') this.#id = message.you.id;
    if (message.type === 'welcome' || message.type === 'room') this.#room = message.room;
    if (message.type === 'signal') {
      this.onSignal(performance.now() - Number.parseFloat(message.candidate?.candidate ?? ''));
    }
    for (const look of [...this.#waiting]) look(message);
  }
}
