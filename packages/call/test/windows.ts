// Windows of a real browser that run the engine against the real server, without any of our pages.

import { join } from 'node:path';
import type { CallRole } from '@anteroom/contract';
import type { Browser, Page } from 'playwright-core';
import { build, type Rollup } from 'vite';
import { fetchTicket, openSession, type Scheduled } from '../../../apps/server/test/calls/pages.ts';
import type { TestServer } from '../../../apps/server/test/harness.ts';
import type { CallSnapshot } from '../src/index.ts';

/** The engine and whatever `page.ts` adds, as one script. */
export async function bundleEngine(): Promise<string> {
  const output = (await build({
    logLevel: 'silent',
    configFile: false,
    build: {
      write: false,
      lib: { entry: join(import.meta.dirname, 'page.ts'), formats: ['es'] },
    },
  })) as Rollup.RollupOutput[];
  const chunk = output[0]?.output[0];
  if (!chunk) throw new Error('the engine was not bundled');
  return chunk.code;
}

/** What has come in by all connections of a window so far. */
interface Received {
  frames: number;
  bytes: number;
  audioEnergy: number;
  relayed: boolean;
}

export interface CallWindow {
  page: Page;
  snapshot(): Promise<CallSnapshot>;
  /** How often the engine has fetched a ticket. */
  ticketsAsked(): number;
  received(): Promise<Received>;
  /** Loads the page anew, as the person would. */
  reload(): Promise<void>;
  /** Does something with `call` and `devices`, which the window has. */
  run<Result>(script: string): Promise<Result>;
}

export interface WindowOptions {
  /** The server's address; the test server's when it is left out. */
  url?: string;
  sessionId?: string;
  camera?: boolean;
  microphone?: boolean;
}

const probe = `
  const Original = RTCPeerConnection;
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...given) { super(...given); connections.push(this); }
  };
  globalThis.received = async () => {
    const sum = { frames: 0, bytes: 0, audioEnergy: 0, relayed: false };
    for (const connection of connections) {
      if (connection.signalingState === 'closed') continue;
      const report = await connection.getStats();
      report.forEach((entry) => {
        if (entry.type === 'inbound-rtp') {
          sum.frames += entry.framesReceived ?? 0;
          sum.bytes += entry.bytesReceived ?? 0;
          sum.audioEnergy += entry.totalAudioEnergy ?? 0;
        }
        if (entry.type === 'candidate-pair' && entry.nominated) {
          sum.relayed ||= report.get(entry.localCandidateId)?.candidateType === 'relay';
        }
      });
    }
    return sum;
  };`;

/** Opens a window with the person's devices on and the engine in the room. */
export async function openWindow(
  browser: Browser,
  engine: string,
  anteroom: Pick<TestServer, 'url' | 'database' | 'testDatabase'>,
  appointment: Scheduled,
  role: CallRole,
  options: WindowOptions = {},
): Promise<CallWindow> {
  const { organisation, id } = appointment;
  const url = options.url ?? anteroom.url;
  const sessionId =
    options.sessionId ??
    (await openSession(anteroom as TestServer, organisation, role === 'claimant' ? id : undefined));
  const context = await browser.newContext({
    permissions: ['camera', 'microphone'],
    bypassCSP: true,
  });
  const page = await context.newPage();
  let tickets = 0;
  await page.exposeFunction('askForTicket', () => {
    tickets++;
    return fetchTicket(anteroom as TestServer, organisation, {
      kind: 'room',
      appointmentId: id,
      role,
      personId: role,
      name: role === 'agent' ? 'Grace' : 'Ada Example',
      sessionId,
    });
  });
  page.on('pageerror', (error) => process.stderr.write(`${role}: ${error.message}\n`));
  await page.addInitScript(probe);
  const socketUrl = `${url.replace('http', 'ws')}/socket`;
  const start = async () => {
    // Any page of the server: browsers keep made-up ones from speaking to this machine.
    await page.goto(`${url}/readyz`);
    await page.evaluate("document.body.innerHTML = '<video id=other playsinline></video>'");
    await page.addScriptTag({ content: engine, type: 'module' });
    await page.waitForFunction('globalThis.openCall');
    const wanted = { camera: options.camera ?? true, microphone: options.microphone ?? true };
    await page.evaluate(`(async () => {
      globalThis.devices = openDevices();
      await devices.open(${JSON.stringify(wanted)});
      globalThis.call = openCall({
        role: '${role}', socketUrl: '${socketUrl}', devices,
        fetchTicket: () => askForTicket(),
      });
      globalThis.framesAt = [];
      const element = document.getElementById('other');
      let end = null, shownId = null;
      call.subscribe(() => {
        const other = call.snapshot().others[0]?.id ?? null;
        if (other === shownId) return;
        end?.();
        shownId = other;
        end = other && call.show(element, other);
      });
      const note = () => { framesAt.push(performance.now()); element.requestVideoFrameCallback(note); };
      element.requestVideoFrameCallback(note);
    })()`);
  };
  await start();
  return {
    page,
    snapshot: () =>
      page.evaluate(
        '({ ...call.snapshot(), others: call.snapshot().others.map((one) => ({ ...one, stream: one.stream && {} })) })',
      ),
    ticketsAsked: () => tickets,
    reload: start,
    received: () => page.evaluate('received()'),
    run: (script) => page.evaluate(`(async () => { ${script} })()`),
  };
}
