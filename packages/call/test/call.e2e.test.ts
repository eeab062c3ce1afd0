import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Scheduled, scheduleArrived } from '../../../apps/server/test/calls/pages.ts';
import { startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { fakeDevices, startBrowser } from '../../../e2e/browser.ts';
import { bundleEngine, type CallWindow, openWindow } from './windows.ts';

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

const open = (appointment: Scheduled, role: 'agent' | 'claimant', options = {}) =>
  openWindow(browser, engine, anteroom, appointment, role, options);

const statusOf = async ({ page }: CallWindow) => page.evaluate('call.snapshot().room?.status');

/** Waits until frames and sound come in, after whatever has come before. */
async function expectMedia(window: CallWindow): Promise<void> {
  const before = await window.received();
  await expect
    .poll(async () => {
      const now = await window.received();
      return now.frames > before.frames + 5 && now.audioEnergy > before.audioEnergy;
    })
    .toBe(true);
}

/** Both in the room, the claimant let in, the call in progress. */
async function startCall(appointment: Scheduled) {
  const claimant = await open(appointment, 'claimant');
  const agent = await open(appointment, 'agent');
  await expect.poll(() => agent.page.evaluate('call.snapshot().room?.people.length')).toBe(2);
  await agent.run('await call.admit()');
  await expect.poll(() => statusOf(claimant), { timeout: 10_000 }).toBe('in_progress');
  await expect.poll(() => statusOf(agent)).toBe('in_progress');
  return { claimant, agent };
}

describe('a call between two windows', () => {
  it('has picture and sound both ways, none on hold, and both again afterwards', async () => {
    const appointment = await scheduleArrived(anteroom);
    const { claimant, agent } = await startCall(appointment);
    await expectMedia(agent);
    await expectMedia(claimant);

    await agent.run("await call.hold('A colleague')");
    await expect.poll(() => statusOf(claimant)).toBe('on_hold');
    // What was on its way has arrived 250 ms after the hold; from then on nothing more does.
    const later = 'await new Promise((resolve) => setTimeout(resolve, 250))';
    for (const window of [agent, claimant]) {
      const [before, after] = await window.run<[number, number]>(
        `${later}; const before = (await received()).frames; ${later}; ${later}; return [before, (await received()).frames]`,
      );
      expect(after).toBe(before);
    }
    await agent.run('await call.resume()');
    await expectMedia(claimant);
    await expectMedia(agent);

    await agent.run('await call.end()');
    await expect.poll(async () => (await claimant.snapshot()).connection).toBe('over');
    expect((await claimant.snapshot()).room?.status).toBe('completed');
    expect((await claimant.snapshot()).others).toEqual([]);
  });
});
