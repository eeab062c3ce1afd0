import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { expect, it } from 'vitest';
import { fakeDevices, startBrowser } from './browser.ts';
import { expectMedia, letIn, openRoom, patience, probe, schedule, signIn } from './people.ts';
import { startProduct } from './product.ts';

const places = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** Devices of its own that draw and beep, and calls between windows of one machine. */
const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
};

it('a claimant in Firefox and an agent in Chromium see and hear each other', async () => {
  const executablePath = process.env.FIREFOX_PATH ?? places.find((place) => existsSync(place));
  if (!executablePath) {
    throw new Error('No Firefox is here: install it (Debian: apt-get install firefox-esr).');
  }
  const product = await startProduct();
  const chromium = await startBrowser(fakeDevices);
  const firefox = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    extraPrefsFirefox: preferences,
  });
  try {
    const { link, name } = await schedule(product);
    const page = await firefox.newPage();
    await page.evaluateOnNewDocument(probe);
    await page.goto(link);
    const reads = (text: string) =>
      expect.poll(() => page.evaluate('document.body.innerText'), patience).toContain(text);
    await reads('You can come in now.');
    await page.goto(`${product.url}/client-web/schedule/pre-call/waiting`);
    await reads('I am here');
    // By a script: the driver's own locators wait for animation frames, which a hidden window has none of.
    await page.evaluate(
      `[...document.querySelectorAll('button')].find((one) => one.textContent === 'I am here').click()`,
    );
    await reads('We know that you are here');

    const agent = await signIn(chromium, product);
    await openRoom(agent, name);
    await letIn(agent, name);
    await expectMedia(agent);
    const media = () =>
      page.evaluate('mediaSoFar()') as Promise<{ framesReceived: number; audioEnergy: number }>;
    const before = await media();
    await expect
      .poll(async () => {
        const now = await media();
        return (
          now.framesReceived > before.framesReceived + 5 && now.audioEnergy > before.audioEnergy
        );
      }, patience)
      .toBe(true);
  } finally {
    await firefox.close();
    await chromium.close();
    await product.stop();
  }
});
