import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeDevices, findBarriers, startBrowser, takePicture, visit } from './browser.ts';
import {
  arrive,
  expectMedia,
  integrate,
  letIn,
  openLink,
  openRoom,
  patience,
  schedule,
  signIn,
} from './people.ts';
import { type Product, startProduct } from './product.ts';

const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const narrow = { width: 320, height: 640 };
const later = (minutes: number) => ({
  appointment_at: new Date(Date.now() + minutes * 60_000).toISOString(),
});

let product: Product;
let browser: Browser;
let complaints: string[] = [];
beforeAll(async () => {
  product = await startProduct();
  browser = await startBrowser(fakeDevices);
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  // Each refused request is reported by the browser as well as by the page.
  const unexpected = complaints.filter((one) => !/status of (401|403|404|409)/.test(one));
  complaints = [];
  expect(unexpected).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

async function openPage(link: string, options: BrowserContextOptions = {}): Promise<Page> {
  const opened = await visit(browser, {
    permissions: ['camera', 'microphone'],
    locale: 'en-GB',
    ...phone,
    ...options,
  });
  complaints = opened.complaints;
  await opened.page.goto(link);
  await opened.page.getByRole('heading', { level: 1 }).waitFor();
  return opened.page;
}

const widthOf = (page: Page) => page.evaluate('document.documentElement.scrollWidth');
const sizeText = (page: Page, size: string) =>
  page.evaluate(`document.documentElement.style.fontSize = '${size}'`);

/** The page as it stands: no barriers in both themes, whole at 320 pixels and with 200 % text. */
async function expectGood(page: Page, name: string): Promise<void> {
  const before = page.viewportSize() ?? narrow;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findBarriers(page), `${name}, ${colorScheme}`).toEqual([]);
    await takePicture(page, `claimant-${name}-${colorScheme}`);
  }
  await page.setViewportSize(narrow);
  expect(await widthOf(page), name).toBe(narrow.width);
  await page.setViewportSize(before);
  await sizeText(page, '200%');
  await takePicture(page, `claimant-${name}-large`);
  expect(await widthOf(page), `${name}, large`).toBe(before.width);
  await sizeText(page, '');
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });
/** What has happened to the appointment, by the types of its events. */
async function eventsOf(id: string): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of integrate(product).appointments.events(id)) types.push(type);
  return types;
}

describe('the claimant’s way', () => {
  it('goes from the link to the waiting room, by pages that everyone can use', async () => {
    const { id, link } = await schedule(product, {
      is_interpreter_needed: true,
      interpreter_language: 'Polish',
    });
    const page = await openPage(link);
    await expectGood(page, 'summary');
    expect(await eventsOf(id)).toHaveLength(1);

    await page.getByRole('link', { name: 'Get ready' }).click();
    await heading(page, 'Test your camera and sound').waitFor();
    expect(page.url()).not.toContain('#');
    await page.getByRole('button', { name: 'Start the test' }).click();
    await page.getByText('We hear you.').waitFor();
    await page.getByText('Your connection is good.').waitFor();
    await page.getByRole('button', { name: 'Play a sound' }).click();
    await page.getByRole('button', { name: 'Yes' }).click();
    await page.getByText('You are ready').waitFor();
    await expectGood(page, 'device-check');
    await page.getByRole('button', { name: 'Go to the waiting room' }).click();

    await heading(page, 'Are you ready?').waitFor();
    await expectGood(page, 'before-arrival');
    // A reload keeps the place, and Back leads back.
    await page.reload();
    await heading(page, 'Are you ready?').waitFor();
    await page.goBack();
    await heading(page, 'Test your camera and sound').waitFor();
    await page.goForward();
    await page.getByRole('button', { name: 'I am here' }).click();
    await heading(page, 'We know that you are here').waitFor();
    await page.getByText(/You are the next|before you/).waitFor();
    await expectGood(page, 'waiting');
    expect((await integrate(product).appointments.read(id)).data.status).toBe('waiting');

    await page.getByRole('button', { name: 'I must go' }).click();
    await page.getByRole('button', { name: 'Yes, I must go' }).click();
    await heading(page, 'Are you ready?').waitFor();
    expect((await integrate(product).appointments.read(id)).data.status).toBe('scheduled');
  });

  it('needs nothing but a keyboard', async () => {
    const { id, link } = await schedule(product);
    const page = await openPage(link, { isMobile: false, hasTouch: false });
    const focused = () => page.evaluate('document.activeElement.textContent');
    const walkTo = async (name: string) => {
      for (let steps = 0; steps < 40 && (await focused()) !== name; steps += 1) {
        await page.keyboard.press('Tab');
      }
      expect(await focused()).toBe(name);
      await page.keyboard.press('Enter');
    };
    await walkTo('Get ready');
    await heading(page, 'Test your camera and sound').waitFor();
    // The new page's heading has the focus, and is read out.
    await expect.poll(focused, patience).toBe('Test your camera and sound');
    await walkTo('Start the test');
    await page.getByText('Your connection is good.').waitFor();
    await walkTo('Go to the waiting room');
    await heading(page, 'Are you ready?').waitFor();
    await walkTo('I am here');
    await heading(page, 'We know that you are here').waitFor();
    expect((await integrate(product).appointments.read(id)).data.status).toBe('waiting');
  });

  it('says too early, cancels with a reason, and shows so when it is opened again', async () => {
    const { id, link } = await schedule(product, later(3 * 24 * 60));
    const page = await openPage(link);
    await page.getByText(/You can come in on/).waitFor();
    await expectGood(page, 'early');
    await page.getByRole('button', { name: 'I cannot come' }).click();
    await page.getByLabel(/^Why/).fill('<img src=x onerror=alert(1)>');
    await expectGood(page, 'cancel');
    await page.getByRole('button', { name: 'Cancel the appointment' }).click();
    await heading(page, 'This appointment was cancelled').waitFor();
    await expectGood(page, 'cancelled');
    const { data } = await integrate(product).appointments.read(id);
    expect(data.status).toBe('cancelled');
    expect(data.cancellation_reason).toBe('<img src=x onerror=alert(1)>');
    const again = await openPage(link);
    await heading(again, 'This appointment was cancelled').waitFor();
  });

  it('is asked for on the phone instead, once it was asked twice', async () => {
    const { id, link } = await schedule(product);
    const page = await openPage(link);
    await page.getByRole('button', { name: 'Call me instead' }).click();
    expect(await eventsOf(id)).toHaveLength(1);
    await page.getByRole('button', { name: 'Yes, please phone me' }).click();
    await page.getByText('We know that you would like a phone call').waitFor();
    await expectGood(page, 'call-me');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'We will phone you' }).waitFor();
    expect(await eventsOf(id)).toContain('appointment.call_back_wanted');
  });
});

describe('the call', () => {
  it('can be used by everyone: talking, on hold, left, and over', async () => {
    const { link, name } = await schedule(product);
    const claimant = await openLink(browser, link, { locale: 'en-GB' });
    complaints = claimant.complaints;
    const { page } = claimant;
    await arrive(claimant);
    const agent = await signIn(browser, product);
    await openRoom(agent, name);
    await letIn(agent, name);
    await expectMedia(agent, claimant);
    expect(page.url()).toMatch(/\/client-web\/schedule\/call$/);
    await expectGood(page, 'call');

    await page.getByRole('button', { name: 'Switch my microphone off' }).click();
    await page.getByRole('button', { name: 'Switch my camera off' }).click();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Full screen' }).waitFor();
    await expectGood(page, 'call-off');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Full screen' }).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Switch my microphone on' }).click();
    await page.getByRole('button', { name: 'Switch my camera on' }).click();

    await agent.page.getByRole('button', { name: 'Hold' }).click();
    await agent.page.getByRole('button', { name: 'Put on hold' }).click();
    await page.getByText('The call is on hold').waitFor();
    await expectGood(page, 'hold');
    await agent.page.getByRole('button', { name: 'Go on with the call' }).click();
    await expectMedia(agent, claimant);

    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('button', { name: 'Leave the call' }).click();
    await heading(page, 'You have left the call').waitFor();
    await expectGood(page, 'left');
    await page.getByRole('link', { name: 'Back to the call' }).click();
    await expectMedia(agent, claimant);

    await agent.page.getByRole('button', { name: 'Leave' }).click();
    await agent.page.getByRole('button', { name: 'End for everyone' }).click();
    await heading(page, 'Thank you').waitFor();
    await page.getByText('Your call ended').waitFor();
    expect(page.url()).toMatch(/\/client-web\/schedule\/after$/);
    await expectGood(page, 'after');
  });

  it('sends people on afterwards when the appointment says where', async () => {
    const { link, name } = await schedule(product, {
      use_custom_post_call_redirect: true,
      custom_user_post_call_redirect_url: `${product.url}/?afterwards`,
    });
    const claimant = await openLink(browser, link, { locale: 'en-GB' });
    await arrive(claimant);
    const agent = await signIn(browser, product);
    await openRoom(agent, name);
    await letIn(agent, name);
    await expectMedia(agent, claimant);
    await agent.page.getByRole('button', { name: 'Leave' }).click();
    await agent.page.getByRole('button', { name: 'End for everyone' }).click();
    await claimant.page.getByText('We are sending you on').waitFor();
    await claimant.page.waitForURL('**/?afterwards');
  });
});

describe('a link that lost its last part', () => {
  const cut = (link: string) => link.replace(/#.*/, '');

  it('opens by the entry code, and tells nothing before', async () => {
    const { id, link, name } = await schedule(product);
    const { data } = await integrate(product).appointments.links(id);
    const page = await openPage(cut(link));
    await heading(page, 'We need to know it is you').waitFor();
    await expectGood(page, 'unverified');
    expect(await page.content()).not.toContain(name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Please enter the code').waitFor();
    await page.getByLabel('Code from your invitation').fill('0000000000');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('This code does not fit').waitFor();
    await expectGood(page, 'wrong-code');
    await page.getByLabel('Code from your invitation').fill(data.entry_code.text);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText(`Hello ${name}`).waitFor();
  });

  it('looks the same as one to an appointment that there is not, and lets both knock', async () => {
    const { link } = await schedule(product);
    const texts: string[] = [];
    for (const address of [cut(link), cut(link).replace(/reference=.*/, 'reference=nobody')]) {
      const page = await openPage(address);
      await heading(page, 'We need to know it is you').waitFor();
      texts.push(await page.locator('body').innerText());
      await page.getByRole('button', { name: 'Carry on, please check' }).click();
      await heading(page, 'We have told them that you are here').waitFor();
      texts.push(await page.locator('body').innerText());
    }
    expect(texts.slice(2)).toEqual(texts.slice(0, 2));
  });
});

describe('the device check', () => {
  it('says what to do when the camera is refused, and goes on without one', async () => {
    const { id, link } = await schedule(product);
    const page = await openPage(link);
    await page.evaluate(
      "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };",
    );
    await page.getByRole('link', { name: 'Get ready' }).click();
    await page.getByRole('button', { name: 'Start the test' }).click();
    await page.getByText('This page may not use your camera.').waitFor();
    await page.getByText('This page may not use your microphone.').waitFor();
    await page.getByText('Your connection is good.').waitFor();
    await expectGood(page, 'refused');
    await page.getByRole('button', { name: 'Go on without a camera' }).click();
    await page.getByText('You take part without a camera.').waitFor();
    await page.getByRole('button', { name: 'Go to the waiting room' }).click();
    await heading(page, 'Are you ready?').waitFor();
    expect(await eventsOf(id)).toContain('appointment.devices_checked');
  });

  it('leads out of the window of another app', async () => {
    const { link } = await schedule(product);
    const userAgent =
      'Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/440.0]';
    const page = await openPage(link, { userAgent });
    await page.getByText('inside the app Facebook').waitFor();
    await page.getByRole('img', { name: 'QR code of your link' }).waitFor();
    const outside = page.getByRole('link', { name: 'Open in the browser' });
    expect(await outside.getAttribute('href')).toContain(link.replace(/^\w+:/, ''));
    await expectGood(page, 'in-app');
    await page.getByRole('button', { name: 'Try it here all the same' }).click();
    await outside.waitFor({ state: 'hidden' });
  });
});

describe('languages', () => {
  it.each([
    ['cy', 'ltr', 'Eich apwyntiad fideo'],
    ['ar', 'rtl', 'موعدك بالفيديو'],
  ])(
    '%s is whole, from right to left where it is written so',
    async (language, direction, title) => {
      const { link } = await schedule(product, { extensions: { language } });
      const page = await openPage(link);
      await heading(page, title).waitFor();
      expect(await page.evaluate('document.documentElement.lang')).toBe(language);
      expect(await page.evaluate('document.documentElement.dir')).toBe(direction);
      await expectGood(page, `summary-${language}`);
      // What the person chooses goes before what was stored, on every page from here on.
      await page.getByRole('combobox').selectOption('en');
      await heading(page, 'Your video appointment').waitFor();
      await page.reload();
      await heading(page, 'Your video appointment').waitFor();
    },
  );
});
