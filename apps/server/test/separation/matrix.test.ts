import { type Scope, scopeNames } from '@anteroom/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { createClient, revokeClient } from '../../src/access/administration.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { readOperations } from '../openapi.ts';
import { startWithRoutes } from '../routes.ts';
import { makeAppointment, makeThing } from '../things.ts';
import { askOf, comparable, type Headers, isOfPages, storedIn } from './asking.ts';

/**
 * Open to anyone, and why; a star stands for the files of a folder. Every other route asks for a
 * token: a new one that does not is red until it stands here.
 */
const open: Record<string, string> = {
  'POST /oauth2/token': 'asks for the client’s secret',
  'POST /oauth2/revoke': 'asks for the client’s secret',
  'GET /.well-known/oauth-authorization-server': 'says where tokens come from, to who has none',
  'GET /api/openapi.json': 'is read before there is a client',
  'GET /api/docs': 'is read before there is a client',
  'GET /api/docs/*': 'what that page is made of',
  'GET /healthz': 'whatever watches the process has no token; says nothing else',
  'GET /readyz': 'whatever sends requests here has no token; says nothing else',
};

/** The same files for everyone; what is in them is asked for behind a cookie. */
const pages = [
  '/',
  ...['/client-web', '/client-web/*', '/client-web/assets/*', '/j/{code}'],
  ...['/portal', '/portal/*', '/portal/assets/*', '/meet/{room}'],
];

const unknownId = '0198c2c4-2820-7002-8533-ab1b86d419da';
const { anteroom, routes } = await startWithRoutes({ sandboxAt: new Date().toISOString() });
afterAll(() => anteroom.close());

const operations = await readOperations(anteroom.url);
const described = new Map(operations.map((operation) => [operation.name, operation]));
const [mine, theirs] = anteroom.organisations;
const opens = (key: string, name: string) =>
  key.endsWith('*') ? name.startsWith(key.slice(0, -1)) : name === key;
const isOpen = ({ name }: { name: string }) =>
  Object.keys(open).some((key) => opens(key, name.replace(/^HEAD /, 'GET ')));
const isPage = ({ path }: { path: string }) => pages.includes(path);
/** Who asks from a page is known by a cookie: pages.test.ts. */
const guarded = routes.filter(
  (route) => !route.isRefusal && !isOpen(route) && !isPage(route) && !isOfPages(route),
);
/** A HEAD is the GET without its body. */
const operationOf = (name: string) => described.get(name.replace(/^HEAD /, 'GET '));

const ask = askOf(anteroom);
const stored = storedIn(anteroom);

/** The request that a route's description asks for. */
function usual(route: { method: string; path: string; name: string }, id: string) {
  const example = operationOf(route.name)?.example;
  return {
    method: route.method,
    path: route.path.replace(/\{\w+\}/, id),
    headers: example ? { 'content-type': 'application/json' } : {},
    ...(example ? { body: JSON.stringify(example) } : {}),
  };
}

/** The same fields, none of which can be read. */
const spoil = (body: object) =>
  Object.fromEntries(Object.keys(body).map((name) => [name, [{ unreadable: true }]]));

const things = new Map<string, { own: string; foreign: string }>();
for (const { path } of guarded) {
  things.set(path, {
    own: await makeThing(anteroom, path, mine),
    foreign: await makeThing(anteroom, path, theirs),
  });
}
const { url: claimantLink, meeting, id: sampleId } = await makeAppointment(anteroom, mine);
const roomKey = new URL(meeting.room_url).searchParams.get('roomKey') as string;
const [{ entryCode = '' } = {}] = await anteroom.testDatabase.query<{ entryCode: string }>(
  'select entry_code as "entryCode" from appointments where id = $1',
  [sampleId],
);
const dead = await makeDeadTokens();
const lacking = new Map<Scope, string>();
for (const scope of scopeNames) {
  const others = scopeNames.filter((other) => other !== scope);
  lacking.set(scope, await anteroom.token(mine, others));
}
const before = await stored();

/** Tokens that were good once, and were never used. */
async function makeDeadTokens() {
  const expired = await anteroom.token(mine, scopeNames);
  await anteroom.testDatabase.query(
    `update access_tokens set expires_at = clock_timestamp() where token_hash = sha256($1)`,
    [Buffer.from(expired)],
  );
  const revoked = await anteroom.token(mine, scopeNames);
  await anteroom.call('POST', '/oauth2/revoke', {
    body: { token: revoked },
    headers: { authorization: basic(mine.clientId, mine.clientSecret) },
  });
  const owner = await openDatabase({ url: anteroom.testDatabase.ownerUrl });
  const client = await createClient(owner.in(mine.id), { name: 'Gone', scopes: scopeNames });
  const pair = { clientId: client.id, clientSecret: client.secret };
  const ofRevokedClient = await anteroom.token({ ...mine, ...pair }, scopeNames);
  await revokeClient(owner.in(mine.id), client.id);
  await owner.close();
  return { expired, revoked, ofRevokedClient };
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

const base64 = (text: string) => Buffer.from(text).toString('base64url');
const withToken = (token: string): Headers => ({ authorization: `Bearer ${token}` });

interface BadCredentials {
  headers: Headers;
  query?: string;
  /** The error of RFC 6750 section 3.1 that the challenge names; none where nothing was sent. */
  error?: 'invalid_request' | 'invalid_token';
}

const { token } = mine;
const badCredentials: Record<string, BadCredentials> = {
  'no token': { headers: {} },
  'an empty header': { headers: { authorization: '' }, error: 'invalid_request' },
  'the scheme alone': { headers: { authorization: 'Bearer' }, error: 'invalid_request' },
  'another scheme': { headers: { authorization: `Token ${token}` }, error: 'invalid_request' },
  'Basic with a token': { headers: { authorization: `Basic ${token}` }, error: 'invalid_request' },
  'Basic with a client’s id and secret': {
    headers: { authorization: basic(mine.clientId, mine.clientSecret) },
    error: 'invalid_request',
  },
  'the bare token': { headers: { authorization: token }, error: 'invalid_request' },
  'two tokens in one line': {
    headers: withToken(`${token}, Bearer ${token}`),
    error: 'invalid_request',
  },
  'two lines': {
    headers: { authorization: [`Bearer ${token}`, `Bearer ${theirs.token}`] },
    error: 'invalid_request',
  },
  'a token of 8 kB': { headers: withToken('a'.repeat(8192)), error: 'invalid_request' },
  'a token in the address': {
    headers: {},
    query: `access_token=${token}`,
  },
  'a token in the address beside a good one': {
    headers: withToken(token),
    query: `access_token=${token}`,
    error: 'invalid_request',
  },
  'a made-up token': { headers: withToken(base64('x'.repeat(32))), error: 'invalid_token' },
  'a cut token': { headers: withToken(token.slice(0, -1)), error: 'invalid_token' },
  'a doubled token': { headers: withToken(token + token), error: 'invalid_token' },
  'a token in capitals': { headers: withToken(token.toUpperCase()), error: 'invalid_token' },
  'an expired token': { headers: withToken(dead.expired), error: 'invalid_token' },
  'a revoked token': { headers: withToken(dead.revoked), error: 'invalid_token' },
  'a revoked client’s token': { headers: withToken(dead.ofRevokedClient), error: 'invalid_token' },
  'a room key': { headers: withToken(roomKey), error: 'invalid_token' },
  'a claimant’s token': {
    headers: withToken(new URL(claimantLink).hash.slice(1)),
    error: 'invalid_token',
  },
  'an entry code': { headers: withToken(entryCode), error: 'invalid_token' },
  'a client’s secret': { headers: withToken(mine.clientSecret), error: 'invalid_token' },
  'a JWT without an algorithm': {
    headers: withToken(`${base64('{"alg":"none"}')}.${base64('{}')}.`),
    error: 'invalid_token',
  },
  'another organisation’s host name': {
    headers: { ...withToken(token), host: new URL(theirs.publicUrl).host },
    error: 'invalid_token',
  },
  'another organisation’s host name in capitals': {
    headers: { ...withToken(token), host: new URL(theirs.publicUrl).host.toUpperCase() },
    error: 'invalid_token',
  },
};

describe('the routes of the server', () => {
  it('that are open to anyone are those named here', () => {
    const isThere = (key: string) => routes.some(({ name }) => opens(key, name));
    expect(Object.keys(open).filter((key) => !isThere(key))).toEqual([]);
  });

  it('that are no part of the interface are pages', () => {
    const hidden = routes.filter(({ isHidden, isRefusal }) => isHidden && !isRefusal);
    expect(new Set(hidden.map(({ path }) => path))).toEqual(new Set(pages));
  });

  it('that ask for a token are described, with the scope that they ask for', () => {
    const wrong = guarded.filter(({ name }) => operationOf(name)?.scopes?.length !== 1);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('are all that is described', () => {
    const names = routes.filter(({ isRefusal }) => !isRefusal).map(({ name }) => name);
    expect([...described.keys()].filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(routes.filter(({ isRefusal }) => isRefusal))(
    'do nothing behind $name but refuse the method, whoever asks',
    async ({ method, path }) => {
      for (const headers of [{}, withToken('x'), withToken(token), withToken(theirs.token)]) {
        const answer = await ask({ method, path: path.replace(/\{\w+\}/, sampleId), headers });
        expect(answer.status).toBe(405);
        if (method !== 'HEAD') expect(JSON.parse(answer.text).code).toBe('method_not_allowed');
        expect(String(answer.headers.allow).split(', ')).not.toContain(method);
      }
    },
  );

  it.each(routes.filter((route) => isOpen(route) && !route.isRefusal && route.method === 'GET'))(
    'tell anyone the same behind $name, and nothing of an organisation',
    async ({ method, path }) => {
      const answers = [];
      for (const headers of [{}, withToken('x'), withToken(token), withToken(theirs.token)]) {
        answers.push(comparable(await ask({ method, path, headers })));
      }
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(answers[0]?.status).toBe(200);
      const secrets = [mine.id, theirs.id, mine.clientId, 'visits-1', 'Organisation 1', sampleId];
      for (const secret of secrets) expect(answers[0]?.text).not.toContain(secret);
    },
  );
});

describe.each(guarded)('$name', (route) => {
  const { method, path, name } = route;
  const { own = '', foreign = '' } = things.get(path) ?? {};
  const namesOne = path.includes('{');
  const ids = namesOne ? [own, foreign, unknownId] : [''];

  /** Every id is answered alike, with these bytes and this challenge, and nothing has changed. */
  async function expectRefusals(
    credentials: { headers: Headers; query?: string | undefined },
    expected: { status: number; code: string; message: string; challenge: string },
  ) {
    for (const id of ids) {
      const { headers, ...asked } = usual(route, id);
      const answer = await ask({
        ...asked,
        path: asked.path + (credentials.query ? `?${credentials.query}` : ''),
        headers: { ...headers, ...credentials.headers },
      });
      expect(answer.status).toBe(expected.status);
      expect(answer.headers['www-authenticate']).toBe(expected.challenge);
      const { code, message } = expected;
      const body = { message, code, request_id: answer.headers['x-request-id'] };
      expect(answer.text).toBe(method === 'HEAD' ? '' : JSON.stringify(body));
    }
    expect(await stored()).toEqual(before);
  }

  it.each(Object.entries(badCredentials))('refuses %s', async (_, { headers, query, error }) => {
    await expectRefusals(
      { headers, query },
      {
        status: 401,
        code: 'unauthenticated',
        message: 'Unauthenticated.',
        challenge: `Bearer realm="anteroom"${error ? `, error="${error}"` : ''}`,
      },
    );
  });

  const needed = (operationOf(name)?.scopes ?? []) as Scope[];

  it.each(needed)('refuses a token that has every scope but %s', async (scope) => {
    await expectRefusals(
      { headers: withToken(lacking.get(scope) as string) },
      {
        status: 403,
        code: 'missing_scope',
        message: `This token lacks the scope ${scope}.`,
        challenge: `Bearer realm="anteroom", error="insufficient_scope", scope="${scope}"`,
      },
    );
  });

  it.runIf(namesOne)('says of another organisation’s id what it says of none', async () => {
    const { headers, body, ...asked } = usual(route, '');
    const json = { 'content-type': 'application/json' };
    const ways: { headers: Headers; body?: string }[] = [
      { headers: { ...headers, ...withToken(token) }, ...(body ? { body } : {}) },
      ...(body
        ? [
            { headers: json, body: '{}' },
            { headers: json, body: '{"unknown":1}' },
            { headers: json, body: JSON.stringify(spoil(JSON.parse(body))) },
            {
              headers: { 'content-type': 'application/x-www-form-urlencoded' },
              body: 'claimant[name]=Stolen',
            },
          ]
        : []),
      ...['"1"', '"7"', '*'].map((tag) => ({ headers: { ...json, 'if-match': tag }, body: '{}' })),
      { headers: { 'if-none-match': '"1"' } },
      { headers: { ...json, prefer: 'handling=strict' }, body: '{"unknown":1}' },
      { headers: { ...json, 'idempotency-key': 'foreign' }, body: body ?? '{}' },
    ];
    const statuses = new Set<number>();
    for (const way of ways) {
      const answers = [];
      for (const id of [foreign, unknownId]) {
        const key = way.headers['idempotency-key'];
        const answer = await ask({
          method,
          path: path.replace(/\{\w+\}/, id),
          headers: {
            ...way.headers,
            ...withToken(token),
            // Each with a key of its own: a key belongs to one request.
            ...(key ? { 'idempotency-key': `${key}-${id}` } : {}),
          },
          ...(way.body && asked.method !== 'GET' && asked.method !== 'HEAD'
            ? { body: way.body }
            : {}),
        });
        answers.push(comparable(answer));
      }
      expect(answers[0]).toEqual(answers[1]);
      statuses.add(answers[0]?.status ?? 0);
    }
    expect([...statuses].filter((status) => ![404, 422].includes(status))).toEqual([]);
    expect(statuses).toContain(404);
    expect(await stored()).toEqual(before);
  });
});

// The rows above mean something only if the same requests get in with what they lacked.
describe.each(guarded)('$name lets in', (route) => {
  const { path, name } = route;
  const needed = (operationOf(name)?.scopes ?? []) as Scope[];
  const outside = [401, 403, 404, 405, 415];

  it.each<[string, () => Promise<Headers>]>([
    [
      'a token with no scope but the one it needs',
      async () =>
        withToken(await anteroom.token(mine, needed.length > 0 ? needed : ['reports:read'])),
    ],
    ['the scheme in any case', async () => ({ authorization: `bEARER ${token}` })],
    [
      'a request to its organisation’s own host name',
      async () => ({ ...withToken(token), host: new URL(mine.publicUrl).host }),
    ],
  ])('%s', async (_, credentials) => {
    const { headers, ...asked } = usual(route, await makeThing(anteroom, path, mine));
    const answer = await ask({ ...asked, headers: { ...headers, ...(await credentials()) } });
    expect(outside, answer.text).not.toContain(answer.status);
    expect(answer.status).toBeLessThan(500);
  });
});
