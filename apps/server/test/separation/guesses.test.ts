import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer, type Server } from '../../src/server.ts';
import { startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';
const grant = 'grant_type=client_credentials';
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

describe('who guesses', () => {
  let anteroom: TestServer;
  /** Behind a proxy, so that a test can come from several addresses. */
  let proxied: Server;
  let url: string;
  beforeAll(async () => {
    anteroom = await startTestServer();
    proxied = await buildServer({
      databaseUrl: anteroom.testDatabase.appUrl,
      log: pino({ level: 'silent' }),
      trustedProxies: ['127.0.0.1'],
      rateLimitPerMinute: 0,
      sweepEveryMs: 0,
    });
    url = `http://127.0.0.1:${await proxied.listen({ host: '127.0.0.1', port: 0 })}`;
  });
  afterAll(async () => {
    await proxied.close();
    await anteroom.close();
  });

  const fetchToken = (from: string, id: string, secret: string) =>
    fetch(`${url}/oauth2/token`, {
      method: 'POST',
      headers: {
        'x-forwarded-for': from,
        authorization: basic(id, secret),
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: grant,
    });

  it('is stopped after thirty failures, alone: others go on, and so does a client that is right', async () => {
    const [{ clientId, clientSecret }] = anteroom.organisations;
    const guess = (from: string) => fetchToken(from, clientId, 'a wrong secret');
    // Being right does not count, however often.
    for (let count = 0; count < 40; count++) {
      expect((await fetchToken('192.0.2.1', clientId, clientSecret)).status).toBe(200);
    }
    for (let count = 0; count < 30; count++) expect((await guess('192.0.2.1')).status).toBe(401);
    const stopped = await guess('192.0.2.1');
    expect(stopped.status).toBe(429);
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0);
    // Also with the right secret: else the thirty-first guess would tell.
    expect((await fetchToken('192.0.2.1', clientId, clientSecret)).status).toBe(429);

    expect((await guess('192.0.2.2')).status).toBe(401);
    expect((await fetchToken('192.0.2.2', clientId, clientSecret)).status).toBe(200);
  });

  it('counts as one from all addresses of an IPv6 network', async () => {
    for (let count = 0; count < 30; count++) {
      const answer = await fetchToken(`2001:db8:1:2::${count + 1}`, 'nobody', 'nothing');
      expect(answer.status).toBe(401);
    }
    expect((await fetchToken('2001:db8:1:2:ffff::1', 'nobody', 'nothing')).status).toBe(429);
    expect((await fetchToken('2001:db8:1:3::1', 'nobody', 'nothing')).status).toBe(401);
  });

  it('cannot choose an address where no proxy is trusted', async () => {
    const guess = (from: string) =>
      fetch(`${anteroom.url}/oauth2/token`, {
        method: 'POST',
        headers: { 'x-forwarded-for': from, authorization: basic('nobody', 'nothing') },
        body: new URLSearchParams(grant),
      });
    for (let count = 0; count < 30; count++) {
      expect((await guess(`198.51.100.${count}`)).status).toBe(401);
    }
    expect((await guess('198.51.100.200')).status).toBe(429);
  });
});

describe('who makes up tokens', () => {
  let anteroom: TestServer;
  /** Behind a proxy, so that a test can come from several addresses. */
  let proxied: Server;
  let url: string;
  beforeAll(async () => {
    anteroom = await startTestServer();
    proxied = await buildServer({
      databaseUrl: anteroom.testDatabase.appUrl,
      log: pino({ level: 'silent' }),
      trustedProxies: ['127.0.0.1'],
      rateLimitPerMinute: 0,
      sweepEveryMs: 0,
    });
    url = `http://127.0.0.1:${await proxied.listen({ host: '127.0.0.1', port: 0 })}`;
  });
  afterAll(async () => {
    await proxied.close();
    await anteroom.close();
  });

  const ask = async (from: string, token: string) => {
    const headers = { 'x-forwarded-for': from, authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}${path}`, { headers });
    await answer.arrayBuffer();
    return answer;
  };
  const statusOf = async (from: string, token: string) => (await ask(from, token)).status;
  /** Of the length and letters of ours, and of others. */
  const madeUp = (index: number) =>
    index % 3 === 0
      ? randomBytes(32).toString('base64url')
      : randomBytes(40).toString('base64url').slice(0, anteroom.organisations[0].token.length);

  /** What made-up tokens are answered; between them comes a good one. */
  async function guessUntilLimited(from: string, good: string): Promise<number[]> {
    const statuses: number[] = [];
    while (!statuses.includes(429) && statuses.length < 4_000) {
      const some = Array.from({ length: 50 }, (_, index) => statusOf(from, madeUp(index)));
      statuses.push(...(await Promise.all(some)));
      expect(await statusOf(from, good)).toBe(200);
    }
    return statuses;
  }

  it('finds none, and is told to wait; whoever has a token there does not notice', async () => {
    const [mine, other] = anteroom.organisations;
    const statuses = await guessUntilLimited('192.0.2.1', mine.token);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(1_000);
    const limited = await ask('192.0.2.1', madeUp(1));
    expect([limited.status, Number(limited.headers.get('retry-after')) > 0]).toEqual([429, true]);
    // A token that nobody has shown yet, and one of another organisation.
    const fresh = await anteroom.token(mine, ['appointments:read']);
    expect(await statusOf('192.0.2.1', fresh)).toBe(200);
    expect(await statusOf('192.0.2.1', other.token)).toBe(200);
    expect(await statusOf('192.0.2.2', madeUp(1))).toBe(401);
  });

  it('is not confused with who has an old token', async () => {
    const [mine] = anteroom.organisations;
    await guessUntilLimited('192.0.2.3', mine.token);
    const fresh = await anteroom.token(mine, ['reports:read']);
    await anteroom.testDatabase.query(
      `update access_tokens set revoked_at = now() where scopes = '{reports:read}'`,
    );
    expect(await statusOf('192.0.2.3', fresh)).toBe(401);
    expect(await statusOf('192.0.2.3', madeUp(1))).toBe(429);
  });

  it('never asks the database', async () => {
    const fresh = await anteroom.token(anteroom.organisations[0], ['appointments:read']);
    const { query } = anteroom.testDatabase;
    await query('revoke execute on function find_access_token from anteroom_app');
    const statuses = [];
    for (let index = 0; index < 5; index++)
      statuses.push(await statusOf('192.0.2.4', madeUp(index)));
    const [head, tail] = [fresh.slice(0, -1), fresh.slice(-1)];
    statuses.push(await statusOf('192.0.2.4', head + (tail === 'A' ? 'B' : 'A')));
    const asking = await statusOf('192.0.2.4', fresh);
    await query('grant execute on function find_access_token to anteroom_app');
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401]);
    expect(asking).toBe(500);
    expect(await statusOf('192.0.2.4', fresh)).toBe(200);
  });
});

describe('what is stored', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  it('opens nothing, in any spelling', async () => {
    const { query } = anteroom.testDatabase;
    const rows = await query<{ hash: Buffer }>(
      `select token_hash as hash from access_tokens union all select secret_hash from client_secrets`,
    );
    expect(rows).toHaveLength(4);
    for (const { hash } of rows) {
      for (const spelling of ['hex', 'base64', 'base64url'] as const) {
        const guess = hash.toString(spelling);
        expect((await anteroom.call('GET', path, { token: guess })).status).toBe(401);
        const answer = await fetch(`${anteroom.url}/oauth2/token`, {
          method: 'POST',
          headers: { authorization: basic(anteroom.organisations[0].clientId, guess) },
          body: new URLSearchParams(grant),
        });
        expect(answer.status).toBe(401);
      }
    }
  });

  it('lets a client’s tokens end with the client, within a second', async () => {
    const [{ clientId, token }] = anteroom.organisations;
    expect((await anteroom.call('GET', path)).status).toBe(200);
    await anteroom.testDatabase.query(
      'update clients set revoked_at = clock_timestamp() where id = $1',
      [clientId],
    );
    await expect
      .poll(async () => (await anteroom.call('GET', path, { token })).status, { timeout: 1_100 })
      .toBe(401);
  });
});

describe('two Authorization lines', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  /** A bare request: fetch would join the lines. */
  const ask = (...authorization: string[]) =>
    new Promise<{ status: number | undefined; challenge: string | undefined }>(
      (resolve, reject) => {
        const lines = authorization.flatMap((line) => ['authorization', line]);
        const headers = ['host', new URL(anteroom.url).host, ...lines];
        const asked = request(`${anteroom.url}${path}`, { headers });
        asked.on('response', (response) => {
          response.resume();
          const { statusCode: status, headers } = response;
          response.on('end', () => resolve({ status, challenge: headers['www-authenticate'] }));
        });
        asked.on('error', reject);
        asked.end();
      },
    );

  it('are refused, whichever of them would do', async () => {
    const good = `Bearer ${anteroom.organisations[0].token}`;
    const other = `Bearer ${anteroom.organisations[1].token}`;
    expect((await ask(good)).status).toBe(200);
    for (const lines of [
      [good, good],
      [good, other],
      [good, 'Bearer nonsense'],
      ['Bearer nonsense', good],
      ['', good],
    ]) {
      const { status, challenge } = await ask(...lines);
      expect([status, challenge]).toEqual([401, expect.stringMatching(/^Bearer /)]);
    }
  });
});
