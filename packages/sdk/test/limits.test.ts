import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { Anteroom, ConnectionError, type Credentials, DeadlineError } from '../src/index.ts';
import { type FaultyProxy, startProxy } from './proxy.ts';
import { anteroomOf, appointment, failureOf, watchedFetch } from './testing.ts';

describe('the limits of a call', () => {
  let server: TestServer;
  let proxy: FaultyProxy;
  beforeAll(async () => {
    server = await startTestServer({ rateLimitPerMinute: 1_000 });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    proxy = await startProxy(server.url);
  });
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children) child.kill();
    await proxy.close();
  });

  /** A process that calls `url` and aborts when told; resolves once it has ended of its own accord. */
  function abortingProcess(url: string, credentials: Credentials) {
    const file = join(import.meta.dirname, 'aborting.ts');
    const child = fork(file, [url, JSON.stringify(credentials)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    children.push(child);
    return { child, ended: once(child, 'exit') };
  }
  async function abort(child: ChildProcess): Promise<unknown> {
    const answer = new Promise((resolve) => {
      child.on('message', (message) => message !== 'answered' && resolve(message));
    });
    child.send('abort');
    return answer;
  }

  it('rejects with the reason of a signal that has fired already, and sends nothing', async () => {
    const { fetch, sent } = watchedFetch();
    const anteroom = anteroomOf(server, { fetch });
    const signal = AbortSignal.abort(new Error('too late'));
    expect((await failureOf(anteroom.appointments.page({}, { signal }))).message).toBe('too late');
    expect(sent).toEqual([]);
  });

  it.each(['token', 'request'])(
    'leaves nothing behind when aborted during its %s',
    async (stage) => {
      const { clientId, clientSecret, token } = server.organisations[0];
      proxy.hold();
      const credentials = stage === 'token' ? { clientId, clientSecret } : { token };
      const { child, ended } = abortingProcess(proxy.url, credentials);
      await eventually(() => proxy.requests() === 1);
      expect(await abort(child)).toBe('changed my mind');
      expect(await ended).toEqual([0, null]);
      await eventually(() => proxy.connections() === 0);
    },
  );

  it('leaves nothing behind when aborted while it waits to repeat', async () => {
    await proxy.goAway();
    const { child, ended } = abortingProcess(proxy.url, { token: 'any' });
    await once(child, 'message');
    expect(await abort(child)).toBe('changed my mind');
    expect(await ended).toEqual([0, null]);
    await proxy.comeBack();
  });

  it('leaves nothing behind when aborted while it waits for the limiter', async () => {
    const limited = await startTestServer({ rateLimitPerMinute: 1 });
    const { token } = limited.organisations[0];
    await limited.call('GET', '/api/v1/appointments');
    const { child, ended } = abortingProcess(limited.url, { token });
    await once(child, 'message');
    expect(await abort(child)).toBe('changed my mind');
    expect(await ended).toEqual([0, null]);
    await limited.close();
  });

  it('ends a loop over a list', async () => {
    const anteroom = anteroomOf(server);
    for (let count = 0; count < 3; count++) await anteroom.appointments.schedule(appointment());
    const controller = new AbortController();
    const seen: string[] = [];
    const loop = async () => {
      const list = anteroom.appointments.list({ per_page: 1 }, { signal: controller.signal });
      for await (const { id } of list) {
        seen.push(id);
        controller.abort(new Error('enough'));
      }
    };
    expect((await failureOf(loop())).message).toBe('enough');
    expect(seen).toHaveLength(1);
  });

  it('lets the others have the token whose fetch one of them gave up', async () => {
    const { token } = server.organisations[0];
    const asked = Promise.withResolvers<AbortSignal>();
    const handedOut = Promise.withResolvers<void>();
    const anteroom = new Anteroom({
      url: server.url,
      async fetchToken(signal) {
        asked.resolve(signal);
        await handedOut.promise;
        return { access_token: token, expires_in: 3600 };
      },
    });
    const controller = new AbortController();
    const leaving = failureOf(anteroom.appointments.page({}, { signal: controller.signal }));
    const staying = anteroom.appointments.page();
    const signal = await asked.promise;
    controller.abort(new Error('gone'));
    expect((await leaving).message).toBe('gone');
    expect(signal.aborted).toBe(false);
    handedOut.resolve();
    expect((await staying).data).toBeInstanceOf(Array);
  });

  it('ends the fetch of a token that nobody waits for any more, and begins another later', async () => {
    const { token } = server.organisations[0];
    const signals: AbortSignal[] = [];
    const anteroom = new Anteroom({
      url: server.url,
      async fetchToken(signal) {
        signals.push(signal);
        if (signals.length === 1) await once(signal, 'abort');
        return { access_token: signals.length === 1 ? 'stale' : token, expires_in: 3600 };
      },
    });
    const failure = await failureOf(anteroom.appointments.page({}, { deadlineMs: 20 }));
    expect(failure).toBeInstanceOf(DeadlineError);
    expect(signals[0]?.aborted).toBe(true);
    expect((await anteroom.appointments.page()).data).toBeInstanceOf(Array);
  });

  it('ends at the deadline, and says what the last attempt met', async () => {
    const { token } = server.organisations[0];
    proxy.hold();
    const anteroom = new Anteroom({ url: proxy.url, token, deadlineMs: 50 });
    const failure = await failureOf(anteroom.appointments.page());
    expect(failure).toBeInstanceOf(DeadlineError);
    expect(failure.code).toBe('deadline_exceeded');

    // The first attempt fails, the second is not answered.
    let attempts = 0;
    const unlucky = new Anteroom({
      url: server.url,
      token,
      deadlineMs: 3_000,
      fetch: async (input, init) => {
        attempts += 1;
        if (attempts === 1) throw new TypeError('no route');
        return fetch(`${proxy.url}${new URL(String(input)).pathname}`, init);
      },
    });
    const late = await failureOf(unlucky.appointments.page());
    expect(late).toBeInstanceOf(DeadlineError);
    expect(late.attempts).toBe(2);
    expect(late.cause).toBeInstanceOf(ConnectionError);
  });
});
