import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrive, settle, sweepAppointments } from '../../src/appointments/index.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

describe('an appointment that was held by phone', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: '2030-01-01T09:00:00Z' });
  });
  afterAll(() => anteroom.close());

  it.each([
    ['never came', false],
    ['waited here', true],
  ])('is no no-show when its room closes, whose claimant %s', async (_how, hasArrived) => {
    const { json } = await anteroom.call('POST', '/api/v1/appointments', {
      body: appointmentBody({ appointment_at: '2030-01-01T09:10:00Z' }),
    });
    const { id } = json.data;
    await anteroom.setClock('2030-01-01T09:10:00Z');
    const database = anteroom.database.in(anteroom.organisations[0].id);
    if (hasArrived) await arrive(database, { kind: 'claimant' }, { id });
    await settle(database, { kind: 'agent', id: 'grace' }, { id }, { outcome: 'by_phone' });
    await anteroom.setClock('2030-01-02T09:00:00Z');
    await sweepAppointments(anteroom.database);
    const path = `/api/v1/appointments/${id}?include=extensions`;
    expect((await anteroom.call('GET', path)).json.data).toMatchObject({
      status: 'cancelled',
      cancellation_reason: 'by_phone',
      extensions: { outcome: 'by_phone' },
    });
    await anteroom.setClock('2030-01-01T09:00:00Z');
  });
});
