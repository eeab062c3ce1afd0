import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestAnswer, type TestServer } from '../harness.ts';

const unknown = '0198c2c4-2820-7002-8533-ab1b86d419da';

/** How another organisation's thing is asked for on each route, well and badly; none is left out. */
const requests: Record<string, { body?: unknown; headers?: Record<string, string> }[]> = {
  'get /api/v1/appointments/{id}': [{}, { headers: { 'if-none-match': '"1"' } }],
  'patch /api/v1/appointments/{id}': [
    { body: {} },
    { body: { claimant: { name: 'Stolen' } } },
    { body: { status: 'cancelled' } },
    { body: { duration_in_minutes: 'long' } },
    { body: { duration_in_minutes: 31 }, headers: { 'if-match': '"1"' } },
    { body: { duration_in_minutes: 31 }, headers: { 'if-match': '"7"' } },
    { body: 'claimant[name]=Stolen' },
  ],
  'post /api/v1/appointments/{id}/cancel': [
    { body: {} },
    { body: { cancellation_reason: 'Stolen' } },
    { body: {}, headers: { 'idempotency-key': 'foreign' } },
    { body: {}, headers: { 'if-match': '"7"' } },
  ],
  'get /api/v1/appointments/{id}/events': [{}],
};

/** Routes that name no single thing of an organisation; lists are tested by what they show. */
const withoutId = ['get /api/v1/appointments', 'post /api/v1/appointments'];

describe('every route of the API', () => {
  let anteroom: TestServer;
  let foreignId: string;
  let before: unknown;
  const stored = () =>
    anteroom.testDatabase.query(
      `select a.*, (select json_agg(e) from events e where e.appointment_id = a.id) as events
       from appointments a`,
    );
  beforeAll(async () => {
    anteroom = await startTestServer();
    const as = anteroom.organisations[1];
    const answer = await anteroom.call('POST', '/api/v1/appointments', {
      body: appointmentBody(),
      as,
    });
    foreignId = answer.json.data.id;
    before = await stored();
  });
  afterAll(() => anteroom.close());

  it('is in this table, with those that name nothing', async () => {
    const { json } = await anteroom.call('GET', '/api/openapi.json');
    const routes = Object.entries(json.paths as Record<string, object>).flatMap(
      ([path, methods]) =>
        path.startsWith('/api/v1/')
          ? Object.keys(methods).map((method) => `${method} ${path}`)
          : [],
    );
    expect(routes.toSorted()).toEqual([...Object.keys(requests), ...withoutId].toSorted());
  });

  /** An answer without what differs from request to request. */
  const comparable = ({ status, headers, text, json }: TestAnswer) => ({
    status,
    text: text.replaceAll(json.request_id, ''),
    headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
  });

  it.each(
    Object.entries(requests).flatMap(([route, ways]) => ways.map((way) => [route, way] as const)),
  )('says of another’s id what it says of an unknown one: %s %j', async (route, way) => {
    const [method = '', path = ''] = route.split(' ');
    const ask = (id: string) => {
      // Each with a key of its own: a key belongs to one request.
      const key = way.headers?.['idempotency-key'];
      const headers = { ...way.headers, ...(key ? { 'idempotency-key': `${key}-${id}` } : {}) };
      return anteroom.call(method.toUpperCase(), path.replace('{id}', id), { ...way, headers });
    };
    const [foreign, missing] = [await ask(foreignId), await ask(unknown)];
    expect([404, 422]).toContain(foreign.status);
    expect(comparable(foreign)).toEqual(comparable(missing));
    expect(await stored()).toEqual(before);
  });
});
