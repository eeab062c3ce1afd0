/** How long it takes from letting the claimant in to the first picture at each side, in real browsers. */

import type { Browser } from 'playwright-core';
import { fakeDevices, startBrowser } from '../e2e/browser.ts';
import { arrive, openLink, openRoom, type Person, schedule, signIn } from '../e2e/people.ts';
import { startProduct } from '../e2e/product.ts';
import { median, percentile, print, printTable, printVerdicts } from './report.ts';

/** Notes, by the clock that both windows share, when the room let in, and when pictures came. */
const watch = `
  const at = { };
  globalThis.firstFrame = at;
  const note = (name) => { at[name] ??= performance.timeOrigin + performance.now(); };
  const Socket = WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data);
        if (message.room?.is_admitted) note('letIn');
        if (message.type === 'signal' && message.description) note('described');
      });
    }
  };
  const Connection = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    constructor(...given) {
      super(...given);
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') note('connected');
      });
      const look = async () => {
        const report = await this.getStats().catch(() => null);
        for (const entry of report?.values() ?? []) {
          if (entry.type === 'inbound-rtp' && entry.kind === 'video' && entry.framesDecoded > 0) {
            note('frame');
            return;
          }
        }
        if (this.signalingState !== 'closed') setTimeout(look, 5);
      };
      look();
    }
  };`;

const parts = ['letIn', 'described', 'connected', 'frame'] as const;
type Times = Record<(typeof parts)[number], number>;

/** Measures and prints; true when every limit is kept. */
export async function measureFirstFrame(
  _folder: string,
  defer: (close: () => unknown) => void,
  quick: boolean,
): Promise<boolean> {
  const product = await startProduct();
  defer(product.stop);
  const browser = await startBrowser(fakeDevices);
  defer(() => browser.close());
  const rounds = quick ? 1 : 15;
  const opened = await measureMany(browser, product, rounds, true);
  const cold = await measureMany(browser, product, rounds, false);
  const row = (name: string, all: Times[]) => [
    name,
    ...parts.map((part) => median(all.map((times) => times[part])).toFixed(0)),
    percentile(
      all.map(({ frame }) => frame),
      0.95,
    ).toFixed(0),
  ];
  print('Milliseconds from the press of the button, medians over both sides:');
  printTable([
    ['', 'let in', 'described', 'connected', 'first picture', 'p95'],
    row('the agent had opened the room', opened),
    row('the claimant came to an agent who opened it at that moment', cold),
  ]);
  print();
  const typical = (all: Times[]) => median(all.map(({ frame }) => frame));
  return printVerdicts([
    { name: 'room open before, ms', value: typical(opened), limit: 250, want: 'at most' },
    { name: 'otherwise, ms', value: typical(cold), limit: 450, want: 'at most' },
  ]);
}

async function measureMany(
  browser: Browser,
  product: Awaited<ReturnType<typeof startProduct>>,
  rounds: number,
  isOpenBefore: boolean,
): Promise<Times[]> {
  const all: Times[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { link, name } = await schedule(product);
    const claimant = await openLink(browser, link, {}, watch);
    await arrive(claimant);
    const agent = await signIn(browser, product, watch);
    await openRoom(agent, name);
    const door = agent.page.getByRole('button', { name: `Let in ${name}`, exact: true });
    await door.waitFor();
    // Long enough for the devices to be open and everything to be ready.
    if (isOpenBefore) await agent.page.waitForTimeout(1_500);
    const pressedAt = await door.evaluate((button: { click(): void }) => {
      const at = performance.timeOrigin + performance.now();
      button.click();
      return at;
    });
    for (const person of [claimant, agent]) all.push(await timesOf(person, pressedAt));
    await claimant.leave();
    await agent.leave();
  }
  return all;
}

async function timesOf({ page }: Person, pressedAt: number): Promise<Times> {
  let at = await page.evaluate<Partial<Times>>('firstFrame');
  while (at.frame === undefined) {
    await page.waitForTimeout(20);
    at = await page.evaluate<Partial<Times>>('firstFrame');
  }
  return Object.fromEntries(
    parts.map((part) => [part, (at[part] ?? Number.NaN) - pressedAt]),
  ) as Times;
}
