import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBarriers, startBrowser, takePicture, visit } from './browser.ts';
import { type Product, startProduct } from './product.ts';

const desktop = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

describe('the manual in a browser', () => {
  let browser: Browser;
  let product: Product;
  let address: string;
  beforeAll(async () => {
    browser = await startBrowser();
    product = await startProduct();
    address = `${product.url}/api/docs`;
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  /** Opens the page; its program has run when the buttons are awake. */
  async function open(page: Page): Promise<void> {
    await page.goto(address);
    await page.locator('[data-copy]:enabled').first().waitFor();
  }

  async function fetchToken(page: Page): Promise<void> {
    await page.getByLabel('Client id').fill(product.client.id);
    await page.getByLabel('Client secret').fill(product.client.secret);
    await page.getByRole('button', { name: 'Fetch a token' }).click();
    await page.getByText('Your token is here').waitFor();
  }

  /** Unfolds an operation's form. */
  async function unfold(page: Page, operation: string) {
    const form = page.locator(`form[data-operation=${operation}]`);
    await page.locator('.try', { has: form }).locator('summary').first().click();
    return form;
  }

  const show = (page: Page, id: string) =>
    page.evaluate(`document.getElementById(${JSON.stringify(id)}).scrollIntoView()`);

  const windows = [
    { name: 'desktop-light', viewport: desktop, colorScheme: 'light' as const },
    { name: 'desktop-dark', viewport: desktop, colorScheme: 'dark' as const },
    { name: 'phone-light', viewport: phone, colorScheme: 'light' as const },
    { name: 'phone-dark', viewport: phone, colorScheme: 'dark' as const },
  ];

  it.each(windows)(
    'takes a reader from a token to a cancelled appointment: $name',
    async ({ name, ...window }) => {
      const { page, complaints } = await visit(browser, window);
      await open(page);
      await takePicture(page, `${name}-1-top`);
      await fetchToken(page);
      await show(page, 'access');
      await takePicture(page, `${name}-2-token`);

      const schedule = await unfold(page, 'scheduleAppointment');
      const body = schedule.getByLabel('Body');
      const reference = /DOC-[\da-f]{8}/.exec(await body.inputValue())?.[0] ?? 'none';
      await body.fill((await body.inputValue()).replace('Maria Nowak', 'Ada O’Neill'));
      await schedule.getByRole('button', { name: 'Send' }).click();
      await schedule.getByText('201', { exact: true }).waitFor();
      const timeline = page.getByRole('region', { name: 'Timeline' });
      await expect.poll(() => timeline.getByRole('listitem').count()).toBe(1);
      expect(await timeline.textContent()).toContain(`Timeline of ${reference}`);
      await show(page, 'scheduleAppointment');
      await takePicture(page, `${name}-3-form`);
      await page.evaluate("document.querySelector('form .result').scrollIntoView()");
      await takePicture(page, `${name}-4-answer`);

      // The examples beside it hold what was sent, and no secret.
      const curl = page.locator('article', { has: schedule }).locator('[data-language=curl] code');
      expect(await curl.textContent()).toContain('Ada O’Neill');
      expect(await curl.textContent()).toContain('$ANTEROOM_TOKEN');

      const change = await unfold(page, 'changeAppointment');
      await change.getByRole('button', { name: 'Send' }).click();
      await expect.poll(() => timeline.getByRole('listitem').count()).toBeGreaterThan(1);
      const cancel = await unfold(page, 'cancelAppointment');
      await cancel.getByRole('button', { name: 'Send' }).click();
      await cancel.getByText('cancelled by api').waitFor();
      expect(await page.locator('#said').textContent()).toContain('cancelled');
      await timeline.scrollIntoViewIfNeeded();
      await takePicture(page, `${name}-5-timeline`);

      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(
        window.viewport.width,
      );
      expect(await findBarriers(page)).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  it('keeps what the reader enters in memory alone', async () => {
    const { page } = await visit(browser, { viewport: desktop });
    await open(page);
    await fetchToken(page);
    const form = await unfold(page, 'readAppointment');
    const sent = page.waitForRequest((request) => request.url().includes('/api/v1/'));
    await form.getByLabel('id').fill('01980e4b-7c40-7a31-9c55-3f0b8d1e6a72');
    await form.getByRole('button', { name: 'Send' }).click();
    const token = (await (await sent).headerValue('authorization'))?.replace('Bearer ', '') ?? '';
    expect(token).toMatch(/^\S{30,}$/);
    await form.getByText('not_found').waitFor();
    expect(await form.getByRole('link', { name: 'What to do' }).getAttribute('href')).toBe(
      '#error-not_found',
    );

    const stored = await page.evaluate(
      '[location.href, document.cookie, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.documentElement.outerHTML, ...[...document.querySelectorAll("input, textarea")].map((input) => input.value)].join()',
    );
    expect(await page.context().cookies()).toEqual([]);
    expect(stored).not.toContain(token);
    expect(stored).not.toContain(product.client.secret);
    await page.getByRole('button', { name: 'Forget it' }).click();
    await form.getByRole('button', { name: 'Send' }).click();
    await form.getByText('Fetch one first.').waitFor();
  });

  it('shows what others do to the appointment, as it happens', async () => {
    const { page } = await visit(browser, { viewport: desktop });
    await open(page);
    await fetchToken(page);
    const schedule = await unfold(page, 'scheduleAppointment');
    const sent = page.waitForResponse((response) => response.request().method() === 'POST');
    await schedule.getByRole('button', { name: 'Send' }).click();
    const location = (await (await sent).headerValue('location')) ?? '';
    const { authorization = '' } = await (await sent).request().allHeaders();
    await schedule.getByText('scheduled by api').waitFor();
    const cancelled = await fetch(`${product.url}${location}/cancel`, {
      method: 'POST',
      headers: { authorization },
    });
    expect(cancelled.status).toBe(200);
    await schedule.getByText('cancelled by api').waitFor();
  });

  it('copies an example, and shows the language that the reader has chosen', async () => {
    const { page } = await visit(browser, { viewport: desktop });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await open(page);
    await page.getByRole('radio', { name: 'Python' }).check();
    const article = page.locator('article', { has: page.locator('#cancelAppointment') });
    expect(await article.locator('[data-language=curl]').isVisible()).toBe(false);
    await article.getByRole('button', { name: /^Copy: .*Python$/ }).click();
    await expect
      .poll(() => page.evaluate('navigator.clipboard.readText()'))
      .toBe(await article.locator('[data-language=python] code').textContent());
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await visit(browser, { viewport: phone });
    await open(page);
    const focused = () => page.evaluate('document.activeElement.textContent');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    const contents = page.getByRole('button', { name: 'Contents' });
    await contents.focus();
    await page.keyboard.press('Enter');
    const navigation = page.getByRole('navigation', { name: 'Contents' });
    await navigation.waitFor();
    await takePicture(page, 'phone-light-6-contents');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Begin here');
    await page.keyboard.press('Enter');
    await navigation.waitFor({ state: 'hidden' });
  });

  it('fits every width, and does not move while it loads', async () => {
    for (const width of [320, 390, 768, 1024, 1280, 2560]) {
      const { page } = await visit(browser, { viewport: { width, height: 800 } });
      await open(page);
      await page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true;",
      );
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${width}`).toBe(width);
      if (width === 320) await takePicture(page, 'narrow-light-1-top');
    }
    const { page } = await visit(browser, { viewport: phone });
    await page.addInitScript(
      "globalThis.moved = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) moved += entry.value; }).observe({ type: 'layout-shift', buffered: true });",
    );
    await open(page);
    expect(await page.evaluate('moved')).toBeLessThan(0.01);
  });

  it('is a document without its program', async () => {
    const { page, complaints } = await visit(browser, {
      viewport: desktop,
      javaScriptEnabled: false,
    });
    await page.goto(address);
    expect(
      await page.getByRole('heading', { name: 'Schedule an appointment', exact: true }).isVisible(),
    ).toBe(true);
    expect(await page.locator('[data-language=curl]').first().isVisible()).toBe(true);
    await page.getByRole('radio', { name: 'Python' }).check();
    expect(await page.locator('[data-language=curl]').first().isVisible()).toBe(false);
    for (const useless of await page.locator('button, summary, textarea').all()) {
      expect(await useless.isVisible()).toBe(false);
    }
    expect(complaints).toEqual([]);
  });
});
