import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './harness.ts';

const fixture = (name: string) => readFile(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

describe('the published example', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: '2025-08-19T14:38:12Z' });
  });
  afterAll(() => anteroom.close());

  it('is answered as published: keys in order, types and values, but for what is made up', async () => {
    const form = (await fixture('create-request.form')).trim();
    const published = JSON.parse(await fixture('create-response.json'));
    const answer = await anteroom.call('POST', '/api/v1/appointments', { body: form });
    expect(answer.status).toBe(201);
    const { data } = answer.json;

    expect(keysOf(answer.json)).toEqual(keysOf(published));
    expect(data.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/);
    expect(data.meeting.id).toMatch(/^\d+$/);
    expect(data.meeting.room_name).toMatch(/^\/[\da-f-]{36}$/);

    const link = new URL(data.url);
    const publishedLink = new URL(published.data.url.replace('{Base-URL}', link.origin));
    expect(link.origin).toBe('https://visits-1.example.org');
    expect(link.pathname + link.search).toBe(publishedLink.pathname + publishedLink.search);
    expect(link.hash).toMatch(/^#[0-9A-HJKMNP-TV-Z]{26}$/);

    const room = new URL(data.meeting.room_url);
    const publishedRoom = new URL(published.data.meeting.room_url);
    const { roomKey, ...switches } = Object.fromEntries(room.searchParams);
    const {
      roomKey: _,
      metadata: __,
      ...publishedSwitches
    } = Object.fromEntries(publishedRoom.searchParams);
    expect(Object.entries(switches)).toEqual(Object.entries(publishedSwitches));
    expect(room.pathname).toBe(`/meet${data.meeting.room_name}`);
    const claims = JSON.parse(
      Buffer.from(String(roomKey).split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(claims).toMatchObject({
      meetingId: data.meeting.id,
      roomKeyType: 'meetingHost',
      iat: 1755614292,
    });
    expect(claims.jti).toHaveLength(26);

    const made = {
      id: '',
      url: '',
      meeting: { ...data.meeting, id: '', room_name: '', room_url: '' },
    };
    const publishedMade = {
      id: '',
      url: '',
      meeting: { ...published.data.meeting, id: '', room_name: '', room_url: '' },
    };
    expect({ ...data, ...made }).toEqual({ ...published.data, ...publishedMade });
  });

  it('reads back as it was answered, byte for byte', async () => {
    const form = (await fixture('create-request.form'))
      .trim()
      .replace('SXW5qOJBYeIEf0G', 'another');
    const created = await anteroom.call('POST', '/api/v1/appointments', { body: form });
    const read = await anteroom.call('GET', `/api/v1/appointments/${created.json.data.id}`);
    expect(read.text).toBe(created.text);
    expect(read.headers.get('etag')).toBe(created.headers.get('etag'));
  });
});

/** Every key with its path and the type of its value, in the order of the text. */
function keysOf(value: unknown, path = ''): string[] {
  if (value === null || typeof value !== 'object')
    return [`${path}: ${value === null ? 'null' : typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${path}.${key}`,
    ...keysOf(inner, `${path}.${key}`),
  ]);
}
