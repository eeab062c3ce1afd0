import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestAnswer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';
const unknown = '0198c2c4-2820-7002-8533-ab1b86d419da';

describe('two organisations', () => {
  let anteroom: TestServer;
  let theirs: { id: string; reference: string };
  beforeAll(async () => {
    anteroom = await startTestServer();
    const body = appointmentBody({ claimant: { name: 'Theirs Alone' } });
    theirs = (await anteroom.call('POST', path, { body, as: anteroom.organisations[1] })).json.data;
  });
  afterAll(() => anteroom.close());

  /** An answer without what differs from request to request. */
  const comparable = ({ status, headers, text, json }: TestAnswer) => ({
    status,
    text: text.replaceAll(json.request_id, ''),
    headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
  });

  it.each([
    ['GET', ''],
    ['PATCH', ''],
    ['POST', '/cancel'],
    ['GET', '/events'],
  ])('cannot tell another’s appointment from none: %s …%s', async (method, end) => {
    const ask = (id: string) =>
      anteroom.call(method, `${path}/${id}${end}`, method === 'GET' ? {} : { body: {} });
    const [foreign, missing] = [await ask(theirs.id), await ask(unknown)];
    expect(foreign.status).toBe(404);
    expect(comparable(foreign)).toEqual(comparable(missing));
    const own = await anteroom.call('GET', `${path}/${theirs.id}`, {
      as: anteroom.organisations[1],
    });
    expect([own.json.data.status, own.headers.get('etag')]).toEqual(['scheduled', '"1"']);
  });

  it('do not meet in lists, filters and cursors', async () => {
    const [mine, other] = anteroom.organisations;
    for (let count = 0; count < 3; count++) {
      for (const as of [mine, other])
        await anteroom.call('POST', path, { body: appointmentBody(), as });
    }
    const foreign = await anteroom.call('GET', `${path}?cursor=&per_page=2`, { as: other });
    for (const query of [
      '',
      `?reference=${theirs.reference}`,
      '?status=scheduled',
      `?cursor=${foreign.json.meta.next_cursor}`,
    ]) {
      const answer = await anteroom.call('GET', path + query);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('Theirs Alone');
      expect(answer.text).not.toContain(theirs.id);
    }
  });

  it('have an Idempotency-Key each', async () => {
    const headers = { 'idempotency-key': 'shared' };
    const body = appointmentBody();
    const [mine, other] = await Promise.all(
      anteroom.organisations.map((as) => anteroom.call('POST', path, { body, headers, as })),
    );
    expect([mine?.status, other?.status]).toEqual([201, 201]);
    expect(mine?.json.data.id).not.toBe(other?.json.data.id);
    expect(other?.headers.get('idempotency-replayed')).toBeNull();
  });

  it('never replay a fuller answer to a narrower token', async () => {
    const headers = { 'idempotency-key': 'fuller' };
    const body = appointmentBody();
    await anteroom.call('POST', path, { body, headers });
    const token = await anteroom.token(anteroom.organisations[0], ['appointments:write']);
    const replay = await anteroom.call('POST', path, { body, headers, token });
    expect(replay.status).toBe(422);
    expect(replay.text).not.toContain('roomKey');
  });
});
