import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { arrive } from '../../../apps/server/src/appointments/index.ts';
import { openDatabase } from '../../../apps/server/src/platform/database/index.ts';
import { type Scheduled, schedule } from '../../../apps/server/test/calls/pages.ts';
import { install, type TestInstallation } from '../../../apps/server/test/faults/installation.ts';
import { strike } from '../../../apps/server/test/faults/strike.ts';
import type { TestServer } from '../../../apps/server/test/harness.ts';
import { fakeDevices, startBrowser } from '../../../e2e/browser.ts';
import { bundleEngine, type CallWindow, openWindow } from './windows.ts';

let browser: Browser;
let installation: TestInstallation;
let anteroom: Pick<TestServer, 'url' | 'database' | 'testDatabase' | 'call' | 'organisations'>;
beforeAll(async () => {
  browser = await startBrowser(fakeDevices);
  installation = await install();
  const socketFolder = join(installation.dataDirectory, 'postgresql');
  const database = await openDatabase({
    url: `postgresql://postgres@/anteroom?host=${socketFolder}`,
    pipelinedConnections: 1,
  });
  const [organisation] = await installation.query<{ id: string }>('select id from organisations');
  anteroom = {
    url: installation.url,
    database,
    testDatabase: { query: installation.query } as TestServer['testDatabase'],
    organisations: [
      { id: organisation?.id ?? '', publicUrl: installation.url },
    ] as unknown as TestServer['organisations'],
    async call(method, path, { body } = {}) {
      const answer = await fetch(`${installation.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${installation.token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, text, json: JSON.parse(text) };
    },
  };
});
afterAll(async () => {
  await browser?.close();
  await anteroom?.database.close();
  await installation?.remove();
});

async function expectFrames(window: CallWindow): Promise<void> {
  const { frames } = await window.received();
  await expect.poll(async () => (await window.received()).frames).toBeGreaterThan(frames + 5);
}

const count = (window: CallWindow) => window.page.evaluate('connections.length');

it('goes on while the server is killed and started again, and obeys the agent afterwards', async () => {
  const engine = await bundleEngine();
  const appointment: Scheduled = await schedule(anteroom as TestServer);
  const door = anteroom.database.in(appointment.organisation.id);
  await arrive(door, { kind: 'claimant' }, { id: appointment.id });
  const open = (role: 'agent' | 'claimant') =>
    openWindow(browser, engine, anteroom, appointment, role);
  const claimant = await open('claimant');
  const agent = await open('agent');
  const windows = [claimant, agent];
  await expect.poll(async () => (await agent.snapshot()).room?.people.length).toBe(2);
  await agent.run('await call.admit()');
  for (const window of windows) {
    await expect.poll(async () => (await window.snapshot()).room?.status).toBe('in_progress');
    await expectFrames(window);
  }

  let { server } = installation;
  for (let round = 1; round <= 3; round++) {
    const connections = await Promise.all(windows.map(count));
    await strike({
      processId: server.processId,
      word: 'main.ts serve',
      deed: 'SIGKILL',
      afterMs: 100,
    });
    await server.ended;
    for (const window of windows) {
      await expect.poll(async () => (await window.snapshot()).connection).toBe('reconnecting');
      await expectFrames(window);
    }
    server = installation.serve();
    for (const window of windows) {
      await expect
        .poll(async () => (await window.snapshot()).connection, { timeout: 30_000 })
        .toBe('open');
      await expect
        .poll(async () => (await window.snapshot()).room)
        .toMatchObject({
          status: 'in_progress',
          people: [{ has_media: true }, { has_media: true }],
        });
      await expectFrames(window);
    }
    // The same media: nothing was negotiated anew.
    expect(await Promise.all(windows.map(count))).toEqual(connections);

    await agent.run("await call.hold('A moment')");
    for (const window of windows) {
      await expect.poll(async () => (await window.snapshot()).isHeld).toBe(true);
    }
    await agent.run('await call.resume()');
    for (const window of windows) await expectFrames(window);
  }
  const events = await installation.query<{ type: string }>(
    `select type from events where appointment_id = '${appointment.id}' and type in ('appointment.started', 'appointment.completed')`,
  );
  expect(events).toEqual([{ type: 'appointment.started' }]);
}, 180_000);
