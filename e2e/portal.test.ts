import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeDevices, findBarriers, startBrowser, takePicture, visit } from './browser.ts';
import { integrate } from './people.ts';
import { type Product, startProduct } from './product.ts';

const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740 };
const minuteMs = 60_000;

describe('the portal', () => {
  let browser: Browser;
  let product: Product;
  beforeAll(async () => {
    browser = await startBrowser(fakeDevices);
    product = await startProduct();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${product.url}/portal`);
    await page.getByLabel('Email address').fill(product.administrator.email);
    await page.getByLabel('Password', { exact: true }).fill(product.administrator.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
  }

  /** An agent's window, signed in. */
  async function agent(options: BrowserContextOptions = { viewport: desktop }) {
    const window = await visit(browser, options);
    await signIn(window.page);
    return window;
  }

  const schedule = async (name: string, minutesFromNow: number, more: object = {}) =>
    (
      await integrate(product).appointments.schedule({
        reference: `portal-${crypto.randomUUID()}`,
        appointment_at: new Date(Date.now() + minutesFromNow * minuteMs).toISOString(),
        duration_in_minutes: 30,
        claimant: { name, phone_number: '+442071234567' },
        ...more,
      })
    ).data;

  /** What the claimant's page would send, by the link that they were given. */
  async function asClaimant(link: string, ...commands: [path: string, body?: object][]) {
    const { url, reference, token } = readLink(link);
    const send = (path: string, body: object, cookie = '') =>
      fetch(`${url}/client-web/api/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body: JSON.stringify(body),
      });
    const opened = await send('session', { reference, token });
    const cookie = opened.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    for (const [path, body = {}] of commands) {
      expect((await send(path, body, cookie)).status, path).toBe(200);
    }
  }

  const readLink = (link: string) => {
    const { searchParams, hash } = new URL(link);
    return { url: product.url, reference: searchParams.get('reference'), token: hash.slice(1) };
  };

  const entry = (page: Page, name: string) =>
    page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });

  /** Waits until new frames of somebody's picture are shown. */
  const seesMoving = async (page: Page, label: string) => {
    const frames = (): Promise<number> =>
      page.evaluate(
        `document.querySelector('video[aria-label="${label}"]')?.getVideoPlaybackQuality().totalVideoFrames ?? 0`,
      );
    const before = await frames();
    await expect.poll(frames).toBeGreaterThan(before + 2);
  };

  it('says in words why a sign-in failed, and shows the page that was asked for after one', async () => {
    const { page } = await visit(browser, { viewport: desktop });
    const appointment = await schedule('Ada O’Neill', 60);
    await page.goto(`${product.url}/portal/appointments/${appointment.id}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Enter your email address.').waitFor();
    await page.getByLabel('Email address').fill(product.administrator.email);
    await page.getByLabel('Password', { exact: true }).fill('something else');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('do not belong together').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, 'portal-sign-in');
    await page.getByLabel('Password', { exact: true }).fill(product.administrator.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ada O’Neill' }).waitFor();
    await page.getByText('Record opened').first().waitFor();
  });

  it('shows who is here, what stands in the way, and arrivals as they happen', async () => {
    const blocked = await schedule('Tom Baker', 20);
    await asClaimant(blocked.url, [
      'visit/device-check',
      {
        camera: 'ready',
        microphone: 'failed',
        speaker: 'ready',
        connection: 'ready',
        problem: 'microphone_blocked',
        round_trip_ms: 40,
        loss_percent: 0,
        rate_kbit_s: 2_000,
        browser: 'Firefox 140',
      },
    ]);
    const waiting = await schedule('Grace Adeyemi', 5, {
      is_interpreter_needed: true,
      interpreter_language: 'pl',
      extensions: { access_needs: ['captions'] },
    });
    const { page, complaints } = await agent();
    const tom = entry(page, 'Tom Baker');
    await tom.getByText('Microphone blocked: ring them').waitFor();
    expect(await tom.getByRole('link', { name: /^Ring/ }).getAttribute('href')).toBe(
      'tel:+442071234567',
    );
    const grace = page
      .getByRole('region', { name: 'To come' })
      .locator(entry(page, 'Grace Adeyemi'));
    await grace.getByText('Interpreter: Polish').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    await asClaimant(waiting.url, ['visit/arrive'], ['visit/call-back']);
    const here = page.getByRole('region', { name: 'Here now' });
    await here
      .locator(entry(page, 'Grace Adeyemi'))
      .getByText('Waiting less than a minute')
      .waitFor();
    await here.getByText('Wants to be called instead').waitFor();
    await page
      .getByRole('status')
      .getByText(/^Grace Adeyemi is here for/)
      .waitFor();

    await page.getByRole('button', { name: /^Running 10 minutes late/ }).click();
    await page.getByRole('status').getByText('1 person was told.').waitFor();

    const onlyNotReady = page.getByRole('button', { name: /1 of \d+ not ready/ });
    await onlyNotReady.click();
    await entry(page, 'Grace Adeyemi').waitFor({ state: 'detached' });
    await tom.waitFor();
    await onlyNotReady.click();

    await page.getByRole('searchbox').fill('adeyemi');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Found for “adeyemi”' }).waitFor();
    await entry(page, 'Grace Adeyemi').waitFor();
    expect(page.url()).not.toContain('adeyemi');
    expect(complaints.filter((one) => !one.includes('401'))).toEqual([]);
  });

  it('runs a whole call with the practice claimant, from one press to the notes', async () => {
    const { page, complaints } = await agent();
    const [claimant] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('button', { name: 'Practise a call' }).click(),
    ]);
    const name = 'Practice person';
    await page.getByRole('heading', { name }).waitFor();
    await page.getByRole('button', { name: `Let in ${name}` }).click();
    await seesMoving(page, name);
    await takePicture(page, 'portal-call');
    expect(await findBarriers(page)).toEqual([]);

    const microphone = page.getByRole('button', { name: 'Microphone', exact: true });
    expect(await microphone.getAttribute('aria-pressed')).toBe('true');
    await microphone.click();
    await expect.poll(() => microphone.getAttribute('aria-pressed')).toBe('false');
    await microphone.click();
    await expect.poll(() => microphone.getAttribute('aria-pressed')).toBe('true');

    await page.getByRole('button', { name: 'Hold', exact: true }).click();
    await page.getByRole('button', { name: 'I am looking something up' }).click();
    await page.getByRole('button', { name: 'Put on hold' }).click();
    await page.getByText('Reason: I am looking something up').waitFor();
    await claimant.getByText('I am looking something up').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, 'portal-held');
    await page.getByRole('button', { name: 'Go on with the call' }).click();
    await seesMoving(page, name);

    await page.reload();
    await seesMoving(page, name);

    await page.getByRole('button', { name: 'Back to waiting' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Back to waiting' }).click();
    await page.getByRole('button', { name: `Let in ${name}` }).click();
    await seesMoving(page, name);

    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'I leave, the call goes on' }).click();
    await entry(page, name)
      .getByRole('link', { name: /^Return to the call/ })
      .click();
    await seesMoving(page, name);
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await page.getByRole('button', { name: 'End for everyone' }).click();
    await page.getByRole('heading', { name: 'The call is over' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByLabel('How it turned out').selectOption('Done as planned');
    await page.getByLabel('Notes').fill('All well.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(complaints.filter((one) => !one.includes('401'))).toEqual([]);
  });

  it('lets in who cannot be verified only when the agent says they have made sure', async () => {
    const appointment = await schedule('Samir Haddad', 0);
    const { page } = await agent();
    const { reference } = appointment;
    const claimant = await visit(browser, { viewport: phone });
    await claimant.page.goto(
      `${product.url}/client-web/schedule/pre-call/summary?reference=${reference}`,
    );
    await claimant.page.getByRole('button', { name: 'Carry on, please check' }).click();
    await entry(page, 'Samir Haddad').getByText('At the door, not verified').waitFor();
    await page.getByRole('link', { name: 'Open the room for Samir Haddad' }).click();
    await page.getByRole('heading', { name: 'Somebody unverified is at the door' }).waitFor();
    const letIn = page.getByRole('button', { name: 'Let in Samir Haddad' });
    expect(await letIn.isDisabled()).toBe(true);
    await page.getByLabel('I have made sure that this is Samir Haddad').check();
    await letIn.click();
    await page
      .getByText('Connecting with Samir Haddad')
      .or(page.getByLabel('Samir Haddad'))
      .first()
      .waitFor();
  });

  it('closes the room when the appointment is moved or cancelled meanwhile', async () => {
    const { appointments } = integrate(product);
    const moved = await schedule('Rhys Llewellyn', 3);
    const { page } = await agent();
    const open = async (id: string) => {
      await page.goto(`${product.url}/portal/appointments/${id}/call`);
      await page.getByText('is not here yet').waitFor();
    };
    await open(moved.id);
    await appointments.change(moved.id, {
      appointment_at: new Date(Date.now() + 120 * minuteMs).toISOString(),
    });
    await page.getByRole('heading', { name: 'This room has closed' }).waitFor();
    await open(moved.id);
    await appointments.cancel(moved.id);
    await page.getByRole('heading', { name: 'The appointment was cancelled' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  it('opens one room by the host’s link, and nothing else', async () => {
    const appointment = await schedule('Edith Palmer', 0, { extensions: { practice: true } });
    const { page } = await visit(browser, { viewport: desktop });
    await page.goto(appointment.meeting.room_url);
    await page.getByRole('heading', { name: 'Edith Palmer' }).waitFor();
    expect(page.url()).not.toContain('roomKey');
    const claimant = await visit(browser, { viewport: phone });
    await claimant.page.goto(appointment.url.replace('#', '&practice=1#'));
    await page.getByRole('button', { name: 'Let in Edith Palmer' }).click();
    await seesMoving(page, 'Edith Palmer');
    await page.reload();
    await seesMoving(page, 'Edith Palmer');
    expect((await page.request.get(`${product.url}/portal/api/day`)).status()).toBe(401);

    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await page.getByRole('button', { name: 'I leave, the call goes on' }).click();
    await page.getByRole('button', { name: 'Come back' }).click();
    await seesMoving(page, 'Edith Palmer');
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await page.getByRole('button', { name: 'End for everyone' }).click();
    await page.getByRole('heading', { name: 'The call is over' }).waitFor();

    const room = new URL(appointment.meeting.room_url);
    room.searchParams.set('roomKey', 'made up');
    await page.goto(room.href);
    await page.getByRole('heading', { name: 'This link does not open a room' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  it('schedules, changes, assigns, and cancels with a reason', async () => {
    const { page } = await agent();
    await page.getByRole('link', { name: 'Schedule' }).click();
    await page.getByRole('button', { name: 'Schedule' }).click();
    await page.getByText('Enter the name.').waitFor();
    await page.getByLabel('Name').fill('Lena Fischer');
    await page.getByLabel('Your reference').fill('form-1');
    await page.getByLabel('Phone number').fill('not a number');
    const tomorrow = new Date(Date.now() + 24 * 60 * minuteMs).toISOString().slice(0, 10);
    await page.getByLabel('Date').fill(tomorrow);
    await page.getByLabel('Time', { exact: true }).fill('10:30');
    await page.getByRole('button', { name: 'Schedule' }).click();
    await page.getByText('This is no phone number.').waitFor();
    await page.getByLabel('Phone number').fill('020 7123 4567');
    await page.getByLabel('Captions').check();
    await page.getByRole('button', { name: 'Schedule' }).click();
    await page.getByRole('heading', { name: 'Lena Fischer' }).waitFor();
    await page.getByText('+442071234567').waitFor();

    await page.getByRole('button', { name: 'Show the links' }).click();
    await page.getByRole('button', { name: 'Copy: Short link for texts and letters' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);

    await page.getByRole('link', { name: 'Change' }).click();
    await page.getByLabel('Time', { exact: true }).fill('11:45');
    await page.getByRole('button', { name: 'Save the changes' }).click();
    await page.getByText('Moved to another time').waitFor();
    await page.getByText(/11:45/).first().waitFor();

    await page.getByLabel('Agent').selectOption({ index: 1 });
    await page
      .getByRole('status')
      .getByText(/^Given to/)
      .waitFor();
    await page.getByRole('button', { name: 'Cancel the appointment' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('The office is closed.');
    await dialog.getByRole('button', { name: 'Cancel the appointment' }).click();
    await page.getByText('The office is closed.').waitFor();
  });

  it.each([
    { name: 'desktop-light', viewport: desktop, colorScheme: 'light' as const },
    { name: 'desktop-dark', viewport: desktop, colorScheme: 'dark' as const },
    { name: 'phone-light', viewport: phone, colorScheme: 'light' as const },
    { name: 'phone-dark', viewport: phone, colorScheme: 'dark' as const },
    { name: 'narrow-light', viewport: { width: 320, height: 640 }, colorScheme: 'light' as const },
  ])('has no barrier and fits on any page: $name', async ({ name, ...options }) => {
    const appointment = await schedule('Bartholomew Featherstonehaugh-Cholmondeley', 90, {
      extensions: { access_needs: ['sign_language', 'large_text'] },
    });
    const { page } = await agent(options);
    const paths = {
      today: '',
      appointment: `/appointments/${appointment.id}`,
      change: `/appointments/${appointment.id}/change`,
      schedule: '/schedule',
      devices: '/devices',
      call: `/appointments/${appointment.id}/call`,
    };
    for (const [title, path] of Object.entries(paths)) {
      await page.goto(`${product.url}/portal${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.patience').waitFor({ state: 'detached' });
      expect(await findBarriers(page), title).toEqual([]);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width, title).toBe(options.viewport.width);
      await takePicture(page, `portal-${title}-${name}`);
    }
  });

  it('speaks Welsh to who reads it, and English to who would rather', async () => {
    const { page } = await visit(browser, { viewport: desktop, locale: 'cy-GB' });
    await page.goto(`${product.url}/portal`);
    await page.getByLabel('Cyfeiriad e-bost').fill(product.administrator.email);
    await page.getByLabel('Cyfrinair', { exact: true }).fill(product.administrator.password);
    await page.getByRole('button', { name: 'Mewngofnodi' }).click();
    await page.getByRole('heading', { name: 'Heddiw', level: 1 }).waitFor();
    // Browsers have no Welsh dates of their own.
    await page.getByText(/^Dydd \w+, \d+ \w+ \d{4}$/).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('cy');
    await page.getByRole('button', { name: /^Cyfrif/ }).click();
    await page.getByRole('menuitem', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
  });

  it('can be worked with the keyboard alone', async () => {
    await schedule('Keyboard Person', 1);
    const { page } = await visit(browser, { viewport: desktop });
    await page.goto(`${product.url}/portal`);
    await page.getByLabel('Email address').focus();
    await page.keyboard.type(product.administrator.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(product.administrator.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    const focused = () =>
      page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent');
    for (let presses = 0; (await focused()) !== 'Open the room for Keyboard Person'; presses += 1) {
      expect(presses, 'presses until the room').toBeLessThan(120);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByText('Keyboard Person is not here yet').waitFor();
    for (let presses = 0; (await focused()) !== 'Close the room'; presses += 1) {
      expect(presses, 'presses until the way out').toBeLessThan(30);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Leave the room?' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('Close the room');
  });

  it('signs out everywhere, and every window shows it', async () => {
    const first = await agent();
    const second = await agent();
    await first.page.getByRole('button', { name: /^Account/ }).click();
    await first.page.getByRole('menuitem', { name: 'Sign out everywhere' }).click();
    await first.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await second.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
