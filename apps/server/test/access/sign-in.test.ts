import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStaff } from '../../src/access/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import { makeStaff, openPage, password, signIn } from './pages.ts';

const session = '/portal/api/session';

describe('staff', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ trustedProxies: ['127.0.0.1'] });
  });
  afterAll(() => anteroom.close());

  const asOwner = async (
    work: (owner: Awaited<ReturnType<typeof openDatabase>>) => Promise<unknown>,
  ) => {
    const owner = await openDatabase({ url: anteroom.testDatabase.ownerUrl });
    await work(owner).finally(() => owner.close());
  };

  it('sign in, are told who they are and where they work, and sign out', async () => {
    const [mine] = anteroom.organisations;
    const { id, email } = await makeStaff(anteroom, mine, 'agent');
    const page = await signIn(anteroom, ` ${email.toUpperCase()} `);
    const { json, headers } = await page.call('GET', session);
    expect(json.data.staff).toEqual({
      id,
      email,
      name: 'The agent',
      role: 'agent',
      departments: [],
    });
    expect(json.data.permissions).toEqual([
      'appointments:view',
      'appointments:settle',
      'calls:take',
      'calls:practise',
    ]);
    expect(json.data.organisation.name).toBe('Organisation 1');
    expect(headers.get('cache-control')).toBe('no-store');

    const kept = page.cookie();
    expect((await page.call('DELETE', session)).status).toBe(204);
    expect(page.cookie()).toBeNull();
    expect((await openPage(anteroom, kept).call('GET', session)).status).toBe(401);
  });

  it('keep a cookie that scripts and other sites cannot use, with its prefix behind TLS', async () => {
    const [mine] = anteroom.organisations;
    const { email } = await makeStaff(anteroom, mine);
    const body = { email, password };
    const tryingOut = await openPage(anteroom).call('POST', session, body);
    expect(tryingOut.headers.get('set-cookie')).toMatch(
      /^staff=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const behindTls = await openPage(anteroom).call('POST', session, body, {
      'x-forwarded-proto': 'https',
    });
    expect(behindTls.headers.get('set-cookie')).toMatch(
      /^__Host-staff=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('get a new session at each sign-in; the one before, planted or not, is dead', async () => {
    const [mine] = anteroom.organisations;
    const { email } = await makeStaff(anteroom, mine);
    const planted = 'staff=planted-by-somebody-else';
    const page = openPage(anteroom, planted);
    await page.call('POST', session, { email, password });
    const first = page.cookie();
    expect(first).not.toBe(planted);
    await page.call('POST', session, { email, password });
    expect(page.cookie()).not.toBe(first);
    for (const dead of [planted, first]) {
      expect((await openPage(anteroom, dead).call('GET', session)).status).toBe(401);
    }
    expect((await page.call('GET', session)).status).toBe(200);
  });

  it('sign out everywhere, and only themselves', async () => {
    const [mine, theirs] = anteroom.organisations;
    const { email } = await makeStaff(anteroom, mine);
    const other = await signIn(anteroom, (await makeStaff(anteroom, theirs)).email);
    const colleague = await signIn(anteroom, (await makeStaff(anteroom, mine)).email);
    const [one, two] = [await signIn(anteroom, email), await signIn(anteroom, email)];
    const kept = one.cookie();
    expect((await one.call('DELETE', '/portal/api/sessions')).status).toBe(204);
    expect((await openPage(anteroom, kept).call('GET', session)).status).toBe(401);
    expect((await two.call('GET', session)).status).toBe(401);
    expect((await other.call('GET', session)).status).toBe(200);
    expect((await colleague.call('GET', session)).status).toBe(200);
  });

  it('are signed out by another password or role, and by being disabled', async () => {
    const [mine] = anteroom.organisations;
    for (const change of [
      { password: 'another long password' },
      { role: 'agent' as const },
      { isDisabled: true },
    ]) {
      const { email } = await makeStaff(anteroom, mine);
      const page = await signIn(anteroom, email);
      await asOwner((owner) => setStaff(owner.in(mine.id), email, change));
      expect((await page.call('GET', session)).status).toBe(401);
    }
  });

  it('lose no session by another name or department, and see its departments change', async () => {
    const [mine] = anteroom.organisations;
    const { email } = await makeStaff(anteroom, mine, 'agent');
    const page = await signIn(anteroom, email);
    await asOwner((owner) => setStaff(owner.in(mine.id), email, { name: 'Zoë' }));
    await eventually(async () => (await page.call('GET', session)).json.data.staff.name === 'Zoë');
  });

  it('of another organisation are not told of by its address', async () => {
    const [mine, theirs] = anteroom.organisations;
    const { email } = await makeStaff(anteroom, theirs);
    const host = new URL(mine.publicUrl).host;
    const ask = (body: object) =>
      openPage(anteroom).call('POST', session, body, { 'x-forwarded-host': host });
    const [foreign, unknown] = [
      await ask({ email, password }),
      await ask({ email: 'nobody@example.org', password }),
    ];
    expect(foreign.status).toBe(401);
    expect(foreign.json.message).toBe('The email address or the password is not right.');
    expect({ ...foreign.json, request_id: '' }).toEqual({ ...unknown.json, request_id: '' });
  });
});

describe('who guesses passwords', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ trustedProxies: ['127.0.0.1'] });
  });
  afterAll(() => anteroom.close());

  const tryFrom = (from: string, email: string, guess: string) =>
    openPage(anteroom).call(
      'POST',
      session,
      { email, password: guess },
      { 'x-forwarded-for': from },
    );

  it('is stopped after ten of one address, also with the right one, alike for an unknown address', async () => {
    const { email } = await makeStaff(anteroom, anteroom.organisations[0]);
    const answers = new Map<string, string[]>();
    for (const typed of [email, 'nobody@example.org']) {
      const seen: string[] = [];
      for (let time = 1; time <= 12; time++) {
        const guess = time === 12 ? password : 'wrong';
        const { status, json } = await tryFrom(`192.0.2.${time}`, typed, guess);
        seen.push(`${status} ${json.message}`);
      }
      answers.set(typed, seen);
    }
    const [real, unknown] = [...answers.values()];
    expect(real).toEqual(unknown);
    expect(real?.map((line) => line.slice(0, 3))).toEqual([...Array(10).fill('401'), '429', '429']);
  });

  it('locks nobody out of where they have signed in before', async () => {
    const { email } = await makeStaff(anteroom, anteroom.organisations[0]);
    const office = '198.51.100.7';
    expect((await tryFrom(office, email, password)).status).toBe(200);
    for (let time = 1; time <= 11; time++) await tryFrom(`203.0.113.${time}`, email, 'wrong');
    expect((await tryFrom('203.0.113.99', email, password)).status).toBe(429);
    expect((await tryFrom(office, email, password)).status).toBe(200);
  });

  it('does not count who is right', async () => {
    const { email } = await makeStaff(anteroom, anteroom.organisations[0]);
    for (let time = 1; time <= 12; time++) {
      expect((await tryFrom('198.51.100.8', email, password)).status).toBe(200);
    }
  });
});
