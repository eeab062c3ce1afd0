import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/server.ts';
import { startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

describe('tokens', () => {
  let anteroom: TestServer;
  let token: string;
  beforeAll(async () => {
    anteroom = await startTestServer();
    ({ token } = anteroom.organisations[0]);
  });
  afterAll(() => anteroom.close());

  const statusWith = async (sent: string) =>
    (await anteroom.call('GET', path, { token: sent })).status;

  it('end when they expire', async () => {
    const short = await anteroom.token(anteroom.organisations[0], ['appointments:read']);
    expect(await statusWith(short)).toBe(200);
    await anteroom.testDatabase.query(
      `update access_tokens set expires_at = clock_timestamp() where scopes = '{appointments:read}'`,
    );
    await expect.poll(() => statusWith(short)).toBe(401);
  });

  it('revoked on one server are refused on another within a second', async () => {
    const other = await buildServer({
      databaseUrl: anteroom.testDatabase.appUrl,
      log: pino({ level: 'silent' }),
      trustedProxies: [],
      rateLimitPerMinute: 0,
      sweepEveryMs: 0,
    });
    const port = await other.listen({ host: '127.0.0.1', port: 0 });
    const [organisation] = anteroom.organisations;
    const revoked = await anteroom.token(organisation, ['appointments:write']);
    const there = async () =>
      (
        await fetch(`http://127.0.0.1:${port}${path}/x`, {
          headers: { authorization: `Bearer ${revoked}` },
        })
      ).status;
    expect(await there()).toBe(403);
    const answer = await tokenRequest('revoke', { token: revoked });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    await expect.poll(there, { timeout: 1_000 }).toBe(401);
    await other.close();
    const again = await tokenRequest('revoke', { token: 'never was one' });
    expect(again.status).toBe(200);
  });

  it('are stored as hashes only, and so are secrets', async () => {
    const { query } = anteroom.testDatabase;
    const rows = [
      ...(await query('select * from access_tokens')),
      ...(await query('select * from client_secrets')),
      ...(await query('select * from clients')),
    ];
    const dump = JSON.stringify(rows);
    const raw = Buffer.from(token).toString('hex');
    for (const secret of [token, raw, anteroom.organisations[0].clientSecret]) {
      expect(dump).not.toContain(secret);
    }
  });

  const basic = (id: string, secret: string) =>
    `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

  /** A request to the token endpoint, signed by the first client unless the headers say otherwise. */
  function tokenRequest(
    endpoint: string,
    body: Record<string, string> | string,
    headers: Record<string, string> = {},
  ) {
    const [{ clientId, clientSecret }] = anteroom.organisations;
    return fetch(`${anteroom.url}/oauth2/${endpoint}?clientid=tolerated`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: basic(clientId, clientSecret),
        ...headers,
      },
      body: typeof body === 'string' ? body : new URLSearchParams(body).toString(),
    });
  }

  it('are issued to the pair in the header or in the body, as a form or as JSON, with no more keys than these', async () => {
    const [{ clientId, clientSecret }] = anteroom.organisations;
    const grant = { grant_type: 'client_credentials' };
    const inBody = { ...grant, client_id: clientId, client_secret: clientSecret };
    const bare = (type: string, body: string) =>
      fetch(`${anteroom.url}/oauth2/token`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
    const answers = [
      await tokenRequest('token', { ...grant, scope: '' }),
      await tokenRequest('token', JSON.stringify(grant), { 'content-type': 'application/json' }),
      await bare('application/x-www-form-urlencoded', new URLSearchParams(inBody).toString()),
      await bare('application/json', JSON.stringify(inBody)),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(await answer.json()).toEqual({
        access_token: expect.stringMatching(/^[\w-]{51}$/),
        expires_in: 3600,
        token_type: 'Bearer',
      });
    }
  });

  it.each([
    ['unsupported_grant_type', 400, { grant_type: 'password' }],
    ['invalid_request', 400, {}],
    ['invalid_request', 400, 'grant_type=client_credentials&grant_type=client_credentials'],
    ['invalid_request', 400, 'grant_type=%zz'],
    ['invalid_scope', 400, { grant_type: 'client_credentials', scope: 'everything' }],
  ])('refuse with %s', async (error, status, body) => {
    const answer = await tokenRequest('token', body);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
      status,
      error,
    ]);
  });

  it('are issued to credentials that are form-encoded in the header; a token is no secret, and odd ones are refused', async () => {
    const [{ clientId, clientSecret }] = anteroom.organisations;
    const ask = async (id: string, secret: string) =>
      (
        await tokenRequest(
          'token',
          { grant_type: 'client_credentials' },
          { authorization: basic(id, secret) },
        )
      ).status;
    const encoded = clientId.replaceAll('-', '%2D');
    expect(await ask(encoded, clientSecret)).toBe(200);
    expect(await ask(clientId, token)).toBe(401);
    expect(await ask('a\0', 'b')).toBe(401);
    expect(await ask('a%00', 'b')).toBe(401);
  });

  it('slow down who fails thirty times in a minute', async () => {
    const wrong = () =>
      tokenRequest(
        'token',
        { grant_type: 'client_credentials' },
        { authorization: basic('nobody', 'x') },
      );
    const first = await wrong();
    expect([first.status, first.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="anteroom"',
    ]);
    expect(await first.json()).toMatchObject({ error: 'invalid_client' });
    let limited = first;
    for (let count = 2; count <= 31 && limited.status === 401; count++) limited = await wrong();
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('come with metadata', async () => {
    const answer = await fetch(`${anteroom.url}/.well-known/oauth-authorization-server`);
    expect(await answer.json()).toMatchObject({
      issuer: anteroom.url.replace('127.0.0.1', 'localhost'),
      token_endpoint: `${anteroom.url.replace('127.0.0.1', 'localhost')}/oauth2/token`,
      grant_types_supported: ['client_credentials'],
    });
  });
});
