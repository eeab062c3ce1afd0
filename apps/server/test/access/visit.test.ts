import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';
import { linkOf, makeStaff, openPage, signIn } from './pages.ts';

describe('a visit', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

  async function schedule(changes: Record<string, unknown> = {}, as = anteroom.organisations[0]) {
    const body = appointmentBody({ appointment_at: inMinutes(10), ...changes });
    const { json } = await anteroom.call('POST', '/api/v1/appointments', { body, as });
    return json.data;
  }

  it('goes from the link to the door: the claimant arrives, staff see it, both get tickets', async () => {
    const appointment = await schedule();
    const page = openPage(anteroom);
    const opened = await page.call('POST', '/client-web/api/session', linkOf(appointment.url));
    expect(opened.status).toBe(200);
    expect(opened.json.data).toMatchObject({ id: appointment.id, status: 'scheduled' });
    expect(opened.json.data.claimant.name).toBe('Ada Example');

    const { email } = await makeStaff(anteroom, anteroom.organisations[0]);
    const staff = await signIn(anteroom, email);
    const day = async () =>
      (await staff.call('GET', '/portal/api/day')).json.data.appointments as { id: string }[];
    expect(await day()).toContainEqual(
      expect.objectContaining({ id: appointment.id, status: 'scheduled' }),
    );
    const arrived = await page.call('POST', '/client-web/api/visit/arrive');
    expect(arrived.json.data.status).toBe('waiting');
    expect(await day()).toContainEqual(
      expect.objectContaining({ id: appointment.id, status: 'waiting' }),
    );
    const tickets = [
      await page.call('POST', '/client-web/api/visit/ticket'),
      await staff.call('POST', '/portal/api/ticket'),
      await staff.call('POST', `/portal/api/appointments/${appointment.id}/ticket`),
    ];
    for (const { status, json } of tickets) {
      expect(status).toBe(200);
      expect(json.data).toEqual({ ticket: expect.any(String), expires_in: 30 });
    }
    const admitted = await staff.call('POST', `/portal/api/appointments/${appointment.id}/admit`);
    expect(admitted.json.data.admitted_at).not.toBeNull();
  });
});
