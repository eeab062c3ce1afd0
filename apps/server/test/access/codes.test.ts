// Who guesses entry codes (threats T1).

import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';
import { linkOf, makeStaff, openPage, signIn } from './pages.ts';

const session = '/client-web/api/session';
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const madeUpCode = () => [...randomBytes(10)].map((byte) => alphabet[byte & 31]).join('');

describe('who guesses entry codes', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ organisations: 2, trustedProxies: ['127.0.0.1'] });
  });
  afterAll(() => anteroom.close());
  beforeEach(() => anteroom.testDatabase.query('delete from guesses'));

  let sources = 0;
  const newSource = () => {
    sources += 1;
    return `198.18.${Math.floor(sources / 250)}.${(sources % 250) + 1}`;
  };

  async function schedule(as = anteroom.organisations[0]) {
    const body = appointmentBody({ appointment_at: new Date(Date.now() + 600_000).toISOString() });
    const { json } = await anteroom.call('POST', '/api/v1/appointments', { body, as });
    const path = `/api/v1/appointments/${json.data.id}/links`;
    const { json: links } = await anteroom.call('GET', path, { as });
    return {
      id: json.data.id as string,
      ...linkOf(json.data.url),
      code: links.data.entry_code.text as string,
      host: new URL(as.publicUrl).host,
    };
  }

  const guess = (link: object, { host, from = newSource() }: { host: string; from?: string }) =>
    openPage(anteroom).call('POST', session, link, {
      'x-forwarded-for': from,
      'x-forwarded-host': host,
      'x-forwarded-proto': 'https',
    });
  const isIn = async (answer: ReturnType<typeof guess>) =>
    (await answer).json.data.claimant !== null;

  it('has five tries a day at one appointment, from wherever; the sixth is refused though it is right', async () => {
    const { reference, code, host } = await schedule();
    const other = await schedule();
    for (let time = 1; time <= 5; time++) {
      expect(await isIn(guess({ reference, entry_code: madeUpCode() }, { host }))).toBe(false);
    }
    expect(await isIn(guess({ reference, entry_code: code }, { host }))).toBe(false);
    // One appointment’s lock is nobody else’s.
    const { reference: fine, code: right } = other;
    expect(await isIn(guess({ reference: fine, entry_code: right }, { host }))).toBe(true);
  });

  it('has exactly five, when fifty come at once', async () => {
    const { reference, code, host } = await schedule();
    const wrong = Array.from({ length: 50 }, () =>
      guess({ reference, entry_code: madeUpCode() }, { host }),
    );
    await Promise.all(wrong);
    const [counted] = await anteroom.testDatabase.query<{ most: number }>(
      'select max(count) as most from guesses where count < 7',
    );
    // One more than may be tried is noted, and no more.
    expect(counted?.most).toBe(6);
    expect(await isIn(guess({ reference, entry_code: code }, { host }))).toBe(false);
  });

  it('never counts who is right, nor anybody who brings the token', async () => {
    const { reference, code, token, host } = await schedule();
    const from = newSource();
    for (let time = 1; time <= 25; time++) {
      expect(await isIn(guess({ reference, entry_code: code }, { host, from }))).toBe(true);
    }
    for (let time = 1; time <= 6; time++) await guess({ reference, entry_code: 'x' }, { host });
    expect(await isIn(guess({ reference, token }, { host }))).toBe(true);
    expect(await isIn(guess({ reference, token, entry_code: 'x' }, { host }))).toBe(true);
  });

  it('has twenty tries an hour from one source, whatever is tried', async () => {
    const { reference, code, host } = await schedule();
    const from = newSource();
    for (let time = 1; time <= 20; time++) {
      await guess({ entry_code: madeUpCode() }, { host, from });
    }
    expect(await isIn(guess({ reference, entry_code: code }, { host, from }))).toBe(false);
    expect(await isIn(guess({ reference, entry_code: code }, { host }))).toBe(true);
  });

  it('has a hundred in ten minutes at an organisation; tokens and others go on', async () => {
    const { reference, code, token, host } = await schedule();
    const elsewhere = await schedule(anteroom.organisations[1]);
    for (let time = 1; time <= 100; time++) {
      await guess({ reference: `made-up-${time}`, entry_code: madeUpCode() }, { host });
    }
    expect(await isIn(guess({ reference, entry_code: code }, { host }))).toBe(false);
    expect(await isIn(guess({ reference, token }, { host }))).toBe(true);
    const { host: otherHost, code: otherCode } = elsewhere;
    expect(await isIn(guess({ entry_code: otherCode }, { host: otherHost }))).toBe(true);
  });

  it('is told the same, to the byte, of what is there, what is not, and what is locked', async () => {
    const { reference, host } = await schedule();
    const locked = await schedule();
    for (let time = 1; time <= 6; time++) {
      await guess({ reference: locked.reference, entry_code: madeUpCode() }, { host });
    }
    const said = new Set<string>();
    for (const tried of [reference, 'never-was', locked.reference]) {
      const answer = await guess({ reference: tried, entry_code: madeUpCode() }, { host });
      const headers = [...answer.headers].filter(
        ([name]) => !['date', 'x-request-id'].includes(name),
      );
      const cookie = answer.headers.get('set-cookie')?.replace(/=[^;]+/, '');
      const rest = headers.filter(([name]) => name !== 'set-cookie' && name !== 'content-length');
      const {
        now: _,
        appointment_at,
        arrival_opens_at,
        room_closes_at,
        ...data
      } = answer.json.data;
      expect(new Set([appointment_at, arrival_opens_at, room_closes_at]).size).toBe(1);
      said.add(JSON.stringify([answer.status, cookie, rest, Object.keys(answer.json.data), data]));
    }
    expect(said.size).toBe(1);
  });

  it('keeps no agent from letting anybody in', async () => {
    const { id, reference, host } = await schedule();
    for (let time = 1; time <= 6; time++) {
      await guess({ reference, entry_code: madeUpCode() }, { host });
    }
    const { email } = await makeStaff(anteroom, anteroom.organisations[0]);
    const staff = await signIn(anteroom, email);
    const page = openPage(anteroom);
    const from = { 'x-forwarded-for': newSource() };
    await page.call('POST', session, { reference }, from);
    await page.call('POST', '/client-web/api/visit/knock', undefined, from);
    await staff.call('POST', `/portal/api/appointments/${id}/arrive`);
    const admitted = await staff.call('POST', `/portal/api/appointments/${id}/admit`);
    expect(admitted.json.data.admitted_at).not.toBeNull();
    expect((await page.call('GET', '/client-web/api/visit', undefined, from)).json.data.id).toBe(
      id,
    );
  });

  it('leaves nothing that could be read of what was typed', async () => {
    const { reference, host } = await schedule();
    await guess({ reference, entry_code: madeUpCode() }, { host });
    const rows = await anteroom.testDatabase.query<{ key: Buffer }>('select key from guesses');
    expect(rows).toHaveLength(3);
    for (const { key } of rows) {
      expect(key).toHaveLength(32);
      // Whoever has the database but not its key cannot find out by trying.
      const plain = createHash('sha256').update(reference).digest();
      expect(key.equals(plain)).toBe(false);
    }
  });

  it('is forgotten when the time is over', async () => {
    const { reference, code, host } = await schedule();
    for (let time = 1; time <= 6; time++) {
      await guess({ reference, entry_code: madeUpCode() }, { host });
    }
    await anteroom.testDatabase.query('update guesses set ends_at = clock_timestamp()');
    expect(await isIn(guess({ reference, entry_code: code }, { host }))).toBe(true);
  });
});
