import { get } from 'node:http';
import type { FromPage } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import {
  connectPage,
  fetchTicket,
  joinRoom,
  openSession,
  type Page,
  type Scheduled,
  scheduleArrived,
} from './pages.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

const isClosedWith = (page: Page, code: number) => eventually(() => page.closedWith() === code);

async function ticketOf(appointment: Scheduled): Promise<string> {
  return fetchTicket(anteroom, appointment.organisation, {
    kind: 'room',
    appointmentId: appointment.id,
    role: 'claimant',
    personId: 'claimant',
    name: 'Ada Example',
    sessionId: await openSession(anteroom, appointment.organisation, appointment.id),
  });
}

/** A call whose people go on undisturbed by whatever else happens. */
async function openBystanders() {
  const appointment = await scheduleArrived(anteroom);
  const claimant = await joinRoom(anteroom, appointment, 'claimant');
  const agent = await joinRoom(anteroom, appointment, 'agent');
  await agent.ask({ type: 'admit', ref: 1 });
  await eventually(() => agent.room().people.length === 2);
  return { appointment, claimant, agent };
}

/** That a call goes on: a word passes from one side to the other. */
async function expectUndisturbed({ claimant, agent }: { claimant: Page; agent: Page }) {
  const sdp = `still here ${agent.heard.length}`;
  claimant.say({ type: 'signal', to: agent.id(), description: { type: 'offer', sdp } });
  await eventually(() =>
    agent.heard.some((one) => one.type === 'signal' && one.description?.sdp === sdp),
  );
}

describe('the socket', () => {
  it('opens for pages of an organisation’s own address alone', async () => {
    const [{ publicUrl }, other] = anteroom.organisations;
    const port = new URL(anteroom.url).port;
    for (const own of [publicUrl, other.publicUrl, `http://localhost:${port}`, anteroom.url]) {
      await (await connectPage(anteroom, own)).close();
    }
    const foreign = [
      '',
      'null',
      'https://evil.example',
      `${publicUrl}.evil.example`,
      `${publicUrl}:8443`,
      publicUrl.replace('https', 'http'),
      publicUrl.replace('visits', 'my-visits'),
      `${publicUrl}/`,
      `http://localhost:${Number(port) + 1}`,
      `http://localhost.evil.example:${port}`,
      'file://',
      'chrome-extension://abcdefghijklmnop',
    ];
    for (const origin of foreign) {
      await expect(connectPage(anteroom, origin), origin).rejects.toThrow('403');
    }
    const tries = Array.from({ length: 500 }, (_, index) =>
      connectPage(anteroom, `https://visits-${index + 3}.example.org`).then(
        () => 'opened',
        (error) => error.message,
      ),
    );
    expect(new Set(await Promise.all(tries))).toEqual(new Set(['403']));
  });

  it('leaves requests for another upgrade to HTTP', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'h2c' };
    const status = await new Promise((resolve, reject) => {
      get(`${anteroom.url}/readyz`, { headers }, (answer) => resolve(answer.statusCode)).on(
        'error',
        reject,
      );
    });
    expect(status).toBe(200);
    expect((await fetch(`${anteroom.url}/socket`)).status).toBe(404);
  });

  it('takes a ticket once, in time, and on the pages of its organisation', async () => {
    const appointment = await scheduleArrived(anteroom);
    const ticket = await ticketOf(appointment);
    const first = await connectPage(anteroom);
    first.say({ type: 'hello', ticket });
    await eventually(() => first.heard.length > 0);
    const second = await connectPage(anteroom);
    second.say({ type: 'hello', ticket });
    await isClosedWith(second, 4001);

    const old = await ticketOf(appointment);
    await anteroom.testDatabase.query(
      `update tickets set expires_at = expires_at - interval '31 seconds'`,
    );
    const late = await connectPage(anteroom);
    late.say({ type: 'hello', ticket: old });
    await isClosedWith(late, 4001);

    const astray = await connectPage(anteroom, anteroom.organisations[1].publicUrl);
    astray.say({ type: 'hello', ticket: await ticketOf(appointment) });
    await isClosedWith(astray, 1008);
    for (const page of [second, late, astray]) expect(page.heard).toEqual([]);
  });

  it('closes on who says nothing, or something else than hello, first', async () => {
    const silent = await connectPage(anteroom);
    const rude = await connectPage(anteroom);
    rude.say({ type: 'admit', ref: 1 });
    await isClosedWith(rude, 1008);
    await isClosedWith(silent, 1008);
  });

  it('closes on what is no frame of ours, a thousand times, and nobody else notices', async () => {
    const call = await openBystanders();
    const appointment = await scheduleArrived(anteroom);
    const frames: (string | Buffer)[] = [
      '',
      'null',
      '[]',
      '"hello"',
      '{',
      '{}',
      '{"type":"constructor"}',
      '{"type":"__proto__"}',
      '{"type":["hello"]}',
      '{"type":"hello"}',
      '{"type":"admit"}',
      '{"type":"admit","ref":"1"}',
      '{"type":"admit","ref":-1}',
      '{"type":"media","is_connected":1}',
      '{"type":"signal","to":7}',
      '{"type":"signal","to":"x","description":{"type":"rollback","sdp":""}}',
      `{"type":"hold","reason":"${'x'.repeat(201)}","ref":1}`,
      `${'['.repeat(10_000)}`,
      Buffer.from('{"type":"media","is_connected":true}'),
      Buffer.from([0xff, 0xfe, 0x00]),
    ];
    const session = await openSession(anteroom, appointment.organisation);
    for (const frame of frames) {
      const page = await joinRoom(anteroom, appointment, 'agent', session);
      page.socket.send(frame);
      await isClosedWith(page, 1008);
    }
    const letters = '{}[]":,typehlosign\\u0000 1e9-';
    const strangers = Array.from({ length: 1_000 }, async () => {
      const page = await connectPage(anteroom);
      const length = Math.floor(Math.random() * 60);
      page.socket.send(
        Array.from({ length }, () => letters[Math.floor(Math.random() * letters.length)]).join(''),
      );
      await isClosedWith(page, 1008);
    });
    await Promise.all(strangers);
    await expectUndisturbed(call);
  }, 60_000);

  it('closes on a frame that is too large', async () => {
    const page = await joinRoom(anteroom, await scheduleArrived(anteroom), 'claimant');
    page.socket.send(`{"type":"media","is_connected":true,"more":"${'x'.repeat(64 * 1024)}"}`);
    await isClosedWith(page, 1009);
  });

  it('closes on who sends too much, and the others’ words pass meanwhile', async () => {
    const call = await openBystanders();
    const flood = await joinRoom(anteroom, await scheduleArrived(anteroom), 'claimant');
    for (let count = 0; count < 200; count++) flood.say({ type: 'media', is_connected: true });
    await expectUndisturbed(call);
    await isClosedWith(flood, 1008);
    const patient = await joinRoom(anteroom, await scheduleArrived(anteroom), 'claimant');
    for (let count = 0; count < 40; count++) {
      patient.say({ type: 'media', is_connected: count % 2 === 0 });
    }
    await eventually(() => patient.heard.length >= 40);
    expect(patient.closedWith()).toBe(null);
  });

  it('cuts off who does not take what is sent, and nobody waits for them', async () => {
    const call = await openBystanders();
    const { claimant, agent } = await openBystanders();
    claimant.socket.pause();
    const sdp = 'x'.repeat(48 * 1024);
    let isSpeaking = true;
    const speaking = (async () => {
      while (isSpeaking) {
        agent.say({ type: 'signal', to: claimant.id(), description: { type: 'offer', sdp } });
        // As fast as may be without being a flood.
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    })();
    await eventually(() => agent.room().people.length === 1, 60_000);
    isSpeaking = false;
    await speaking;
    await expectUndisturbed(call);
    claimant.socket.terminate();
  }, 80_000);

  it('has three places for a session: a fourth ends the oldest', async () => {
    const appointment = await scheduleArrived(anteroom);
    const session = await openSession(anteroom, appointment.organisation);
    const pages: Page[] = [];
    for (let count = 0; count < 4; count++) {
      pages.push(await joinRoom(anteroom, appointment, 'agent', session));
    }
    await isClosedWith(pages[0] as Page, 1008);
    expect(pages.slice(1).map((page) => page.closedWith())).toEqual([null, null, null]);
    const other = await joinRoom(anteroom, appointment, 'agent');
    expect(other.closedWith()).toBe(null);
    expect(pages[1]?.closedWith()).toBe(null);
  });
});

describe('a room', () => {
  it('is closed to whoever speaks from another one', async () => {
    const call = await openBystanders();
    const strangers = [
      await joinRoom(anteroom, await scheduleArrived(anteroom), 'agent'),
      await joinRoom(
        anteroom,
        await scheduleArrived(anteroom, anteroom.organisations[1]),
        'claimant',
      ),
    ];
    const before = [call.claimant.heard.length, call.agent.heard.length];
    for (const stranger of strangers) {
      for (const { id } of call.agent.room().people) {
        for (let count = 0; count < 20; count++) {
          stranger.say({ type: 'signal', to: id, description: { type: 'offer', sdp: 'stranger' } });
        }
      }
      // Its own room answers, so all of that was heard.
      stranger.say({ type: 'media', is_connected: true });
      await eventually(() => stranger.room().people.some((person) => person.has_media));
    }
    expect([call.claimant.heard.length, call.agent.heard.length]).toEqual(before);
  });

  it('does nothing that only the agent may ask for when the claimant asks', async () => {
    const { claimant, agent, appointment } = await openBystanders();
    const look = () =>
      anteroom.testDatabase.query('select a::text from appointments a where id = $1', [
        appointment.id,
      ]);
    const before = await look();
    const commands: (FromPage & { ref: number })[] = [
      { type: 'admit', ref: 1 },
      { type: 'hold', reason: null, ref: 2 },
      { type: 'resume', ref: 3 },
      { type: 'put_back', ref: 4 },
      { type: 'end', ref: 5 },
    ];
    for (const command of commands) {
      expect(await claimant.ask(command)).toMatchObject({
        type: 'refused',
        code: 'transition_not_allowed',
        message: 'Only the agent can do this.',
      });
    }
    expect(await look()).toEqual(before);
    expect(agent.closedWith()).toBe(null);
  });

  it('is not taken over by a page that names itself as another’s', async () => {
    const { appointment, claimant, agent } = await openBystanders();
    const thief = await connectPage(anteroom);
    const session = await openSession(anteroom, appointment.organisation, appointment.id);
    const ticket = await fetchTicket(anteroom, appointment.organisation, {
      kind: 'room',
      appointmentId: appointment.id,
      role: 'claimant',
      personId: 'claimant',
      name: 'Mallory',
      sessionId: session,
    });
    const page = 'a-page-of-its-own-name';
    const owner = await joinRoom(anteroom, appointment, 'agent', undefined, page);
    expect(owner.id()).toBe(page);
    thief.say({ type: 'hello', ticket, page });
    await isClosedWith(thief, 1008);
    expect(owner.closedWith()).toBe(null);
    await expectUndisturbed({ claimant, agent });
  });

  it('lets a page go on as the same person when its socket was lost', async () => {
    const { appointment, claimant } = await openBystanders();
    const session = await openSession(anteroom, appointment.organisation);
    const page = 'a-page-that-comes-back';
    const first = await joinRoom(anteroom, appointment, 'agent', session, page);
    first.say({ type: 'media', is_connected: true });
    await eventually(() =>
      claimant.room().people.some(({ id, has_media }) => id === page && has_media),
    );
    const changes = claimant.heard.length;
    const second = await joinRoom(anteroom, appointment, 'agent', session, page);
    await isClosedWith(first, 1012);
    expect(second.id()).toBe(page);
    const seen = claimant.heard
      .slice(changes)
      .map((one) => one.type === 'room' && one.room.people.some(({ id }) => id === page));
    expect(seen).not.toContain(false);
    expect(second.socket.readyState).toBe(WebSocket.OPEN);
  });
});
