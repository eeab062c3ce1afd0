import decodeQR from 'qr/decode.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestAnswer, type TestServer } from '../harness.ts';
import { plant } from '../states/raw-moves.ts';

const path = '/api/v1/appointments';

/** What a phone reads from a QR code: the black lines of the image, eight pixels a module. */
function readQrCode(svg: string): string {
  const size = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)?.[1]);
  const scale = 8;
  const width = size * scale;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)\.5h(\d+)/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      const start = (row * width + Number(x) * scale) * 4;
      data.fill(0, start, start + Number(length) * scale * 4);
    }
  }
  return decodeQR({ width, height: width, data });
}

describe('the links of an appointment', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  const create = async () =>
    (await anteroom.call('POST', path, { body: appointmentBody() })).json.data;
  const links = (id: string, options = {}) => anteroom.call('GET', `${path}/${id}/links`, options);
  const rotate = (id: string, options = {}) =>
    anteroom.call('POST', `${path}/${id}/links/rotate`, options);
  const stored = async (id: string) =>
    (
      await anteroom.testDatabase.query<Record<string, unknown>>(
        `select a.*, (select json_agg(e) from events e where e.appointment_id = a.id) as events
         from appointments a where id = $1`,
        [id],
      )
    )[0] ?? {};
  const keyOf = (answer: TestAnswer) => {
    const key = new URL(answer.json.data.host_link.text).searchParams.get('roomKey');
    return JSON.parse(Buffer.from(String(key).split('.')[1] ?? '', 'base64url').toString());
  };

  it('are answered as text and as QR codes that say the same', async () => {
    const made = await create();
    const answer = await links(made.id);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"1"');
    const { data } = answer.json;
    expect(Object.keys(data)).toEqual(['claimant_link', 'short_link', 'entry_code', 'host_link']);
    expect(data.claimant_link.text).toBe(made.url);
    expect(data.entry_code.text).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    expect(data.short_link.text).toBe(`https://visits-1.example.org/j/${data.entry_code.text}`);
    expect(data.host_link.text).toBe(made.meeting.room_url);
    for (const { text, qr_svg: image } of Object.values<{ text: string; qr_svg: string }>(data)) {
      expect(readQrCode(image)).toBe(text);
    }
  });

  it('are for who may write, and the host’s for who may host', async () => {
    const { id, url } = await create();
    const [first, second] = anteroom.organisations;
    const reader = await anteroom.token(first, ['appointments:read', 'meetings:host']);
    const writer = await anteroom.token(first, ['appointments:write']);
    expect((await links(id, { token: reader })).status).toBe(403);
    expect((await rotate(id, { token: reader })).status).toBe(403);
    const seen = await links(id, { token: writer });
    expect(seen.json.data.claimant_link.text).toBe(url);
    expect(seen.json.data.host_link).toBeNull();
    expect((await rotate(id, { token: writer })).json.data.host_link).toBeNull();
    expect((await links(id, { as: second })).status).toBe(404);
    expect((await rotate(id, { as: second })).status).toBe(404);
  });

  it('are made anew by rotation; the ones before are stored nowhere any more', async () => {
    const made = await create();
    const [before, was] = [await links(made.id), await stored(made.id)];
    const answer = await rotate(made.id);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"2"');
    expect((await links(made.id)).text).toBe(answer.text);
    for (const name of ['claimant_link', 'short_link', 'entry_code', 'host_link']) {
      expect(answer.json.data[name].text).not.toBe(before.json.data[name].text);
    }
    expect(keyOf(answer).jti).not.toBe(keyOf(before).jti);
    expect(keyOf(answer).meetingId).toBe(made.meeting.id);

    const read = (await anteroom.call('GET', `${path}/${made.id}`)).json.data;
    expect(read.url).toBe(answer.json.data.claimant_link.text);
    expect(read.meeting.room_url).toBe(answer.json.data.host_link.text);
    expect(read.meeting.id).toBe(made.meeting.id);
    expect(read.meeting.room_name).toBe(made.meeting.room_name);

    const isNow = await stored(made.id);
    for (const column of ['claimant_token', 'entry_code', 'room_key']) {
      expect(JSON.stringify(isNow)).not.toContain(was[column]);
    }
    expect(answer.json.data.claimant_link.text).toMatch(new RegExp(`#${isNow.claimant_token}$`));
    expect(answer.json.data.entry_code.text).toBe(isNow.entry_code);
    expect(answer.json.data.host_link.text).toContain(`roomKey=${isNow.room_key}&`);
  });

  it('leave one event of their rotation, without a secret', async () => {
    const { id } = await create();
    const answer = await rotate(id);
    const { json } = await anteroom.call('GET', `${path}/${id}/events`);
    expect(json.data.at(-1)).toEqual({
      version: 2,
      type: 'appointment.links_rotated',
      occurred_at: expect.any(String),
      actor: { kind: 'api', id: anteroom.organisations[0].clientId },
      data: {},
    });
    expect(json.data).toHaveLength(2);
    expect(JSON.stringify(json)).not.toContain(answer.json.data.entry_code.text);
  });

  it('are rotated only in the version that is meant', async () => {
    const { id } = await create();
    const before = await stored(id);
    const stale = await rotate(id, { headers: { 'if-match': '"7"' } });
    expect([stale.status, stale.json.code]).toEqual([412, 'version_mismatch']);
    expect(await stored(id)).toEqual(before);
    expect((await rotate(id, { headers: { 'if-match': '"1"' } })).status).toBe(200);
    expect((await rotate(id, { headers: { 'if-match': '"1"' } })).status).toBe(412);
  });

  it('are rotated once for one Idempotency-Key, and a smaller view never gets the stored answer', async () => {
    const { id } = await create();
    const headers = { 'idempotency-key': 'once' };
    const together = await Promise.all([1, 2, 3, 4, 5].map(() => rotate(id, { headers })));
    expect(new Set(together.map(({ text }) => text)).size).toBe(1);
    expect((await stored(id)).version).toBe(2);
    const again = await rotate(id, { headers, body: {} });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('etag')).toBe('"2"');

    const writer = await anteroom.token(anteroom.organisations[0], ['appointments:write']);
    const smaller = await rotate(id, { headers, token: writer });
    expect([smaller.status, smaller.json.code]).toEqual([422, 'idempotency_key_reused']);
    const reader = await anteroom.token(anteroom.organisations[0], ['appointments:read']);
    expect((await rotate(id, { headers, token: reader })).status).toBe(403);
    const other = await rotate(id, { headers: { 'idempotency-key': 'twice' } });
    expect(other.headers.get('etag')).toBe('"3"');
  });

  it('can be rotated until a final state, and are shown in every state', async () => {
    const { testDatabase, organisations } = anteroom;
    const answered: Record<string, number[]> = {};
    for (const status of [
      'scheduled',
      'waiting',
      'in_progress',
      'on_hold',
      'completed',
      'cancelled',
      'no_show',
    ] as const) {
      const id = await plant(testDatabase, organisations[0].id, status);
      const before = await stored(id);
      const rotated = await rotate(id);
      if (rotated.status === 409) {
        expect(rotated.json.code).toBe('transition_not_allowed');
        expect(rotated.json.message).toContain(
          status === 'no_show' ? 'no-show' : status.replace('_', ' '),
        );
        expect(await stored(id)).toEqual(before);
      }
      answered[status] = [rotated.status, (await links(id)).status];
    }
    expect(answered).toEqual({
      scheduled: [200, 200],
      waiting: [200, 200],
      in_progress: [200, 200],
      on_hold: [200, 200],
      completed: [409, 200],
      cancelled: [409, 200],
      no_show: [409, 200],
    });
  });

  it('live on when the appointment is moved', async () => {
    const { id } = await create();
    const before = await links(id);
    const later = new Date(Date.now() + 48 * 3_600_000).toISOString();
    await anteroom.call('PATCH', `${path}/${id}`, { body: { appointment_at: later } });
    expect((await links(id)).text).toBe(before.text);
  });

  it.each([{}, { 'idempotency-key': 'met' }])(
    'are made up again when the new entry code is another’s: %j',
    async (headers) => {
      const { testDatabase } = anteroom;
      const [other, { id }] = [await create(), await create()];
      const taken = (await stored(other.id)).entry_code;
      await testDatabase.query('create sequence rotations');
      await testDatabase.query('grant usage on sequence rotations to anteroom_app');
      await testDatabase.query(
        `create function meet() returns trigger language plpgsql as $$
       begin if nextval('rotations') = 1 then new.entry_code := '${taken}'; end if; return new; end $$`,
      );
      await testDatabase.query(
        `create trigger meeting before update of entry_code on appointments
       for each row execute function meet()`,
      );
      const answer = await rotate(id, { headers });
      await testDatabase.query('drop trigger meeting on appointments');
      await testDatabase.query('drop function meet; drop sequence rotations');
      expect(answer.status).toBe(200);
      expect((await stored(id)).entry_code).toBe(answer.json.data.entry_code.text);
      expect((await stored(id)).version).toBe(2);
    },
  );

  it('take no fields for their rotation', async () => {
    const { id } = await create();
    const body = { claimant_token: 'CHOSEN' };
    const strict = await rotate(id, { body, headers: { prefer: 'handling=strict' } });
    expect(strict.json.errors).toEqual({ claimant_token: [expect.any(String)] });
    const answer = await rotate(id, { body });
    expect(answer.headers.get('ignored-fields')).toBe('claimant_token');
    expect(answer.text).not.toContain('CHOSEN');
  });
});
