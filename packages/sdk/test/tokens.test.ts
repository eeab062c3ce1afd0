import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually, startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { Anteroom, AuthenticationError, PermissionError } from '../src/index.ts';
import { anteroomOf, appointment, failureOf, watchedFetch } from './testing.ts';

const tokenPath = '/oauth2/token';

describe('the token that the SDK holds', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is fetched once for 50 calls at once, and held', async () => {
    const { fetch, countOf } = watchedFetch();
    const anteroom = anteroomOf(server, { fetch });
    const calls = Array.from({ length: 50 }, () => anteroom.appointments.page());
    await Promise.all(calls);
    await anteroom.appointments.page();
    expect([countOf(tokenPath), countOf('/api/v1/appointments')]).toEqual([1, 51]);
  });

  it('is renewed a minute before it expires', async () => {
    const { fetch, countOf } = watchedFetch();
    const anteroom = anteroomOf(server, { fetch });
    const before = Date.now();
    await anteroom.appointments.page();
    const after = Date.now();
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(before + (3600 - 60) * 1000 - 1);
    await anteroom.appointments.page();
    expect(countOf(tokenPath)).toBe(1);
    vi.setSystemTime(after + (3600 - 60) * 1000);
    await Promise.all([anteroom.appointments.page(), anteroom.appointments.page()]);
    expect(countOf(tokenPath)).toBe(2);
  });

  it('is replaced when it was revoked, once for all who were refused', async () => {
    const { fetch, sent, countOf } = watchedFetch();
    const anteroom = anteroomOf(server, { fetch });
    await anteroom.appointments.page();
    const token = sent.at(-1)?.headers.authorization?.slice('Bearer '.length) as string;
    const { clientId, clientSecret } = server.organisations[0];
    await globalThis.fetch(`${server.url}/oauth2/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token, client_id: clientId, client_secret: clientSecret }),
    });
    const isRefused = async () => {
      const { status } = await server.call('GET', '/api/v1/appointments', { token });
      return status === 401;
    };
    await eventually(isRefused);
    await Promise.all(
      Array.from({ length: 20 }, () => anteroom.appointments.schedule(appointment())),
    );
    expect(countOf(tokenPath)).toBe(2);
  });

  it('is revoked on demand; the next call has another', async () => {
    const { fetch, sent } = watchedFetch();
    const anteroom = anteroomOf(server, { fetch });
    await anteroom.revokeToken();
    expect(sent).toEqual([]);
    await anteroom.appointments.page();
    const token = sent.at(-1)?.headers.authorization?.slice('Bearer '.length) as string;
    await anteroom.revokeToken();
    await eventually(
      async () => (await server.call('GET', '/api/v1/appointments', { token })).status === 401,
    );
    await anteroom.appointments.page();
    expect(sent.at(-1)?.headers.authorization).not.toBe(`Bearer ${token}`);
  });

  it('has the scopes that were asked for', async () => {
    const anteroom = anteroomOf(server, { scopes: ['appointments:read'] });
    expect((await anteroom.appointments.page()).data).toBeInstanceOf(Array);
    const failure = await failureOf(anteroom.appointments.schedule(appointment()));
    expect(failure).toBeInstanceOf(PermissionError);
    expect(failure.code).toBe('missing_scope');
  });

  it('can be given, and is then not replaced', async () => {
    const { token } = server.organisations[0];
    const { fetch, countOf } = watchedFetch();
    const anteroom = new Anteroom({ url: server.url, token, fetch });
    await anteroom.appointments.page();
    const stale = new Anteroom({ url: server.url, token: 'stale', fetch });
    const failure = await failureOf(stale.appointments.page());
    expect(failure).toBeInstanceOf(AuthenticationError);
    expect([failure.code, failure.status]).toEqual(['unauthenticated', 401]);
    expect([countOf(tokenPath), countOf('/api/v1/appointments')]).toEqual([0, 2]);
  });

  it('can be fetched by a function, as in a browser: again when it is refused, but once', async () => {
    const answers = ['stale', server.organisations[0].token, 'stale', 'stale'];
    let fetched = 0;
    const anteroom = new Anteroom({
      url: server.url,
      fetchToken: async () => ({ access_token: answers[fetched++] as string, expires_in: 3600 }),
    });
    await anteroom.appointments.page();
    await anteroom.appointments.page();
    expect(fetched).toBe(2);
    const unlucky = new Anteroom({
      url: server.url,
      fetchToken: async () => ({ access_token: answers[fetched++] as string, expires_in: 3600 }),
    });
    expect(await failureOf(unlucky.appointments.page())).toBeInstanceOf(AuthenticationError);
    expect(fetched).toBe(4);
  });

  it('outlives the late refusal of the one before', async () => {
    const answers = ['stale', server.organisations[0].token];
    let fetched = 0;
    const renewed = Promise.withResolvers<void>();
    const refused: Promise<Response>[] = [];
    const anteroom = new Anteroom({
      url: server.url,
      fetchToken: async () => ({ access_token: answers[fetched++] ?? 'none', expires_in: 3600 }),
      fetch: async (input, init) => {
        const answer = fetch(input, init);
        // The second of the two refusals arrives once the first call is through.
        if (refused.push(answer) === 2) await renewed.promise;
        return answer;
      },
    });
    const calls = [anteroom.appointments.page(), anteroom.appointments.page()];
    await Promise.race(calls);
    renewed.resolve();
    await Promise.all(calls);
    expect(fetched).toBe(2);
  });

  it('tells what the token endpoint refuses, and asks again at the next call', async () => {
    const organisation = server.organisations[0];
    const wrong = anteroomOf(server, {}, { ...organisation, clientSecret: 'wrong' });
    const failures = await Promise.all([
      failureOf(wrong.appointments.page()),
      failureOf(wrong.appointments.page()),
    ]);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(AuthenticationError);
      expect([failure.code, failure.status]).toEqual(['invalid_client', 401]);
    }
    const greedy = anteroomOf(server, { scopes: ['nothing:such' as 'reports:read'] });
    const failure = await failureOf(greedy.appointments.page());
    expect([failure.code, failure.status]).toEqual(['invalid_scope', 400]);
    expect(failure).toBeInstanceOf(AuthenticationError);
  });
});
