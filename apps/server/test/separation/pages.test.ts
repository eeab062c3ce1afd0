// What pages ask, each route with every wrong cookie, origin and body (threats T8), and from every side
// of the line between organisations, departments and roles.

import { type Permission, permissions, type Role, roles } from '@anteroom/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { createDepartment } from '../../src/organisation/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { linkOf, makeStaff, openPage, password, signIn } from '../access/pages.ts';
import { appointmentBody, eventually } from '../harness.ts';
import { startWithRoutes } from '../routes.ts';
import { makeAppointment } from '../things.ts';
import { askOf, comparable, type Headers, isOfPages, storedIn } from './asking.ts';

/** Open to anyone, and why. */
const open: Record<string, string> = {
  'POST /client-web/api/session': 'asks for what a link holds',
  'POST /portal/api/session': 'asks for address and password',
  'POST /portal/api/host-session': 'asks for what a host’s link holds',
};

/** These ask for a cookie and for no permission, and why. */
const forAnyStaff: Record<string, string> = {
  'GET /portal/api/session': 'tells somebody who they are',
  'DELETE /portal/api/session': 'everybody may leave',
  'DELETE /portal/api/sessions': 'everybody may leave',
};

const unknownId = '0198c2c4-2820-7002-8533-ab1b86d419da';
const { anteroom, routes } = await startWithRoutes();
afterAll(() => anteroom.close());
const ask = askOf(anteroom);
const stored = storedIn(anteroom);
const [mine, theirs] = anteroom.organisations;

const ofPages = routes.filter((route) => isOfPages(route) && !route.isRefusal);
const plain = (name: string) => name.replace(/^HEAD /, 'GET ');
const guarded = ofPages.filter(({ name }) => !(plain(name) in open));
const changing = ofPages.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
const ofStaff = (path: string) => path.startsWith('/portal/');

const [here, elsewhere] = await makeDepartments();
const soon = new Date(Date.now() + 10 * 60_000).toISOString();
const own = await schedule({ department_id: here });
const otherDepartments = await schedule({ department_id: elsewhere });
const noDepartments = await schedule({});
const foreign = (await makeAppointment(anteroom, theirs)).id;

const cookies = {
  staff: await cookieOfStaff('customer_administrator'),
  visit: await cookieOfVisit(own.url),
};
const dead = await makeDeadCookies();
/** One of each role, in the first department. */
const inDepartment = new Map<Role, string>();
for (const role of roles) inDepartment.set(role, await cookieOfStaff(role, [here]));
const before = await stored();

async function makeDepartments(): Promise<[number, number]> {
  const owner = await openDatabase({ url: anteroom.testDatabase.ownerUrl });
  const made: [number, number] = [
    await createDepartment(owner.in(mine.id), 'Here', {}),
    await createDepartment(owner.in(mine.id), 'Elsewhere', {}),
  ];
  await owner.close();
  // What an organisation has set may be a second old.
  await eventually(async () => {
    const { json } = await anteroom.call('GET', '/api/v1/departments');
    return json.data.length === made.length;
  });
  return made;
}

async function schedule(changes: Record<string, unknown>) {
  const body = appointmentBody({ appointment_at: soon, ...changes });
  const answer = await anteroom.call('POST', '/api/v1/appointments', { body, as: mine });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json.data;
}

async function cookieOfStaff(role: Role, departmentIds: number[] = []): Promise<string> {
  const { email } = await makeStaff(anteroom, mine, role, departmentIds);
  return (await signIn(anteroom, email)).cookie() as string;
}

async function cookieOfVisit(url: string): Promise<string> {
  const page = openPage(anteroom);
  await page.call('POST', '/client-web/api/session', linkOf(url));
  return page.cookie() as string;
}

/** Cookies that were good once. */
async function makeDeadCookies() {
  const signedOut = await makeStaff(anteroom, mine);
  const page = await signIn(anteroom, signedOut.email);
  const ofSignedOut = page.cookie() as string;
  await page.call('DELETE', '/portal/api/session');
  const expired = await cookieOfStaff('customer_administrator');
  await anteroom.testDatabase.query(
    `update staff_sessions set expires_at = clock_timestamp() where session_hash = sha256($1)`,
    [Buffer.from(expired.replace(/^staff=/, ''))],
  );
  const disabled = await makeStaff(anteroom, mine);
  const ofDisabled = (await signIn(anteroom, disabled.email)).cookie() as string;
  await anteroom.testDatabase.query('update staff set disabled_at = now() where id = $1', [
    disabled.id,
  ]);
  const rotated = await schedule({});
  const ofRotated = await cookieOfVisit(rotated.url);
  await anteroom.call('POST', `/api/v1/appointments/${rotated.id}/links/rotate`, { body: {} });
  return { ofSignedOut, expired, ofDisabled, ofRotated };
}

const json = { 'content-type': 'application/json' };
const fromOwnPage = { 'sec-fetch-site': 'same-origin' };
const goodCookie = (path: string) => (ofStaff(path) ? cookies.staff : cookies.visit);
/** Behind TLS, where a public address is, the cookie has its prefix. */
const prefixed = (cookie: string) => `__Host-${cookie}`;
const at = (path: string, id: string) => path.replace('{id}', id);
const bodyOf = (method: string, body = '{}') =>
  method === 'GET' || method === 'HEAD' ? {} : { body };

describe('the routes of pages', () => {
  it('that are open to anyone, and those that any staff may ask, are those named here', () => {
    const names = ofPages.map(({ name }) => name);
    expect(
      [...Object.keys(open), ...Object.keys(forAnyStaff)].filter((name) => !names.includes(name)),
    ).toEqual([]);
    const withoutPermission = guarded
      .filter(({ path, permission }) => ofStaff(path) && permission === null)
      .map(({ name }) => plain(name));
    expect(new Set(withoutPermission)).toEqual(new Set(Object.keys(forAnyStaff)));
  });
});

const foreignPages: Record<string, Headers> = {
  'another site’s page': { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  'a page of a neighbouring site': { 'sec-fetch-site': 'same-site' },
  'another site’s page in an old browser': { origin: 'https://evil.example' },
  'a page without an origin': { origin: 'null' },
  'a page of another port': { origin: 'http://127.0.0.1:1' },
  'a page whose address begins like ours': { origin: `${anteroom.url}.evil.example` },
};

const foreignBodies = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/plain; application/json',
];

describe.each(changing)('$name', ({ method, path }) => {
  it.each(Object.entries(foreignPages))('refuses %s', async (_, headers) => {
    const answer = await ask({
      method,
      path: at(path, own.id),
      headers: { ...json, ...headers, cookie: goodCookie(path) },
      body: '{}',
    });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text).code).toBe('cross_site_request');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await stored()).toEqual(before);
  });

  it.each(foreignBodies)('takes no %s', async (type) => {
    const answer = await ask({
      method,
      path: at(path, own.id),
      headers: { 'content-type': type, cookie: goodCookie(path) },
      body: 'reason=stolen',
    });
    expect(answer.status).toBe(415);
    expect(await stored()).toEqual(before);
  });
});

const wrongCookies = (path: string): Record<string, Headers> => ({
  'no cookie': {},
  'an empty cookie': { cookie: 'staff=; visit=' },
  'a made-up cookie': { cookie: `staff=${'x'.repeat(43)}; visit=${'x'.repeat(43)}` },
  'a made-up unverified visit': { cookie: 'visit=u.W10.x' },
  'the other side’s cookie under this name': {
    cookie: ofStaff(path)
      ? cookies.visit.replace('visit', 'staff')
      : cookies.staff.replace('staff', 'visit'),
  },
  'a cookie with the prefix where no TLS is': { cookie: prefixed(goodCookie(path)) },
  'a session that signed out': { cookie: dead.ofSignedOut },
  'a session that expired': { cookie: dead.expired },
  'a session of a disabled account': { cookie: dead.ofDisabled },
  'a visit whose links were rotated': { cookie: dead.ofRotated },
  'the pages of another organisation': {
    cookie: prefixed(goodCookie(path)),
    host: new URL(theirs.publicUrl).host,
  },
  'a client’s token': { authorization: `Bearer ${mine.token}` },
});

describe.each(guarded)('$name lets nobody in', ({ method, path }) => {
  it.each(Object.keys(wrongCookies('')))('with %s', async (name) => {
    for (const id of path.includes('{id}') ? [own.id, foreign, unknownId] : ['']) {
      const answer = await ask({
        method,
        path: at(path, id),
        headers: { ...json, ...fromOwnPage, ...wrongCookies(path)[name] },
        ...bodyOf(method),
      });
      expect(answer.status).toBe(401);
      if (method !== 'HEAD') expect(JSON.parse(answer.text).code).toBe('unauthenticated');
    }
    expect(await stored()).toEqual(before);
  });
});

describe.each(guarded.filter(({ path }) => path.includes('{id}')))('$name', ({ method, path }) => {
  it('says of another organisation’s and another department’s appointment what it says of none', async () => {
    const cookie = inDepartment.get('department_administrator') as string;
    const since = await stored();
    for (const body of ['{}', '{"unknown":1}', '{"reason":"stolen","agent_id":null}']) {
      const answers = [];
      for (const id of [foreign, otherDepartments.id, noDepartments.id, unknownId, 'no-id']) {
        answers.push(
          comparable(
            await ask({
              method,
              path: at(path, id),
              headers: { ...json, ...fromOwnPage, cookie },
              ...bodyOf(method, body),
            }),
          ),
        );
      }
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect([404, 422]).toContain(answers[0]?.status);
    }
    expect(await stored()).toEqual(since);
  });
});

const needing = guarded.filter(({ permission }) => permission !== null);
const mayNot = (permission: string | null) =>
  roles.filter(
    (role) => !(permissions[permission as Permission] as readonly Role[]).includes(role),
  );

describe.each(needing.filter(({ permission }) => mayNot(permission).length > 0))(
  '$name',
  ({ method, path, permission }) => {
    it.each(mayNot(permission))('is not for a %s', async (role) => {
      const cookie = inDepartment.get(role) as string;
      const since = await stored();
      const answer = await ask({
        method,
        path: at(path, own.id),
        headers: { ...json, ...fromOwnPage, cookie },
        ...bodyOf(method),
      });
      expect(answer.status).toBe(403);
      if (method !== 'HEAD') expect(JSON.parse(answer.text).code).toBe('not_permitted');
      expect(await stored()).toEqual(since);
    });
  },
);

// The rows above mean something only if the same requests get in with what they lacked.
describe.each(guarded)('$name lets in', ({ method, path, permission }) => {
  const outside = [401, 403, 404, 405, 415];

  async function expectIn(headers: Headers) {
    const { id } = await schedule({ department_id: here });
    const answer = await ask({ method, path: at(path, id), headers, ...bodyOf(method) });
    expect(outside, answer.text).not.toContain(answer.status);
    expect(answer.status).toBeLessThan(500);
  }
  const fresh = async () =>
    ofStaff(path)
      ? method === 'DELETE'
        ? cookieOfStaff('customer_administrator')
        : cookies.staff
      : cookieOfVisit((await schedule({})).url);

  it('its cookie, from our own page', async () => {
    await expectIn({ ...json, ...fromOwnPage, cookie: await fresh() });
  });

  it('the same on its organisation’s own address, from an old browser', async () => {
    const { host, origin } = new URL(mine.publicUrl);
    await expectIn({ ...json, origin, host, cookie: prefixed(await fresh()) });
  });

  it.runIf(permission)('every role that may, in its department', async () => {
    for (const role of permissions[permission as Permission]) {
      await expectIn({ ...json, ...fromOwnPage, cookie: inDepartment.get(role) as string });
    }
  });
});

it('a password of nobody opens nothing', async () => {
  const page = openPage(anteroom);
  const answer = await page.call('POST', '/portal/api/session', {
    email: 'nobody@example.org',
    password,
  });
  expect(answer.status).toBe(401);
  expect(page.cookie()).toBeNull();
});
