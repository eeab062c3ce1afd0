/** What a killed server costs a call: how long the picture stands still, and when it obeys again. */

import { setTimeout as sleep } from 'node:timers/promises';
import { fakeDevices, startBrowser } from '../e2e/browser.ts';
import { arrive, letIn, openLink, openRoom, type Person, schedule, signIn } from '../e2e/people.ts';
import { startProduct } from '../e2e/product.ts';
import { median, percentile, print, printTable, printVerdicts } from './report.ts';

/** Notes the longest pause between two pictures of the other side, and when the line is back. */
const watch = `
  globalThis.seen = { longestPause: 0, pictures: 0, welcomedAt: 0 };
  const watched = new WeakSet();
  setInterval(() => {
    for (const video of document.querySelectorAll('video')) {
      if (watched.has(video) || video.muted || video.videoWidth === 0) continue;
      watched.add(video);
      let last = performance.now();
      const note = () => {
        const now = performance.now();
        seen.longestPause = Math.max(seen.longestPause, now - last);
        seen.pictures += 1;
        last = now;
        video.requestVideoFrameCallback(note);
      };
      video.requestVideoFrameCallback(note);
    }
  }, 50);
  const Socket = WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        if (JSON.parse(data).type === 'welcome') seen.welcomedAt = Date.now();
      });
    }
  };`;

interface Seen {
  longestPause: number;
  pictures: number;
  welcomedAt: number;
}

const settleMs = 3_000;
const patienceMs = 30_000;

/** Measures and prints; true when every limit is kept. */
export async function measureKills(
  _folder: string,
  defer: (close: () => unknown) => void,
  quick: boolean,
): Promise<boolean> {
  const product = await startProduct();
  defer(product.stop);
  const browser = await startBrowser(fakeDevices);
  defer(() => browser.close());
  const { link, name } = await schedule(product);
  const claimant = await openLink(browser, link, {}, watch);
  await arrive(claimant);
  const agent = await signIn(browser, product, watch);
  await openRoom(agent, name);
  await letIn(agent, name);
  for (const person of [agent, claimant]) await until(person, ({ pictures }) => pictures > 30);

  const pauses: number[] = [];
  const returns: number[] = [];
  let quietest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < (quick ? 1 : 20); round += 1) {
    await sleep(settleMs);
    for (const { page } of [agent, claimant]) {
      await page.evaluate('Object.assign(seen, { longestPause: 0, pictures: 0, welcomedAt: 0 })');
    }
    await product.crash();
    const backAt = Date.now();
    for (const person of [agent, claimant]) {
      const { welcomedAt } = await until(person, (seen) => seen.welcomedAt > 0);
      returns.push(Math.max(0, welcomedAt - backAt));
    }
    await sleep(settleMs);
    for (const { page } of [agent, claimant]) {
      const seen = await page.evaluate<Seen>('seen');
      pauses.push(seen.longestPause);
      quietest = Math.min(quietest, seen.pictures);
    }
  }
  printTable([
    ['server killed under a call', 'median', 'p95', 'worst'],
    row('longest pause between two pictures, ms', pauses),
    row('from the server’s return to the page’s, ms', returns),
  ]);
  print();
  return printVerdicts([
    {
      name: 'longest pause of the picture, ms',
      value: Math.max(...pauses),
      limit: 350,
      want: 'at most',
    },
    {
      name: 'the page’s line back, p95, ms',
      value: percentile(returns, 0.95),
      limit: 1_000,
      want: 'at most',
    },
    { name: 'pictures seen in a round, fewest', value: quietest, limit: 30, want: 'at least' },
  ]);
}

const row = (name: string, all: number[]) => [
  name,
  median(all).toFixed(0),
  percentile(all, 0.95).toFixed(0),
  Math.max(...all).toFixed(0),
];

/** What a page has seen, once it is so. */
async function until({ page }: Person, isSo: (seen: Seen) => boolean): Promise<Seen> {
  const patience = performance.now() + patienceMs;
  for (;;) {
    const seen = await page.evaluate<Seen>('seen');
    if (isSo(seen)) return seen;
    if (performance.now() > patience) throw new Error('a page did not come back');
    await sleep(20);
  }
}
