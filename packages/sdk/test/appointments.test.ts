import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import {
  type Anteroom,
  NotFoundError,
  ValidationError,
  VersionMismatchError,
} from '../src/index.ts';
import { anteroomOf, appointment, failureOf, watchedFetch } from './testing.ts';

describe('appointments by the SDK', () => {
  let server: TestServer;
  let anteroom: Anteroom;
  let stranger: Anteroom;
  beforeAll(async () => {
    server = await startTestServer();
    anteroom = anteroomOf(server);
    stranger = anteroomOf(server, {}, server.organisations[1]);
  });
  afterAll(() => server.close());

  it('schedules, reads, changes and cancels one, and tells what happened to it', async () => {
    const scheduled = await anteroom.appointments.schedule(
      appointment({ duration_in_minutes: 20 }),
    );
    const { id } = scheduled.data;
    expect(scheduled).toMatchObject({
      data: { status: 'scheduled', duration_in_minutes: 20 },
      etag: '"1"',
      ignoredFields: [],
      isReplayed: false,
      requestId: expect.stringMatching(/./),
    });
    const read = await anteroom.appointments.read(id);
    expect(read.data).toEqual(scheduled.data);

    const changed = await anteroom.appointments.change(id, { claimant: { name: 'Grace' } });
    expect(changed.data.claimant).toMatchObject({ name: 'Grace', email: 'ada@example.org' });
    const cancelled = await anteroom.appointments.cancel(id, { cancellation_reason: 'Moved away' });
    expect(cancelled.data).toMatchObject({
      status: 'cancelled',
      cancellation_reason: 'Moved away',
    });
    const types: string[] = [];
    for await (const { type } of anteroom.appointments.events(id, { per_page: 2 })) {
      types.push(type);
    }
    expect(types).toEqual([
      'appointment.scheduled',
      'appointment.changed',
      'appointment.cancelled',
    ]);
  });

  it('shows the extensions when they are asked for', async () => {
    const extensions = { language: 'pl', access_needs: ['captions' as const] };
    const include = ['extensions' as const];
    const plain = await anteroom.appointments.schedule(appointment({ extensions }));
    expect(plain.data.extensions).toBeUndefined();
    const { id, reference } = plain.data;
    const read = await anteroom.appointments.read(id, { include });
    expect(read.data.extensions).toMatchObject(extensions);
    const changes = { extensions: { language: 'de' } };
    const changed = await anteroom.appointments.change(id, changes, { include });
    expect(changed.data.extensions?.language).toBe('de');
    for await (const one of anteroom.appointments.list({ reference, include })) {
      expect(one.extensions?.language).toBe('de');
    }
    const cancelled = await anteroom.appointments.cancel(id, {}, { include });
    expect(cancelled.data.extensions?.language).toBe('de');
  });

  it('finds nothing of another organisation', async () => {
    const { data } = await anteroom.appointments.schedule(appointment());
    const { id, reference } = data;
    for (const call of [
      () => stranger.appointments.read(id),
      () => stranger.appointments.change(id, { duration_in_minutes: 5 }),
      () => stranger.appointments.cancel(id),
      () => stranger.appointments.events(id)[Symbol.asyncIterator]().next(),
    ]) {
      expect(await failureOf(call())).toBeInstanceOf(NotFoundError);
    }
    for await (const one of stranger.appointments.list({ reference })) expect(one).toBeUndefined();
    const page = await stranger.appointments.page({ reference });
    expect([page.data, page.meta.total]).toEqual([[], 0]);
  });

  it('changes under the condition that nobody else did', async () => {
    const { data, etag } = await anteroom.appointments.schedule(appointment());
    const changes = { duration_in_minutes: 45 };
    const changed = await anteroom.appointments.change(data.id, changes, { ifMatch: etag });
    expect(changed.etag).not.toBe(etag);
    const late = { duration_in_minutes: 50 };
    const call = anteroom.appointments.change(data.id, late, { ifMatch: etag });
    expect(await failureOf(call)).toBeInstanceOf(VersionMismatchError);
    const cancelling = anteroom.appointments.cancel(data.id, {}, { ifMatch: etag });
    expect(await failureOf(cancelling)).toBeInstanceOf(VersionMismatchError);
    expect((await anteroom.appointments.read(data.id)).data.duration_in_minutes).toBe(45);
  });

  it('names a version so that it matches, though a proxy compressed the answer', async () => {
    const compressed = anteroomOf(server, {
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        const headers = new Headers(answer.headers);
        const etag = headers.get('etag');
        if (etag) headers.set('etag', `W/${etag}`);
        return new Response(answer.body, { status: answer.status, headers });
      },
    });
    const { data, etag } = await compressed.appointments.schedule(appointment());
    const cancelled = await compressed.appointments.cancel(data.id, {}, { ifMatch: etag });
    expect(cancelled.data.status).toBe('cancelled');
  });

  it('names the fields that were ignored, or refuses them when it is strict', async () => {
    const body = { ...appointment(), 'colour é': 'red', claimant: { name: 'Ada', size: 3 } };
    const { ignoredFields } = await anteroom.appointments.schedule(body);
    expect(ignoredFields.toSorted()).toEqual(['claimant.size', 'colour é']);
    const again = { ...body, ...appointment(), claimant: body.claimant };
    const failure = await failureOf(anteroom.appointments.schedule(again, { isStrict: true }));
    expect(failure).toBeInstanceOf(ValidationError);
    expect(Object.keys(failure.errors).toSorted()).toEqual(['claimant.size', 'colour é']);
  });

  it('sends a fresh key with every POST, and the one that is given', async () => {
    const { fetch, sent } = watchedFetch();
    const watched = anteroomOf(server, { fetch });
    const body = appointment();
    const first = await watched.appointments.schedule(body, { idempotencyKey: 'mine' });
    const second = await watched.appointments.schedule(body, { idempotencyKey: 'mine' });
    expect([first.isReplayed, second.isReplayed]).toEqual([false, true]);
    expect(second.data).toEqual(first.data);
    await watched.appointments.cancel(first.data.id);
    await watched.appointments.cancel(first.data.id);
    const keys = sent.slice(1).map(({ headers }) => headers['idempotency-key']);
    expect(keys.slice(0, 2)).toEqual(['mine', 'mine']);
    expect(keys[2]).toMatch(/^[\da-f]{32}$/);
    expect(keys[3]).toMatch(/^[\da-f]{32}$/);
    expect(keys[3]).not.toBe(keys[2]);
  });

  it('goes through 250 appointments while others are added: each once', async () => {
    const crowd = await startTestServer();
    try {
      const busy = anteroomOf(crowd);
      const other = anteroomOf(crowd, {}, crowd.organisations[1]);
      await other.appointments.schedule(appointment());
      const references = Array.from({ length: 250 }, (_, number) => `crowd-${number}`);
      await Promise.all(
        references.map((reference) => busy.appointments.schedule(appointment({ reference }))),
      );
      const seen: string[] = [];
      for await (const { reference } of busy.appointments.list({ per_page: 20 })) {
        seen.push(reference);
        if (seen.length % 10 === 0) {
          await busy.appointments.schedule(appointment({ reference: `late-${seen.length}` }));
        }
      }
      expect(seen.toSorted()).toEqual(references.toSorted());

      const sizes: number[] = [];
      let nextCursor: string | null = null;
      for await (const page of busy.appointments.list({ sort: 'created_at' }).pages()) {
        sizes.push(page.data.length);
        nextCursor = page.nextCursor;
        if (sizes.length === 2) break;
      }
      expect(sizes).toEqual([25, 25]);
      // Goes on where it stopped, as another process would.
      const rest = busy.appointments.list({
        sort: 'created_at',
        cursor: nextCursor,
        per_page: 100,
      });
      let count = 0;
      for await (const _ of rest) count++;
      expect(count).toBe(275 - 50);

      const page = await busy.appointments.page({ page: 3, per_page: 100 });
      expect([page.data.length, page.meta.total, page.links.next]).toEqual([75, 275, null]);
      const waiting = await busy.appointments.page({ status: ['waiting', 'on_hold'] });
      expect(waiting.meta.total).toBe(0);
    } finally {
      await crowd.close();
    }
  }, 60_000);
});
