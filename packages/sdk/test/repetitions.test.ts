import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually, startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import {
  Anteroom,
  ConnectionError,
  NotFoundError,
  RateLimitError,
  UnavailableError,
  VersionMismatchError,
} from '../src/index.ts';
import { type FaultyProxy, startProxy } from './proxy.ts';
import { anteroomOf, appointment, failureOf, watchedFetch } from './testing.ts';

describe('repetitions by the SDK', () => {
  let server: TestServer;
  let proxy: FaultyProxy;
  let anteroom: Anteroom;
  let watched: ReturnType<typeof watchedFetch>;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    proxy = await startProxy(server.url);
    watched = watchedFetch();
    anteroom = anteroomOf(server, { url: proxy.url, fetch: watched.fetch });
    // From here on it holds a token.
    await anteroom.appointments.page();
    watched.sent.length = 0;
  });
  afterEach(async () => {
    vi.useRealTimers();
    await proxy.close();
  });

  it('schedules once when the answer is lost after the commit, with one key', async () => {
    proxy.loseAnswers(2);
    const body = appointment();
    const { data, isReplayed } = await anteroom.appointments.schedule(body);
    expect(isReplayed).toBe(true);
    const keys = watched.sent.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    const stored = await server.testDatabase.query<{ id: string }>(
      'select id from appointments where reference = $1',
      [body.reference],
    );
    expect(stored).toEqual([{ id: data.id }]);
  });

  it('cancels once when the answer is lost, and leaves one event', async () => {
    const { data, etag } = await anteroom.appointments.schedule(appointment());
    proxy.loseAnswers(1);
    const cancelled = await anteroom.appointments.cancel(data.id, {}, { ifMatch: etag });
    expect(cancelled).toMatchObject({ data: { status: 'cancelled' }, isReplayed: true });
    const types: string[] = [];
    for await (const { type } of anteroom.appointments.events(data.id)) types.push(type);
    expect(types).toEqual(['appointment.scheduled', 'appointment.cancelled']);
  });

  it('reads again when the answer is lost', async () => {
    const { data } = await anteroom.appointments.schedule(appointment());
    proxy.loseAnswers(1);
    expect((await anteroom.appointments.read(data.id)).data).toEqual(data);
  });

  it('does not repeat a change without a condition: it could undo another’s', async () => {
    const { data } = await anteroom.appointments.schedule(appointment());
    watched.sent.length = 0;
    proxy.loseAnswers(1);
    const call = anteroom.appointments.change(data.id, { duration_in_minutes: 31 });
    const failure = await failureOf(call);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure).toMatchObject({ code: 'connection_failed', attempts: 1 });
    expect(watched.sent).toHaveLength(1);
    // It was carried out all the same, which nobody could know.
    expect((await anteroom.appointments.read(data.id)).data.duration_in_minutes).toBe(31);
  });

  it('repeats a change with a condition, and tells that it may have been made', async () => {
    const { data, etag } = await anteroom.appointments.schedule(appointment());
    const changes = { duration_in_minutes: 31 };
    proxy.loseAnswers(1);
    const failure = await failureOf(
      anteroom.appointments.change(data.id, changes, { ifMatch: etag }),
    );
    expect(failure).toBeInstanceOf(VersionMismatchError);
    expect(failure.attempts).toBe(2);

    // Where it was not carried out, the repetition does it.
    const read = await anteroom.appointments.read(data.id);
    await proxy.goAway();
    const { fetch } = globalThis;
    let failed = 0;
    const patient = anteroomOf(server, {
      url: proxy.url,
      fetch: async (input, init) => {
        try {
          return await fetch(input, init);
        } catch (error) {
          if (++failed === 1) await proxy.comeBack();
          throw error;
        }
      },
    });
    const changed = await patient.appointments.change(
      data.id,
      { duration_in_minutes: 32 },
      { ifMatch: read.etag },
    );
    expect(changed.data.duration_in_minutes).toBe(32);
    expect(failed).toBe(1);
  });

  it('schedules each of 30 once through a breakdown in their midst', async () => {
    const references = Array.from({ length: 30 }, (_, number) => `breakdown-${number}`);
    const before = proxy.requests();
    const calls = references.map((reference) =>
      anteroom.appointments.schedule(appointment({ reference })),
    );
    await eventually(() => proxy.requests() >= before + 10);
    await proxy.goAway();
    await proxy.comeBack();
    const answers = await Promise.all(calls);
    const stored = await server.testDatabase.query<{ id: string; reference: string }>(
      `select id, reference from appointments where reference like 'breakdown-%'`,
    );
    const named = answers.map(({ data: { id, reference } }) => ({ id, reference }));
    expect(stored).toHaveLength(30);
    expect(stored).toEqual(expect.arrayContaining(named));
  });

  it('repeats what a proxy could not hand on, where that is safe', async () => {
    const { token } = server.organisations[0];
    const { data, etag } = await anteroom.appointments.schedule(appointment());
    let refusals = 1;
    const behindProxy = new Anteroom({
      url: server.url,
      token,
      fetch: async (input, init) =>
        refusals-- > 0 ? new Response('<p>Bad gateway</p>', { status: 502 }) : fetch(input, init),
    });
    expect((await behindProxy.appointments.read(data.id)).data.id).toBe(data.id);
    refusals = 1;
    const changes = { duration_in_minutes: 34 };
    const failure = await failureOf(behindProxy.appointments.change(data.id, changes));
    expect(failure).toBeInstanceOf(UnavailableError);
    refusals = 1;
    const changed = await behindProxy.appointments.change(data.id, changes, { ifMatch: etag });
    expect(changed.data.duration_in_minutes).toBe(34);
  });

  it('waits for its own earlier attempt that still holds the key', async () => {
    const outside = new Client({ connectionString: server.testDatabase.superuserUrl });
    await outside.connect();
    const { id, clientId } = server.organisations[0];
    await outside.query('begin');
    await outside.query(
      `insert into idempotency_keys (organisation_id, client_id, route, key, fingerprint, status, headers, body)
       values ($1, $2, 'POST /api/v1/appointments', 'held', '', 201, '{}', '')`,
      [id, clientId],
    );
    const call = anteroom.appointments.schedule(appointment(), { idempotencyKey: 'held' });
    await eventually(() => watched.sent[0]?.status === 409);
    await outside.query('rollback');
    expect((await call).data.status).toBe('scheduled');
    await outside.end();
  });

  it('gives up after so many attempts, with the reason', async () => {
    await proxy.goAway();
    const hasty = anteroomOf(server, { url: proxy.url, mostAttempts: 2 });
    const failure = await failureOf(hasty.appointments.page());
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure.attempts).toBe(2);
    expect((failure.cause as Error).cause).toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.comeBack();
  });

  it('does not repeat what would be refused again', async () => {
    watched.sent.length = 0;
    const missing = anteroom.appointments.read('0198c2c4-2820-7002-8533-ab1b86d419da');
    expect(await failureOf(missing)).toBeInstanceOf(NotFoundError);
    expect(watched.sent).toHaveLength(1);
  });

  it('waits as long as the limiter asks for, changes included, and not longer than it may', async () => {
    const limited = await startTestServer({ rateLimitPerMinute: 3 });
    try {
      const { fetch, sent, countOf } = watchedFetch();
      const busy = anteroomOf(limited, { fetch, deadlineMs: 3_600_000 });
      const { data } = await busy.appointments.schedule(appointment());
      await busy.appointments.page();
      await busy.appointments.page();
      const path = `/api/v1/appointments/${data.id}`;
      const impatient = busy.appointments.read(data.id, { deadlineMs: 5_000 });
      const failure = await failureOf(impatient);
      expect(failure).toBeInstanceOf(RateLimitError);
      expect([failure.attempts, countOf(path)]).toEqual([1, 1]);

      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
      let isDone = false;
      const changing = busy.appointments
        .change(data.id, { duration_in_minutes: 33 })
        .finally(() => {
          isDone = true;
        });
      while (!isDone) {
        await new Promise((resolve) => setImmediate(resolve));
        // Time passes only while nothing is under way.
        if (sent.every(({ status }) => status)) await vi.advanceTimersByTimeAsync(500);
      }
      expect((await changing).data.duration_in_minutes).toBe(33);
      const [, refused, repeated] = sent.filter((request) => request.path === path);
      expect([refused?.status, repeated?.status]).toEqual([429, 200]);
      const waitedMs = (repeated?.sentAt ?? 0) - (refused?.answeredAt ?? 0);
      expect(waitedMs).toBeGreaterThanOrEqual(Number(refused?.retryAfter) * 1000);
    } finally {
      vi.useRealTimers();
      await limited.close();
    }
  });
});
