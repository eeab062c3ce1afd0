import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scheduleArrived } from '../../../apps/server/test/calls/pages.ts';
import { startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { fakeDevices, startBrowser } from '../../../e2e/browser.ts';
import { bundleEngine, openWindow } from './windows.ts';

const secret = 'the secret of a relay';
let browser: Browser;
let anteroom: TestServer;
let stopRelay: () => Promise<unknown>;

/** Starts the machine's own coturn on this machine alone; gives its address. */
async function startRelay(): Promise<string> {
  const program = process.env.TURN_PATH ?? '/usr/bin/turnserver';
  if (!existsSync(program)) {
    throw new Error(
      'No relay is here for this journey: install coturn (Debian: apt-get install coturn), or name one in TURN_PATH.',
    );
  }
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const relay = spawn(
    program,
    [
      ...['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file', 'stdout', '--simple-log'],
      ...['--pidfile', '', '--realm', 'anteroom', '--allow-loopback-peers'],
      ...['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1'],
      ...['--listening-port', String(port), '--use-auth-secret', '--static-auth-secret', secret],
    ],
    { stdio: 'ignore' },
  );
  const ended = once(relay, 'exit');
  stopRelay = async () => {
    relay.kill('SIGTERM');
    await ended;
  };
  return `turn:127.0.0.1:${port}?transport=udp`;
}

beforeAll(async () => {
  browser = await startBrowser(fakeDevices);
  const urls = [await startRelay()];
  anteroom = await startTestServer({ turn: { urls, secret, isRelayOnly: true } });
});
afterAll(async () => {
  await browser?.close();
  await anteroom?.close();
  await stopRelay?.();
});

it('goes through the relay alone, with credentials of minutes, and tells nobody’s address', async () => {
  const engine = await bundleEngine();
  const appointment = await scheduleArrived(anteroom);
  const claimant = await openWindow(browser, engine, anteroom, appointment, 'claimant');
  const agent = await openWindow(browser, engine, anteroom, appointment, 'agent');
  await expect.poll(async () => (await agent.snapshot()).room?.people.length).toBe(2);
  await agent.run('await call.admit()');
  for (const window of [claimant, agent]) {
    await expect.poll(async () => (await window.snapshot()).room?.status).toBe('in_progress');
    await expect.poll(async () => (await window.received()).frames).toBeGreaterThan(10);
    expect((await window.received()).relayed).toBe(true);
    const candidates = await window.page.evaluate<string[]>(
      "connections.flatMap((one) => (one.remoteDescription?.sdp ?? '').match(/^a=candidate.*$/gm) ?? [])",
    );
    expect(candidates.filter((candidate) => !candidate.includes('typ relay'))).toEqual([]);
    const [server] = await window.page.evaluate<{ username: string }[]>(
      'connections[0].getConfiguration().iceServers',
    );
    const lasts = Number(server?.username.split(':')[0]) - Date.now() / 1000;
    expect(lasts).toBeGreaterThan(0);
    expect(lasts).toBeLessThanOrEqual(600);
  }
});
