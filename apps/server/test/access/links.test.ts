import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, eventually, startTestServer, type TestServer } from '../harness.ts';
import { linkOf, makeStaff, openPage, signIn } from './pages.ts';

const session = '/client-web/api/session';
const visit = '/client-web/api/visit';
const startsAt = '2030-03-04T10:00:00.000000Z';
const before = (minutes: number) => new Date(Date.parse(startsAt) - minutes * 60_000).toISOString();

describe('a claimant’s link', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: before(10), trustedProxies: ['127.0.0.1'] });
  });
  afterAll(() => anteroom.close());

  let sources = 0;
  /** A page of somebody who has not been here before. */
  function openStranger() {
    sources += 1;
    const page = openPage(anteroom);
    const from = { 'x-forwarded-for': `192.0.2.${sources}` };
    return {
      ...page,
      call: (method: string, path: string, body?: unknown) => page.call(method, path, body, from),
    };
  }

  async function schedule(changes: Record<string, unknown> = {}, as = anteroom.organisations[0]) {
    await anteroom.setClock(before(10));
    const body = appointmentBody({ appointment_at: startsAt, ...changes });
    const { json } = await anteroom.call('POST', '/api/v1/appointments', { body, as });
    const { json: links } = await anteroom.call(
      'GET',
      `/api/v1/appointments/${json.data.id}/links`,
      { as },
    );
    return {
      id: json.data.id as string,
      url: json.data.url as string,
      ...linkOf(json.data.url),
      entryCode: links.data.entry_code.text as string,
      roomUrl: json.data.meeting.room_url as string,
    };
  }

  async function open(link: object) {
    const page = openStranger();
    const { json, status } = await page.call('POST', session, link);
    expect(status).toBe(200);
    return { page, data: json.data };
  }

  it('opens by its token, in either case, whatever a mail program glued behind it', async () => {
    const { id, reference, token } = await schedule();
    const glued = [
      token,
      token.toLowerCase(),
      `${token}.`,
      `${token}>)`,
      `#${token}`,
      `${token}%20=3D`,
    ];
    for (const text of glued) {
      expect((await open({ reference, token: text })).data).toMatchObject({
        id,
        status: 'scheduled',
      });
    }
  });

  it('opens by its entry code, as people type it', async () => {
    const { id, entryCode } = await schedule();
    const typed = entryCode.replaceAll('0', 'o').replaceAll('1', 'l');
    for (const text of [entryCode, typed.toLowerCase(), `${typed.slice(0, 5)}-${typed.slice(5)}`]) {
      expect((await open({ entry_code: text })).data.id).toBe(id);
    }
  });

  it('shows nothing to who has less, and the same whether there is such an appointment or not', async () => {
    const { reference, token } = await schedule();
    const other = await schedule();
    const texts = new Set<string>();
    for (const link of [
      { reference },
      { reference, token: token.slice(0, 25) },
      { reference, token: other.token },
      { reference, entry_code: other.entryCode },
      { reference: 'unknown' },
      { reference: 'unknown', token },
      { token },
      {},
    ]) {
      const { page, data } = await open(link);
      texts.add(JSON.stringify(data));
      expect(data).toMatchObject({ id: '', claimant: null, department: null });
      expect(page.cookie()).toMatch(/^visit=u\./);
      texts.add(JSON.stringify((await page.call('GET', visit)).json.data));
      for (const command of ['arrive', 'leave', 'call-back', 'ticket']) {
        expect((await page.call('POST', `${visit}/${command}`)).status).toBe(403);
      }
      expect((await page.call('POST', `${visit}/knock`)).json.data).toEqual(data);
    }
    expect(texts.size).toBe(1);
  });

  it('is dead with its session once it was rotated, and the new one opens', async () => {
    const { id, reference, token, entryCode } = await schedule();
    const { page } = await open({ reference, token });
    const rotated = await anteroom.call('POST', `/api/v1/appointments/${id}/links/rotate`, {
      body: {},
    });
    expect((await page.call('GET', visit)).status).toBe(401);
    expect((await open({ reference, token })).data.claimant).toBeNull();
    expect((await open({ entry_code: entryCode })).data.claimant).toBeNull();
    const fresh = linkOf(rotated.json.data.claimant_link.text);
    expect((await open(fresh)).data.id).toBe(id);
  });

  it('lives through a reschedule, until an hour after the room has closed', async () => {
    const { id, reference, token } = await schedule();
    const { page } = await open({ reference, token });
    const moved = '2030-03-05T10:00:00.000000Z';
    await anteroom.call('PATCH', `/api/v1/appointments/${id}`, { body: { appointment_at: moved } });
    expect((await page.call('GET', visit)).json.data).toMatchObject({
      appointment_at: moved,
      arrival_opens_at: '2030-03-05T09:30:00.000000Z',
      revision: 2,
    });
    await anteroom.setClock('2030-03-06T00:59:58Z');
    expect((await page.call('GET', visit)).status).toBe(200);
    await anteroom.setClock('2030-03-06T00:59:59Z');
    expect((await page.call('GET', visit)).status).toBe(401);
    // Its holder is told that it is over, and nothing personal; no session comes of it.
    const { page: late, data } = await open({ reference, token });
    expect(data).toMatchObject({ id, claimant: null });
    expect(late.cookie()).toBeNull();
  });

  it('shows only that it is over in a final state, and lets nothing be done', async () => {
    const { id, reference, token } = await schedule();
    const { page } = await open({ reference, token });
    await anteroom.call('POST', `/api/v1/appointments/${id}/cancel`, { body: {} });
    expect((await page.call('GET', visit)).json.data.status).toBe('cancelled');
    for (const command of ['arrive', 'leave', 'call-back', 'ticket']) {
      expect((await page.call('POST', `${visit}/${command}`)).status).toBe(409);
    }
  });

  it('changes nothing by being opened, however often (mail programs do)', async () => {
    const { id, reference, token } = await schedule();
    for (let time = 1; time <= 5; time++) await open({ reference, token });
    const { headers } = await anteroom.call('GET', `/api/v1/appointments/${id}`);
    expect(headers.get('etag')).toBe('"1"');
  });

  it('lets the claimant arrive, take it back, check devices, ask for a call, and cancel', async () => {
    const { id, reference, token } = await schedule();
    const { page } = await open({ reference, token });
    const check = {
      camera: 'failed',
      microphone: 'ready',
      speaker: 'untested',
      connection: 'ready',
      problem: null,
      round_trip_ms: null,
      loss_percent: 0,
      rate_kbit_s: 2_000,
      browser: 'Firefox 150',
    };
    const done = async (name: string, body?: object) =>
      (await page.call('POST', `${visit}/${name}`, body)).json.data;
    expect((await done('arrive')).status).toBe('waiting');
    expect((await done('leave')).status).toBe('scheduled');
    expect((await done('device-check', check)).device_check).toEqual(check);
    expect((await done('call-back')).is_call_back_wanted).toBe(true);
    expect((await done('cancel', { cancellation_reason: 'I am ill' })).status).toBe('cancelled');
    const receipt = await page.call('GET', `${visit}/events`);
    expect(receipt.json.data).toEqual([{ what: 'arrived', at: expect.any(String) }]);
    const { json } = await anteroom.call('GET', `/api/v1/appointments/${id}/events`);
    expect(json.data.map(({ type }: { type: string }) => type)).toEqual([
      'appointment.scheduled',
      'appointment.arrived',
      'appointment.left',
      'appointment.devices_checked',
      'appointment.call_back_wanted',
      'appointment.cancelled',
    ]);
    expect(JSON.stringify(json.data)).not.toMatch(/ill|Firefox|Ada/);
  });

  it('gives a calendar entry that stays the same one when it is moved', async () => {
    const { id, reference, token } = await schedule();
    const { page } = await open({ reference, token });
    const entry = async () => (await page.call('GET', `${visit}/calendar.ics`)).text;
    const first = await entry();
    expect(first).toContain(`UID:${id}@visits-1.example.org`);
    await anteroom.call('PATCH', `/api/v1/appointments/${id}`, {
      body: { appointment_at: '2030-03-05T10:00:00Z' },
    });
    const second = await entry();
    const sequence = (text: string) => Number(/SEQUENCE:(\d+)/.exec(text)?.[1]);
    expect(second).toContain(`UID:${id}@visits-1.example.org`);
    expect(sequence(second)).toBeGreaterThan(sequence(first));
  });

  it('shows the name that the department chose for its agents, and its own phone number', async () => {
    const [mine] = anteroom.organisations;
    await anteroom.testDatabase.query(
      `insert into departments (organisation_id, id, name, phone_number, agent_alias)
       values ($1, 7, 'Hearings', '+442079460107', 'Your officer')`,
      [mine.id],
    );
    await eventually(async () => {
      const { json } = await anteroom.call('GET', '/api/v1/departments');
      return json.data.length === 1;
    });
    const { id, reference, token } = await schedule({ department_id: 7 });
    const { page } = await open({ reference, token });
    const agent = await makeStaff(anteroom, mine, 'agent', [7]);
    const staff = await signIn(anteroom, (await makeStaff(anteroom, mine)).email);
    await eventually(async () => {
      const path = `/portal/api/appointments/${id}/assign`;
      return (await staff.call('POST', path, { agent_id: agent.id })).status === 200;
    });
    const { data } = (await page.call('GET', visit)).json;
    expect(data.agent_name).toBe('Your officer');
    expect(data.department).toMatchObject({ name: 'Hearings', phone_number: '+442079460107' });
  });

  it('opens by the whole link alone on another organisation’s address: nothing', async () => {
    const { reference, token } = await schedule();
    const host = new URL(anteroom.organisations[1].publicUrl).host;
    const page = openPage(anteroom);
    const { json } = await page.call(
      'POST',
      session,
      { reference, token },
      { 'x-forwarded-host': host },
    );
    expect(json.data.claimant).toBeNull();
    expect(json.data.organisation.name).toBe('Organisation 2');
  });

  describe('without its last part', () => {
    const knock = async (page: ReturnType<typeof openStranger>) =>
      (await page.call('POST', `${visit}/knock`)).json.data;

    async function openDay() {
      const { email } = await makeStaff(anteroom, anteroom.organisations[0]);
      const staff = await signIn(anteroom, email);
      return {
        staff,
        see: async (id: string) => {
          const { json } = await staff.call('GET', '/portal/api/day');
          return json.data.appointments.find((one: { id: string }) => one.id === id);
        },
      };
    }

    it('lets somebody knock, whom the agent vouches for: they and nobody else are the claimant then', async () => {
      const { id, reference } = await schedule();
      const { staff, see } = await openDay();
      const { page: first } = await open({ reference });
      const { page: second } = await open({ reference });
      expect((await knock(first)).claimant).toBeNull();
      await knock(second);
      expect(await see(id)).toMatchObject({ status: 'scheduled', is_knocking: true });
      await staff.call('POST', `/portal/api/appointments/${id}/arrive`);
      expect(await see(id)).toMatchObject({ status: 'waiting', is_knocking: false });
      expect((await first.call('GET', visit)).json.data).toMatchObject({ id, status: 'waiting' });
      expect((await first.call('POST', `${visit}/ticket`)).status).toBe(200);
      expect((await second.call('GET', visit)).json.data.claimant).toBeNull();
      expect((await second.call('POST', `${visit}/ticket`)).status).toBe(403);
    });

    it('is forgotten when the appointment moves or gets new links', async () => {
      const { id, reference } = await schedule();
      const { staff, see } = await openDay();
      const { page } = await open({ reference });
      await knock(page);
      await staff.call('POST', `/portal/api/appointments/${id}/arrive`);
      expect((await page.call('GET', visit)).json.data.id).toBe(id);
      await anteroom.call('POST', `/api/v1/appointments/${id}/links/rotate`, { body: {} });
      expect((await page.call('GET', visit)).json.data.claimant).toBeNull();
      expect((await see(id)).is_knocking).toBe(false);
    });

    it('leaves nothing long before the appointment, and in a final state', async () => {
      const { id, reference } = await schedule();
      await anteroom.setClock(before(31));
      await knock((await open({ reference })).page);
      await anteroom.setClock(before(10));
      await anteroom.call('POST', `/api/v1/appointments/${id}/cancel`, { body: {} });
      await knock((await open({ reference })).page);
      const { headers } = await anteroom.call('GET', `/api/v1/appointments/${id}`);
      expect(headers.get('etag')).toBe('"2"');
    });
  });

  describe('of the host', () => {
    const roomOf = (roomUrl: string) => {
      const { pathname, searchParams } = new URL(roomUrl);
      return {
        room: pathname.split('/').at(-1) as string,
        room_key: searchParams.get('roomKey') as string,
      };
    };

    it('opens its room, and no other appointment', async () => {
      const { id, roomUrl } = await schedule();
      const other = await schedule();
      const page = openPage(anteroom);
      const opened = await page.call('POST', '/portal/api/host-session', roomOf(roomUrl));
      expect(opened.json.data).toEqual({
        appointment_id: id,
        organisation: { name: 'Organisation 1' },
      });
      expect((await page.call('GET', `/portal/api/appointments/${id}`)).json.data.id).toBe(id);
      expect((await page.call('POST', `/portal/api/appointments/${id}/ticket`)).status).toBe(200);
      for (const [method, path] of [
        ['GET', `/portal/api/appointments/${other.id}`],
        ['POST', `/portal/api/appointments/${other.id}/ticket`],
        ['POST', `/portal/api/appointments/${id}/cancel`],
        ['GET', '/portal/api/day'],
        ['GET', '/portal/api/session'],
        ['POST', '/portal/api/ticket'],
      ] as const) {
        expect((await page.call(method, path)).status).toBe(401);
      }
    });

    it('is no claimant’s, and a claimant’s is no host’s', async () => {
      const { id, reference, token, roomUrl } = await schedule();
      const host = openPage(anteroom);
      await host.call('POST', '/portal/api/host-session', roomOf(roomUrl));
      const { page } = await open({ reference, token });
      const as = (name: string, cookie: string | null) =>
        openPage(anteroom, `${name}=${cookie?.split('=').at(1)}`);
      expect((await as('visit', host.cookie()).call('GET', visit)).status).toBe(401);
      const path = `/portal/api/appointments/${id}`;
      expect((await as('host', page.cookie()).call('GET', path)).status).toBe(401);
    });

    it('opens nothing with another room or key, after rotation, or an hour after the end', async () => {
      const { id, roomUrl } = await schedule();
      const other = await schedule();
      const page = openPage(anteroom);
      const ask = async (body: object) =>
        (await page.call('POST', '/portal/api/host-session', body)).status;
      const { room, room_key } = roomOf(roomUrl);
      expect(await ask({ room: roomOf(other.roomUrl).room, room_key })).toBe(401);
      expect(await ask({ room, room_key: roomOf(other.roomUrl).room_key })).toBe(401);
      expect(await ask({ room, room_key: 'x.y.z' })).toBe(401);
      expect(await ask({ room, room_key })).toBe(200);
      await anteroom.setClock(before(5));
      const { json } = await anteroom.call('POST', `/api/v1/appointments/${id}/links/rotate`, {
        body: {},
      });
      expect((await page.call('GET', `/portal/api/appointments/${id}`)).status).toBe(401);
      expect(await ask({ room, room_key })).toBe(401);
      const fresh = roomOf(json.data.host_link.text);
      expect(await ask(fresh)).toBe(200);
      await anteroom.setClock('2030-03-05T00:59:59Z');
      expect((await page.call('GET', `/portal/api/appointments/${id}`)).status).toBe(401);
      expect(await ask(fresh)).toBe(401);
    });
  });
});
