import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errors } from '@anteroom/contract';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import { errorOfAnswer, readRetryAfter } from '../src/errors.ts';
import {
  type Anteroom,
  AnteroomError,
  BadRequestError,
  ConflictError,
  IdempotencyError,
  NotFoundError,
  RateLimitError,
  ReferenceTakenError,
  ServerError,
  UnavailableError,
  UnexpectedAnswerError,
  ValidationError,
  VersionMismatchError,
} from '../src/index.ts';
import { anteroomOf, appointment, failureOf } from './testing.ts';

const unknownId = '0198c2c4-2820-7002-8533-ab1b86d419da';

describe('the errors of the SDK', () => {
  let server: TestServer;
  let anteroom: Anteroom;
  let stored: Awaited<ReturnType<Anteroom['appointments']['schedule']>>;
  beforeAll(async () => {
    server = await startTestServer();
    anteroom = anteroomOf(server, { mostAttempts: 1 });
    stored = await anteroom.appointments.schedule(appointment(), { idempotencyKey: 'stored' });
    const cancelled = await anteroom.appointments.schedule(appointment({ reference: 'gone' }));
    await anteroom.appointments.cancel(cancelled.data.id);
  });
  afterAll(() => server.close());

  const { schedule, read, change } = {
    schedule: (...call: Parameters<Anteroom['appointments']['schedule']>) =>
      anteroom.appointments.schedule(...call),
    read: (id: string) => anteroom.appointments.read(id),
    change: (...call: Parameters<Anteroom['appointments']['change']>) =>
      anteroom.appointments.change(...call),
  };

  it.each([
    ['not_found', 404, NotFoundError, () => read(unknownId)],
    [
      'version_mismatch',
      412,
      VersionMismatchError,
      () => change(stored.data.id, { duration_in_minutes: 5 }, { ifMatch: '"99"' }),
    ],
    [
      'validation_failed',
      422,
      ValidationError,
      () => schedule(appointment({ duration_in_minutes: 0 })),
    ],
    [
      'reference_taken',
      422,
      ReferenceTakenError,
      () => schedule(appointment({ reference: stored.data.reference })),
    ],
    [
      'idempotency_key_reused',
      422,
      IdempotencyError,
      () => schedule(appointment(), { idempotencyKey: 'stored' }),
    ],
    [
      'body_too_large',
      413,
      BadRequestError,
      () => schedule(appointment({ interpreter_language: 'x'.repeat(300_000) })),
    ],
    [
      'headers_too_large',
      431,
      BadRequestError,
      () => schedule(appointment(), { idempotencyKey: 'x'.repeat(20_000) }),
    ],
    [
      'transition_not_allowed',
      409,
      ConflictError,
      async () => {
        const { data } = await anteroom.appointments.page({ reference: 'gone' });
        return change(data[0]?.id as string, { duration_in_minutes: 5 });
      },
    ],
  ] as const)('has a class for %s (%i)', async (code, status, Kind, call) => {
    const failure = await failureOf(call());
    expect(failure).toBeInstanceOf(Kind);
    expect(failure).toBeInstanceOf(AnteroomError);
    expect(failure).toMatchObject({ name: Kind.name, code, status, attempts: 1 });
    expect(failure.requestId).toMatch(/./);
    expect(failure.message).toMatch(/./);
  });

  it('names every field, and the appointment that has the reference', async () => {
    const faulty = await failureOf(
      schedule({ ...appointment({ duration_in_minutes: 0 }), claimant: { name: '' } }),
    );
    expect(Object.keys(faulty.errors)).toEqual(['duration_in_minutes', 'claimant.name']);
    const taken = await failureOf(schedule(appointment({ reference: stored.data.reference })));
    expect(taken.existingId).toBe(stored.data.id);
    expect(Object.keys(taken.errors)).toEqual(['reference']);
    expect(taken).toBeInstanceOf(ValidationError);
  });

  it('has a class for what locks and breakdowns bring', async () => {
    const broken = await startTestServer();
    const outside = new Client({ connectionString: broken.testDatabase.superuserUrl });
    await outside.connect();
    try {
      const tried = anteroomOf(broken, { mostAttempts: 1 });
      const { data } = await tried.appointments.schedule(appointment());
      // Another request with the key is in the middle of its work.
      await outside.query('begin');
      await outside.query(
        `insert into idempotency_keys (organisation_id, client_id, route, key, fingerprint, status, headers, body)
         values ($1, $2, 'POST /api/v1/appointments', 'busy', '', 201, '{}', '')`,
        [broken.organisations[0].id, broken.organisations[0].clientId],
      );
      const busy = failureOf(
        tried.appointments.schedule(appointment(), { idempotencyKey: 'busy' }),
      );
      expect(await busy).toMatchObject({ code: 'idempotency_in_progress', status: 409 });
      expect(await busy).toBeInstanceOf(IdempotencyError);
      await outside.query('rollback');

      await outside.query('begin; lock table appointments in access exclusive mode');
      const late = await failureOf(tried.appointments.read(data.id));
      expect(late).toBeInstanceOf(UnavailableError);
      expect(late).toMatchObject({ code: 'unavailable', status: 503, retryAfterMs: 2000 });
      await outside.query('rollback');

      await outside.query('alter table events rename to mislaid');
      const failed = await failureOf(tried.appointments.schedule(appointment()));
      expect(failed).toBeInstanceOf(ServerError);
      expect(failed).toMatchObject({ code: 'internal_error', status: 500 });
    } finally {
      await outside.end();
      await broken.close();
    }
  }, 40_000);

  it('has a class of its kind for every code of the registry', () => {
    for (const [code, { status, message }] of Object.entries(errors)) {
      const body = { code, message, request_id: 'r-1', existing_id: null };
      const error = errorOfAnswer({ status, headers: new Headers() }, body, 3);
      expect(error).toBeInstanceOf(AnteroomError);
      expect([AnteroomError, UnexpectedAnswerError]).not.toContain(error.constructor);
      expect(error).toMatchObject({ code, status, message, requestId: 'r-1', attempts: 3 });
    }
  });

  it('has a class for a newer service’s codes, too', () => {
    const body = { code: 'on_holiday', message: 'On holiday.' };
    const answer = (status: number) => errorOfAnswer({ status, headers: new Headers() }, body, 1);
    expect(answer(409)).toBeInstanceOf(ConflictError);
    expect(answer(521)).toBeInstanceOf(ServerError);
    expect(answer(418).code).toBe('on_holiday');
  });

  it.each([
    ['a page', 200, '<p>Welcome</p>', UnexpectedAnswerError],
    ['another address', 301, '', UnexpectedAnswerError],
    ['a refusal of a proxy', 403, '<p>No</p>', AnteroomError],
    ['a breakdown of a proxy', 502, '<p>Bad gateway</p>', UnavailableError],
  ])('says so when %s answers (%i)', async (_, status, text, Kind) => {
    const other = createServer((_request, response) => {
      response.writeHead(status, { location: '/elsewhere' }).end(text);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/other/`;
    const lost = anteroomOf(server, { url, mostAttempts: 1 });
    const failure = await failureOf(lost.appointments.page());
    expect(failure).toBeInstanceOf(Kind);
    expect(failure).toMatchObject({ code: 'unexpected_answer', status });
    other.close();
  });

  it.each([
    ['7', undefined, 7_000],
    ['0', undefined, 0],
    ['Wed, 21 Oct 2026 07:28:10 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', 10_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 'Wed, 21 Oct 2026 07:28:10 GMT', 0],
    ['soon', undefined, undefined],
    ['', undefined, undefined],
  ])('reads Retry-After %j', (value, date, expected) => {
    const headers = new Headers({ 'retry-after': value, ...(date ? { date } : {}) });
    expect(readRetryAfter(headers)).toBe(expected);
  });

  it('reads a Retry-After date by the own clock when the answer has none', () => {
    const value = new Date(Date.now() + 60_000).toUTCString();
    const waitMs = readRetryAfter(new Headers({ 'retry-after': value })) ?? 0;
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(60_000);
  });

  it('says that the client is limited, and for how long', async () => {
    const busy = await startTestServer({ rateLimitPerMinute: 2 });
    const limited = anteroomOf(busy, { mostAttempts: 1 });
    await limited.appointments.page();
    await limited.appointments.page();
    const failure = await failureOf(limited.appointments.page());
    expect(failure).toBeInstanceOf(RateLimitError);
    expect(failure).toMatchObject({ code: 'too_many_requests', status: 429 });
    expect(failure.retryAfterMs).toBeGreaterThan(0);
    await busy.close();
  });
});
