import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../../apps/server/test/harness.ts';
import type { Anteroom } from '../src/index.ts';
import { type FaultyProxy, startProxy } from './proxy.ts';
import { anteroomOf, appointment } from './testing.ts';

describe('a bulk by the SDK', () => {
  let server: TestServer;
  let proxy: FaultyProxy;
  let anteroom: Anteroom;
  beforeAll(async () => {
    server = await startTestServer();
    proxy = await startProxy(server.url);
    anteroom = anteroomOf(server, { url: proxy.url });
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  it('tells of each row in order, and lets the good ones stand', async () => {
    const taken = await anteroom.appointments.schedule(appointment());
    const rows = [
      appointment({ reference: 'bulk-1' }),
      appointment({ duration_in_minutes: 0 }),
      appointment({ reference: taken.data.reference }),
      appointment({ reference: 'bulk-4' }),
    ];
    const { data } = await anteroom.appointments.scheduleBulk(rows);
    expect(data).toMatchObject(
      [
        { status: 201, data: { reference: 'bulk-1', status: 'scheduled' } },
        { status: 422, code: 'validation_failed', errors: { duration_in_minutes: [/./] } },
        { status: 422, code: 'reference_taken', existing_id: taken.data.id },
        { status: 201, data: { reference: 'bulk-4' } },
      ].map((row) => ('errors' in row ? { ...row, errors: expect.any(Object) } : row)),
    );
    const stranger = anteroomOf(server, {}, server.organisations[1]);
    expect((await stranger.appointments.page()).meta.total).toBe(0);
  });

  it('is carried out once though its answer is lost', async () => {
    await anteroom.appointments.page();
    proxy.loseAnswers(1);
    const rows = Array.from({ length: 40 }, () => appointment());
    const { data, isReplayed } = await anteroom.appointments.scheduleBulk(rows);
    expect(isReplayed).toBe(true);
    expect(data.map(({ status }) => status)).toEqual(rows.map(() => 201));
  });
});
