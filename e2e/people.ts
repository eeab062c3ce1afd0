import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { Anteroom } from '../packages/sdk/src/index.ts';
import { type Visit, visit } from './browser.ts';
import type { Product } from './product.ts';

const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const desktop = { viewport: { width: 1280, height: 800 } };

/** Counts what a window's connections receive and send, from the browser's own statistics. */
export const probe = `
  const Original = RTCPeerConnection;
  const connections = [];
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...given) { super(...given); connections.push(this); }
  };
  globalThis.mediaSoFar = async () => {
    const sum = { framesReceived: 0, framesSent: 0, audioEnergy: 0, isRelayed: false, candidateTypes: [] };
    for (const connection of connections) {
      if (connection.signalingState === 'closed') continue;
      const report = await connection.getStats();
      for (const entry of report.values()) {
        if (entry.type === 'inbound-rtp') {
          sum.framesReceived += entry.framesDecoded ?? 0;
          sum.audioEnergy += entry.totalAudioEnergy ?? 0;
        }
        if (entry.type === 'outbound-rtp') sum.framesSent += entry.framesSent ?? 0;
        if (entry.type === 'local-candidate' && !sum.candidateTypes.includes(entry.candidateType)) {
          sum.candidateTypes.push(entry.candidateType);
        }
        if (entry.type === 'candidate-pair' && entry.nominated) {
          sum.isRelayed ||= report.get(entry.localCandidateId)?.candidateType === 'relay';
        }
      }
    }
    return sum;
  };`;

interface Media {
  framesReceived: number;
  framesSent: number;
  audioEnergy: number;
  isRelayed: boolean;
  /** Of what this window told the other side about where it can be reached. */
  candidateTypes: string[];
}

/** Somebody at a window of their own. */
export interface Person extends Visit {
  media(): Promise<Media>;
  leave(): Promise<void>;
}

async function open(
  browser: Browser,
  options: BrowserContextOptions,
  script = '',
): Promise<Person> {
  const { page, complaints } = await visit(browser, {
    permissions: ['camera', 'microphone'],
    ...options,
  });
  await page.addInitScript(probe + script);
  return {
    page,
    complaints,
    media: () => page.evaluate<Media>('mediaSoFar()'),
    leave: () => page.context().close(),
  };
}

/** An integrator's program. */
export const integrate = ({ url, client }: Product) =>
  new Anteroom({ url, clientId: client.id, clientSecret: client.secret });

let count = 0;

/** Schedules an appointment that begins in five minutes; answers its id and the claimant's link. */
export async function schedule(
  product: Product,
  changes: object = {},
): Promise<{ id: string; link: string; name: string }> {
  count += 1;
  const name = `Ada Example ${count}`;
  const { data } = await integrate(product).appointments.schedule({
    reference: `journey-${Date.now()}-${count}`,
    appointment_at: new Date(Date.now() + 300_000).toISOString(),
    duration_in_minutes: 30,
    claimant: { name, phone_number: '+442071234567' },
    ...changes,
  });
  return { id: data.id, link: data.url, name };
}

/** The claimant on a phone, who has opened the link; a script may run in the page before its own. */
export async function openLink(
  browser: Browser,
  link: string,
  options: BrowserContextOptions = {},
  script = '',
): Promise<Person> {
  const person = await open(browser, { ...phone, ...options }, script);
  await person.page.goto(link);
  await person.page.getByRole('heading', { level: 1 }).waitFor();
  return person;
}

const pageOf = (page: Page, step: string) =>
  page.goto(new URL(`/client-web/schedule/${step}`, page.url()).href);

/** The claimant goes to the waiting room and says so. */
export async function arrive({ page }: Person): Promise<void> {
  await pageOf(page, 'pre-call/waiting');
  await page.getByRole('button', { name: 'I am here' }).click();
  await page.getByRole('heading', { name: 'We know that you are here' }).waitFor();
}

/** An agent at a desktop, signed in, at *Today*. */
export async function signIn(browser: Browser, product: Product, script = ''): Promise<Person> {
  const person = await open(browser, desktop, script);
  const { page } = person;
  await page.goto(`${product.url}/portal/`);
  await page.getByLabel('Email address').fill(product.administrator.email);
  await page.getByLabel('Password', { exact: true }).fill(product.administrator.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: /^Today/ }).waitFor();
  return person;
}

/** The agent opens the room of this person. */
export async function openRoom({ page }: Person, name: string): Promise<void> {
  await page
    .getByRole('link', { name: `Open the room for ${name}`, exact: true })
    .or(page.getByRole('button', { name: `Open the room for ${name}`, exact: true }))
    .click();
  await page.getByRole('region', { name: 'Call controls' }).or(page.getByRole('toolbar')).waitFor();
}

/** The agent lets the waiting claimant in. */
export async function letIn({ page }: Person, name: string): Promise<void> {
  await page.getByRole('button', { name: `Let in ${name}`, exact: true }).click();
}

export const patience = { timeout: 15_000, interval: 50 };

/** Pictures and sound come in at each of these windows, from now on. */
export async function expectMedia(...people: Person[]): Promise<void> {
  for (const person of people) {
    const before = await person.media();
    await expect
      .poll(async () => {
        const now = await person.media();
        return (
          now.framesReceived > before.framesReceived + 5 && now.audioEnergy > before.audioEnergy
        );
      }, patience)
      .toBe(true);
  }
}
