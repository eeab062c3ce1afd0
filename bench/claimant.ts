/**
 * How soon a claimant on a slow phone sees their appointment, and how soon a button answers: the pages as
 * they are served, beside the same source built with React. Needs Chromium.
 */

import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { build, loadConfigFromFile } from 'vite';
import { startBrowser } from '../e2e/browser.ts';
import { schedule } from '../e2e/people.ts';
import { startProduct } from '../e2e/product.ts';
import { median, print, printTable, printVerdicts } from './report.ts';

const app = join(import.meta.dirname, '../apps/claimant');
/** Slow 4G, and a phone of a quarter of this machine's speed. */
const network = {
  offline: false,
  latency: 150,
  downloadThroughput: 1_600_000 / 8,
  uploadThroughput: 750_000 / 8,
};
const slowdown = 4;

const watch = `
  globalThis.seen = {};
  const look = () => {
    if (!document.body?.innerText.includes('Hello Ada')) return requestAnimationFrame(look);
    // The frame that shows it is behind us when the next one begins.
    requestAnimationFrame(() => setTimeout(() => {
      seen.painted = performance.now();
      const press = () => {
        [...document.querySelectorAll('button')].find((one) => one.innerText.includes('Call me instead'))?.click();
        if (document.querySelector('dialog[open]')) seen.answered = performance.now();
        else setTimeout(press, 10);
      };
      press();
    }));
  };
  look();`;

interface Seen {
  painted: number;
  answered: number;
}

/** Measures and prints; true when every limit is kept. */
export async function measureClaimant(
  folder: string,
  defer: (close: () => unknown) => void,
  quick: boolean,
): Promise<boolean> {
  const product = await startProduct();
  defer(product.stop);
  const browser = await startBrowser();
  defer(() => browser.close());
  const built: Record<'ours' | 'react', string> = {
    ours: await buildApp(join(folder, 'ours'), false),
    react: await buildApp(join(folder, 'react'), true),
  };
  const { link } = await schedule(product, { claimant: { name: 'Ada Example' } });
  const all: Record<'ours' | 'react', Seen[]> = { ours: [], react: [] };
  for (let round = 0; round < (quick ? 1 : 9); round += 1) {
    for (const name of ['ours', 'react'] as const) {
      const served = await serve(built[name], product.url);
      all[name].push(await open(browser, link.replace(product.url, served.url)));
      await served.close();
    }
  }
  const typical = (name: 'ours' | 'react', what: keyof Seen) =>
    median(all[name].map((seen) => seen[what]));
  printTable([
    ['slow 4G, 4x slower processor, ms', 'text painted', 'a button answers'],
    ...(['ours', 'react'] as const).map((name) => [
      name === 'ours' ? 'as it is' : 'built with React',
      typical(name, 'painted').toFixed(0),
      typical(name, 'answered').toFixed(0),
    ]),
  ]);
  print();
  return printVerdicts([
    {
      name: 'text painted, s',
      value: typical('ours', 'painted') / 1000,
      limit: 1.5,
      want: 'at most',
    },
    {
      name: 'a button answers, s',
      value: typical('ours', 'answered') / 1000,
      limit: 1.5,
      want: 'at most',
    },
    {
      name: 'answers, against React',
      value: typical('ours', 'answered') / typical('react', 'answered'),
      limit: 0.75,
      want: 'at most',
    },
  ]);
}

async function buildApp(outDir: string, withReact: boolean): Promise<string> {
  const loaded = await loadConfigFromFile(
    { command: 'build', mode: 'production' },
    join(app, 'vite.config.ts'),
    app,
  );
  if (!loaded) throw new Error('the claimant’s pages have no settings');
  const config = loaded.config;
  if (withReact) {
    delete config.resolve;
    config.oxc = { jsx: { runtime: 'automatic', importSource: 'react' } };
  }
  await build({
    ...config,
    root: app,
    configFile: false,
    mode: 'production',
    logLevel: 'silent',
    build: { ...config.build, outDir, emptyOutDir: true },
  });
  return outDir;
}

const types: Record<string, string> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** Serves a built app as the product does, and hands on what it asks for. */
async function serve(folder: string, productUrl: string) {
  const compressed = new Map(
    globSync(['index.html', 'assets/*'], { cwd: folder }).map((name) => [
      name,
      brotliCompressSync(readFileSync(join(folder, name))),
    ]),
  );
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    if (pathname.startsWith('/client-web/api/')) {
      const { method = 'GET', headers } = request;
      const answered = await fetch(productUrl + pathname, {
        method,
        headers: {
          ...(headers['content-type'] ? { 'content-type': headers['content-type'] } : {}),
          ...(headers.cookie ? { cookie: headers.cookie } : {}),
          'sec-fetch-site': 'same-origin',
        },
        body: method === 'GET' ? null : new Uint8Array(await buffer(request)),
      });
      response.writeHead(answered.status, {
        'content-type': 'application/json',
        'set-cookie': answered.headers.getSetCookie(),
      });
      response.end(Buffer.from(await answered.arrayBuffer()));
      return;
    }
    const name = pathname.startsWith('/client-web/assets/')
      ? pathname.slice('/client-web/'.length)
      : 'index.html';
    response.writeHead(200, {
      'content-type': types[extname(name)] ?? 'text/html; charset=utf-8',
      'content-encoding': 'br',
    });
    response.end(compressed.get(name));
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Opens the link on a phone that has never seen it. */
async function open(browser: Browser, link: string): Promise<Seen> {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    isMobile: true,
    hasTouch: true,
  });
  const page = await context.newPage();
  await page.addInitScript(watch);
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', network);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.goto(link, { waitUntil: 'commit' });
  let seen = await page.evaluate<Partial<Seen>>('seen');
  while (seen.answered === undefined) {
    await page.waitForTimeout(100);
    seen = await page.evaluate<Partial<Seen>>('seen');
  }
  await context.close();
  return seen as Seen;
}
