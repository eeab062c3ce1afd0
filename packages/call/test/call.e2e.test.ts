import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  openSession,
  type Scheduled,
  scheduleArrived,
} from '../../../apps/server/test/calls/pages.ts';
import { startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { fakeDevices, startBrowser } from '../../../e2e/browser.ts';
import { bundleEngine, type CallWindow, openWindow, type WindowOptions } from './windows.ts';

let anteroom: TestServer;
let browser: Browser;
let engine: string;
beforeAll(async () => {
  engine = await bundleEngine();
  browser = await startBrowser(fakeDevices);
  anteroom = await startTestServer();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser?.close();
  await anteroom?.close();
});

const open = (appointment: Scheduled, role: 'agent' | 'claimant', options: WindowOptions = {}) =>
  openWindow(browser, engine, anteroom, appointment, role, options);

const statusOf = async (window: CallWindow) => (await window.snapshot()).room?.status;
const otherOf = async (window: CallWindow) => (await window.snapshot()).others[0];
const expectStatus = (window: CallWindow, status: string) =>
  expect.poll(() => statusOf(window)).toBe(status);

/** Waits until frames and sound come in, after whatever has come before. */
async function expectMedia(window: CallWindow, { picture = true } = {}): Promise<void> {
  const before = await window.received();
  await expect
    .poll(async () => {
      const now = await window.received();
      const hasPicture = !picture || now.frames > before.frames + 5;
      return hasPicture && now.audioEnergy > before.audioEnergy;
    })
    .toBe(true);
}

/** From 250 ms on nothing comes in, for another half second. */
async function expectNoFrames(window: CallWindow): Promise<void> {
  const wait = (ms: number) => `await new Promise((resolve) => setTimeout(resolve, ${ms}));`;
  const [before, after] = await window.run<[number, number]>(
    `${wait(250)} const before = (await received()).frames; ${wait(500)}
     return [before, (await received()).frames];`,
  );
  expect(after).toBe(before);
}

/** Lets the claimant in once both are there, and waits for the call. */
async function admit({ agent, claimant }: { agent: CallWindow; claimant: CallWindow }) {
  await expect
    .poll(async () => (await agent.snapshot()).room?.people.map(({ role }) => role).sort())
    .toEqual(['agent', 'claimant']);
  await agent.run('await call.admit()');
  await expectStatus(claimant, 'in_progress');
  await expectStatus(agent, 'in_progress');
}

async function startCall(claimantOptions: WindowOptions = {}) {
  const appointment = await scheduleArrived(anteroom);
  const claimant = await open(appointment, 'claimant', claimantOptions);
  const agent = await open(appointment, 'agent');
  await admit({ agent, claimant });
  return { appointment, claimant, agent };
}

describe('a call between two windows', () => {
  it('has picture and sound both ways, none on hold, and both again afterwards', async () => {
    const { claimant, agent } = await startCall();
    await expectMedia(agent);
    await expectMedia(claimant);

    // A short hold, and one that outlasts the moment after which the browsers agree on it.
    for (const isLong of [false, true]) {
      await agent.run("await call.hold('A colleague')");
      await expectStatus(claimant, 'on_hold');
      expect(await claimant.snapshot()).toMatchObject({
        isHeld: true,
        room: { hold: { reason: 'A colleague', by: 'Grace' } },
      });
      for (const window of [agent, claimant]) await expectNoFrames(window);
      if (isLong) {
        await agent.page.waitForFunction(
          "connections.every((one) => one.getTransceivers().every((two) => two.currentDirection === 'inactive'))",
        );
      }
      await agent.run('await call.resume()');
      await expectMedia(claimant);
      await expectMedia(agent);
    }

    await agent.run('await call.end()');
    await expect.poll(async () => (await claimant.snapshot()).connection).toBe('over');
    expect((await claimant.snapshot()).room?.status).toBe('completed');
    expect((await claimant.snapshot()).others).toEqual([]);
  });

  it('starts as well when the agent is there first', async () => {
    const appointment = await scheduleArrived(anteroom);
    const agent = await open(appointment, 'agent');
    const claimant = await open(appointment, 'claimant');
    await admit({ agent, claimant });
    await expectMedia(agent);
    await expectMedia(claimant);
  });

  it('gives the claimant no address and no sight of anyone before they are let in', async () => {
    const appointment = await scheduleArrived(anteroom);
    const agent = await open(appointment, 'agent');
    const claimant = await open(appointment, 'claimant');
    await expect.poll(async () => (await agent.snapshot()).room?.people.length).toBe(2);
    // The agent's connection is ready: its own addresses are found, and nothing of it was said.
    await agent.page.waitForFunction(
      "connections.at(-1)?.localDescription?.sdp.includes('a=candidate')",
    );
    const said = await claimant.page.evaluate(
      'connections.map((one) => [one.localDescription, one.remoteDescription])',
    );
    expect(said).toEqual([[null, null]]);
    expect((await claimant.snapshot()).room?.people.map(({ role }) => role)).toEqual(['claimant']);
    expect((await agent.snapshot()).others).toEqual([]);
  });

  it('goes on after the claimant reloads, and after the agent does', async () => {
    const { appointment, claimant, agent } = await startCall();
    await claimant.reload();
    await expectMedia(claimant);
    await expectMedia(agent);
    await expect.poll(async () => (await agent.snapshot()).others.length).toBe(1);
    await agent.reload();
    await expectMedia(agent);
    await expectMedia(claimant);
    await expect.poll(async () => (await claimant.snapshot()).others.length).toBe(1);
    const [row] = await anteroom.testDatabase.query(
      `select status, (select count(*)::integer from events e where e.appointment_id = a.id
         and type = 'appointment.started') as starts from appointments a where id = $1`,
      [appointment.id],
    );
    expect(row).toEqual({ status: 'in_progress', starts: 1 });
  });

  it('stops when the claimant is put back, and goes on when they are let in again', async () => {
    const { claimant, agent } = await startCall();
    await agent.run('await call.putBack()');
    await expectStatus(claimant, 'waiting');
    expect((await claimant.snapshot()).others).toEqual([]);
    for (const window of [claimant, agent]) {
      await expect
        .poll(() =>
          window.page.evaluate(
            "connections.filter((one) => one.connectionState === 'connected').length",
          ),
        )
        .toBe(0);
    }
    await admit({ agent, claimant });
    await expectMedia(agent);
    await expectMedia(claimant);
  });

  it('asks the other device before it takes the claimant’s seat', async () => {
    const { appointment, claimant, agent } = await startCall();
    const second = await open(appointment, 'claimant');
    await expect
      .poll(async () => (await second.snapshot()).room)
      .toMatchObject({ has_seat: false, is_seat_asked: true, people: [{ role: 'claimant' }] });
    for (const window of [agent, claimant]) {
      await expect.poll(async () => (await window.snapshot()).room?.is_seat_asked).toBe(true);
    }
    expect((await claimant.snapshot()).room?.has_seat).toBe(true);
    await second.run('await call.takeSeat()');
    await expect.poll(async () => (await claimant.snapshot()).connection).toBe('seat_taken');
    await expectMedia(second);
    await expectMedia(agent);
    expect((await agent.snapshot()).room?.is_seat_asked).toBe(false);
  });

  it('lets the same device back in without asking', async () => {
    const appointment = await scheduleArrived(anteroom);
    const sessionId = await openSession(anteroom, appointment.organisation, appointment.id);
    const claimant = await open(appointment, 'claimant', { sessionId });
    const again = await open(appointment, 'claimant', { sessionId });
    await expect.poll(async () => (await claimant.snapshot()).connection).toBe('seat_taken');
    expect((await again.snapshot()).room).toMatchObject({ has_seat: true, is_seat_asked: false });
  });

  it('needs no camera, and shows when one is switched on and off', async () => {
    const { claimant, agent } = await startCall({ camera: false });
    await expectMedia(agent, { picture: false });
    await expectMedia(claimant);
    expect(await otherOf(agent)).toMatchObject({ hasPicture: false });
    await claimant.run('await devices.setCamera(true)');
    await expectMedia(agent);
    await expect.poll(async () => (await otherOf(agent))?.hasPicture).toBe(true);
    await claimant.run('await devices.setCamera(false)');
    await expect.poll(async () => (await otherOf(agent))?.hasPicture).toBe(false);
    expect((await otherOf(agent))?.trouble).toBe(null);
  });

  it('starts also when the claimant has neither camera nor microphone', async () => {
    const { claimant } = await startCall({ camera: false, microphone: false });
    await expectMedia(claimant);
  });

  it('sends no picture that the appointment does not want', async () => {
    const appointment = await scheduleArrived(anteroom, undefined, {
      features_webcam_access_claimant_enable: false,
    });
    const claimant = await open(appointment, 'claimant');
    const agent = await open(appointment, 'agent');
    await admit({ agent, claimant });
    await expectMedia(claimant);
    await expectMedia(agent, { picture: false });
    expect((await agent.received()).frames).toBe(0);
  });

  it('goes on after the claimant’s machine has slept', async () => {
    const asleep = await startBrowser(fakeDevices);
    // Every process of the browser stands still, and with them its network.
    const devtools = await asleep.newBrowserCDPSession();
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
    let processIds = processInfo.map(({ id }) => id);
    const signal = (name: NodeJS.Signals) => {
      for (const id of processIds) process.kill(id, name);
    };
    try {
      const appointment = await scheduleArrived(anteroom);
      const claimant = await openWindow(asleep, engine, anteroom, appointment, 'claimant');
      const agent = await open(appointment, 'agent');
      await admit({ agent, claimant });
      await expectMedia(agent);
      const tickets = claimant.ticketsAsked();

      const { processInfo: all } = await devtools.send('SystemInfo.getProcessInfo');
      processIds = all.map(({ id }) => id);
      signal('SIGSTOP');
      await expect
        .poll(async () => (await otherOf(agent))?.trouble, { timeout: 20_000 })
        .toBe('lost');
      // A page knows that it has slept when its clock has made a leap of five seconds.
      const { promise: leap, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, 6_000);
      await leap;
      signal('SIGCONT');
      await expect.poll(() => claimant.ticketsAsked()).toBeGreaterThan(tickets);
      await expect.poll(async () => (await claimant.snapshot()).connection).toBe('open');
      await expectMedia(claimant);
      await expectMedia(agent);
      await expect.poll(async () => (await otherOf(agent))?.trouble).toBe(null);
      expect(await statusOf(agent)).toBe('in_progress');
    } finally {
      signal('SIGCONT');
      await asleep.close();
    }
  });

  it('says when somebody has gone, and ends for them when they close the page', async () => {
    const { claimant, agent } = await startCall();
    await claimant.page.close();
    await expect.poll(async () => (await agent.snapshot()).others).toEqual([]);
    expect((await agent.snapshot()).room?.status).toBe('in_progress');
  });
});
