import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

describe('changing and cancelling', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: '2030-05-06T09:00:00Z' });
  });
  afterAll(() => anteroom.close());

  const schedule = async (changes: Record<string, unknown> = {}) => {
    const body = appointmentBody({ appointment_at: '2030-05-06T10:00:00Z', ...changes });
    return (await anteroom.call('POST', path, { body })).json.data;
  };

  it('changes only what was sent, in all three formats, and says what changed', async () => {
    const before = await schedule();
    const form = await anteroom.call('PATCH', `${path}/${before.id}`, {
      body: 'claimant[name]=Grace&features_bandwidth=low&duration_in_minutes=',
    });
    expect(form.status).toBe(422);
    const changed = await anteroom.call('PATCH', `${path}/${before.id}`, {
      body: 'claimant[name]=Grace&features_bandwidth=low',
    });
    expect(changed.json.data).toEqual({
      ...before,
      claimant: { ...before.claimant, name: 'Grace' },
      features_bandwidth: 'low',
    });
    const multipart = new FormData();
    multipart.set('claimant[email]', '');
    const emptied = await anteroom.call('PATCH', `${path}/${before.id}`, { body: multipart });
    expect(emptied.json.data.claimant).toMatchObject({ name: 'Grace', email: null });
    const events = await anteroom.call('GET', `${path}/${before.id}/events`);
    expect(
      events.json.data.map(
        ({ version, data }: { version: number; data: { fields?: string[] } }) => [
          version,
          data.fields,
        ],
      ),
    ).toEqual([
      [1, undefined],
      [2, ['claimant.name', 'features_bandwidth']],
      [3, ['claimant.email']],
    ]);
    expect(events.text).not.toContain('Grace');
  });

  it('leaves no version and no event when nothing changes', async () => {
    const { id } = await schedule();
    const answer = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { status: 'scheduled', duration_in_minutes: 30, claimant: { name: 'Ada Example' } },
    });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"1"']);
    expect((await anteroom.call('GET', `${path}/${id}/events`)).json.meta.total).toBe(1);
  });

  it('refuses null for what is required, another reference and an unknown status', async () => {
    const { id, reference } = await schedule();
    const answer = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { duration_in_minutes: null, claimant: { name: null }, status: 'done' },
    });
    expect(Object.keys(answer.json.errors).sort()).toEqual([
      'claimant.name',
      'duration_in_minutes',
      'status',
    ]);
    const renamed = await anteroom.call('PATCH', `${path}/${id}`, { body: { reference: 'other' } });
    expect(Object.keys(renamed.json.errors)).toEqual(['reference']);
    const same = await anteroom.call('PATCH', `${path}/${id}`, { body: { reference } });
    expect(same.status).toBe(200);
  });

  it('honours If-Match on PATCH and cancel', async () => {
    const { id } = await schedule();
    const change = (tag: string, minutes: number) =>
      anteroom.call('PATCH', `${path}/${id}`, {
        body: { duration_in_minutes: minutes },
        headers: { 'if-match': tag },
      });
    expect((await change('"1"', 40)).headers.get('etag')).toBe('"2"');
    const stale = await change('"1"', 50);
    expect([stale.status, stale.json.code]).toEqual([412, 'version_mismatch']);
    expect((await change('W/"2"', 50)).status).toBe(412);
    expect((await change('*', 50)).status).toBe(200);
    const cancel = await anteroom.call('POST', `${path}/${id}/cancel`, {
      headers: { 'if-match': '"2"' },
    });
    expect(cancel.status).toBe(412);
  });

  it('moves to another time: another revision, and the arrival is void', async () => {
    const { id } = await schedule();
    await anteroom.setClock('2030-05-06T09:45:00Z');
    const arrived = await anteroom.call('PATCH', `${path}/${id}`, { body: { status: 'waiting' } });
    expect(arrived.json.data.status).toBe('waiting');
    const moved = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { appointment_at: '2030-05-07T10:00:00Z' },
    });
    expect(moved.json.data).toMatchObject({
      status: 'scheduled',
      appointment_at: '2030-05-07T10:00:00.000000Z',
      meeting: { end_date: '2030-05-07T23:59:59+00:00' },
    });
    const past = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { appointment_at: '2030-05-01T10:00:00Z' },
    });
    expect(Object.keys(past.json.errors)).toEqual(['appointment_at']);
    const types = (await anteroom.call('GET', `${path}/${id}/events`)).json.data.map(
      ({ type }: { type: string }) => type,
    );
    expect(types).toEqual([
      'appointment.scheduled',
      'appointment.arrived',
      'appointment.rescheduled',
    ]);
  });

  it('makes a change and a move together or not at all', async () => {
    const { id } = await schedule({ appointment_at: '2030-05-20T10:00:00Z' });
    const refused = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { status: 'waiting', claimant: { name: 'Nobody' } },
    });
    expect([refused.status, refused.json.code]).toEqual([409, 'transition_not_allowed']);
    const read = await anteroom.call('GET', `${path}/${id}`);
    expect([read.json.data.claimant.name, read.headers.get('etag')]).toEqual([
      'Ada Example',
      '"1"',
    ]);
    const cancelled = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { status: 'cancelled', claimant: { name: 'Somebody' } },
    });
    expect(cancelled.json.data).toMatchObject({
      status: 'cancelled',
      claimant: { name: 'Somebody' },
    });
    for (const status of ['completed', 'in_progress', 'on_hold', 'scheduled']) {
      const answer = await anteroom.call('PATCH', `${path}/${id}`, { body: { status } });
      expect(answer.status).toBe(409);
    }
  });

  it('cancels once, keeps the first reason, and repeats the stored answer for a key', async () => {
    const { id } = await schedule();
    const headers = { 'idempotency-key': 'cancel' };
    const first = await anteroom.call('POST', `${path}/${id}/cancel`, {
      body: 'cancellation_reason=ill',
      headers,
    });
    expect(first.json.data).toMatchObject({ status: 'cancelled', cancellation_reason: 'ill' });
    const again = await anteroom.call('POST', `${path}/${id}/cancel`, {
      body: { cancellation_reason: 'x' },
    });
    expect([again.status, again.text]).toEqual([200, first.text]);
    const replayed = await anteroom.call('POST', `${path}/${id}/cancel`, {
      body: 'cancellation_reason=ill',
      headers,
    });
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    const without = await schedule();
    const bare = await anteroom.call('POST', `${path}/${without.id}/cancel`);
    expect([bare.status, bare.json.data.cancellation_reason]).toEqual([200, null]);
  });

  it('changes nothing in a final state', async () => {
    const { id } = await schedule();
    await anteroom.call('POST', `${path}/${id}/cancel`);
    const answer = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { duration_in_minutes: 90 },
    });
    expect([answer.status, answer.json.message]).toEqual([
      409,
      'The appointment is cancelled; it cannot be changed.',
    ]);
  });
});
