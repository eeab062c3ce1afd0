import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeDevices, startBrowser } from './browser.ts';
import {
  arrive,
  expectMedia,
  integrate,
  letIn,
  openLink,
  openRoom,
  type Person,
  patience,
  schedule,
  signIn,
} from './people.ts';
import { type Product, startProduct } from './product.ts';

let product: Product;
let browser: Browser;
beforeAll(async () => {
  product = await startProduct();
  browser = await startBrowser(fakeDevices);
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const here: Person[] = [];
const enter = async (coming: Promise<Person>) => {
  const person = await coming;
  here.push(person);
  return person;
};
afterEach(async () => {
  const left = here.splice(0);
  const complaints = left.flatMap((person) => person.complaints).filter(isUnexpected);
  for (const person of left) await person.leave();
  expect(complaints).toEqual([]);
});

/** Browsers report each refused request, and each connection that a stopped server breaks. */
const isUnexpected = (complaint: string) =>
  !/status of (401|409|503)|ERR_CONNECTION_REFUSED|WebSocket connection to|ERR_/.test(complaint);

const statusOf = async (id: string) => (await integrate(product).appointments.read(id)).data.status;

/** The two in a call: the claimant came first and was let in. */
async function call(changes: object = {}) {
  const appointment = await schedule(product, changes);
  const claimant = await enter(openLink(browser, appointment.link));
  await arrive(claimant);
  const agent = await enter(signIn(browser, product));
  await openRoom(agent, appointment.name);
  await letIn(agent, appointment.name);
  await expectMedia(agent, claimant);
  return { ...appointment, claimant, agent };
}

describe('a visit', () => {
  it('goes from the link to the receipt, with picture and sound both ways, hold and end', async () => {
    const { id, claimant, agent } = await call();
    await expect.poll(() => statusOf(id), patience).toBe('in_progress');

    await agent.page.getByRole('button', { name: 'Hold' }).click();
    await agent.page.getByLabel(/^Reason/).fill('I am asking a colleague');
    await agent.page.getByRole('button', { name: 'Put on hold' }).click();
    await claimant.page.getByText('The call is on hold').waitFor();
    await claimant.page.getByText('I am asking a colleague').waitFor();
    await expect.poll(() => statusOf(id), patience).toBe('on_hold');
    // What was on its way has come; from here on nothing does.
    const still = await Promise.all([agent.media(), claimant.media()]);
    await claimant.page.waitForFunction(
      (since) => performance.now() > since + 1_000,
      await now(claimant),
    );
    const stillNow = await Promise.all([agent.media(), claimant.media()]);
    for (const [side, before] of still.entries()) {
      expect(stillNow[side]?.framesReceived).toBeLessThanOrEqual(before.framesReceived + 3);
    }
    await agent.page.getByRole('button', { name: 'Go on with the call' }).click();
    await expectMedia(agent, claimant);

    await agent.page.getByRole('button', { name: 'Leave' }).click();
    await agent.page.getByRole('button', { name: 'End for everyone' }).click();
    await agent.page.getByRole('heading', { name: 'The call is over' }).waitFor();
    await claimant.page.getByRole('heading', { name: 'Thank you' }).waitFor();
    await claimant.page.getByText('Your call ended').waitFor();
    const { data } = await integrate(product).appointments.read(id);
    expect(data.status).toBe('completed');
    expect(data.session_started_at).not.toBe(null);
    expect(data.on_hold_ended_at).not.toBe(null);
    expect(data.session_ended_at).not.toBe(null);
  });

  it('begins as well when the agent is there first', async () => {
    const { id, link, name } = await schedule(product);
    const agent = await enter(signIn(browser, product));
    await openRoom(agent, name);
    await agent.page.getByText(`${name} is not here yet`).waitFor();
    const claimant = await enter(openLink(browser, link));
    await arrive(claimant);
    await letIn(agent, name);
    await expectMedia(agent, claimant);
    await expect.poll(() => statusOf(id), patience).toBe('in_progress');
  });

  it('goes on after the claimant reloads, and after the agent does', async () => {
    const { id, claimant, agent } = await call();
    await claimant.page.reload();
    await expectMedia(agent, claimant);
    await agent.page.reload();
    await expectMedia(agent, claimant);
    expect(await statusOf(id)).toBe('in_progress');
  });

  it('outlives the server: media go on while it is away, and it obeys again afterwards', async () => {
    const { id, claimant, agent } = await call();
    await product.crash();
    await expectMedia(agent, claimant);
    await expect
      .poll(async () => {
        const hold = agent.page.getByRole('button', { name: 'Hold' });
        return (await hold.isVisible()) && (await hold.isEnabled());
      }, patience)
      .toBe(true);
    await agent.page.getByRole('button', { name: 'Hold' }).click();
    await agent.page.getByRole('button', { name: 'Put on hold' }).click();
    await claimant.page.getByText('The call is on hold').waitFor();
    expect(await statusOf(id)).toBe('on_hold');
  });

  it('tells who waits at once that it was cancelled, or moved', async () => {
    const cancelled = await schedule(product);
    const moved = await schedule(product);
    const first = await enter(openLink(browser, cancelled.link));
    const second = await enter(openLink(browser, moved.link));
    await arrive(first);
    await arrive(second);
    const { appointments } = integrate(product);
    await appointments.cancel(cancelled.id, { cancellation_reason: 'the agent is ill' });
    await first.page
      .getByRole('heading', { name: 'This appointment was cancelled' })
      .waitFor({ timeout: 5_000 });
    await appointments.change(moved.id, {
      appointment_at: new Date(Date.now() + 3 * 86_400_000).toISOString(),
    });
    await second.page
      .getByRole('heading', { name: 'Your appointment has a new time' })
      .waitFor({ timeout: 5_000 });
  });

  it('seats one device of the claimant; another one asks, and may go on instead', async () => {
    const { claimant, agent, link } = await call();
    const other = await enter(openLink(browser, link));
    await other.page.goto(new URL('/client-web/schedule/call', other.page.url()).href);
    await other.page.getByRole('button', { name: 'Go on with this device' }).click();
    await expectMedia(agent, other);
    await claimant.page.getByText('You went on with another device').waitFor();
  });
});

const now = ({ page }: Person) => page.evaluate(() => performance.now());
