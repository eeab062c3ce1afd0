import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancel, leave } from '../../src/appointments/index.ts';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import {
  connectPage,
  fetchTicket,
  joinRoom,
  openSession,
  type Page,
  type Scheduled,
  schedule,
  scheduleArrived,
} from './pages.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

async function joinBoth(appointment: Scheduled) {
  const claimant = await joinRoom(anteroom, appointment, 'claimant');
  const agent = await joinRoom(anteroom, appointment, 'agent');
  return { claimant, agent };
}

const door = ({ organisation }: Scheduled) => anteroom.database.in(organisation.id);

/** Both sides are sent away, having heard why; nobody of the other room is. */
async function expectEvicted(pages: Page[], status: string) {
  for (const page of pages) {
    await eventually(() => page.closedWith() === 4002);
    expect(page.room().status).toBe(status);
  }
}

describe('a room', () => {
  it.each([0, 1])('of organisation %i is over when its appointment is cancelled', async (index) => {
    const organisation = anteroom.organisations[index as 0 | 1];
    const { claimant, agent } = await joinBoth(await scheduleArrived(anteroom, organisation));
    const other = await joinBoth(await scheduleArrived(anteroom, organisation));
    const { appointment_id: id } = claimant.room();
    const answer = await anteroom.call('POST', `/api/v1/appointments/${id}/cancel`, {
      body: {},
      as: organisation,
    });
    expect(answer.status).toBe(200);
    await expectEvicted([claimant, agent], 'cancelled');
    expect(other.claimant.closedWith()).toBe(null);
    expect(other.agent.closedWith()).toBe(null);
  });

  it('shows what another process has done, without being told', async () => {
    const appointment = await scheduleArrived(anteroom);
    const { claimant, agent } = await joinBoth(appointment);
    await leave(door(appointment), { kind: 'claimant' }, { id: appointment.id });
    await eventually(() => agent.room().status === 'scheduled');
    expect(claimant.closedWith()).toBe(null);
    await cancel(door(appointment), { kind: 'agent' }, { id: appointment.id }, [null]);
    await expectEvicted([claimant, agent], 'cancelled');
  });

  it('is another one after a reschedule: tickets for the old one open nothing', async () => {
    const appointment = await scheduleArrived(anteroom);
    const { claimant, agent } = await joinBoth(appointment);
    const pass = {
      kind: 'room',
      appointmentId: appointment.id,
      role: 'claimant',
      personId: 'claimant',
      name: 'Ada Example',
      sessionId: await openSession(anteroom, appointment.organisation, appointment.id),
    } as const;
    const old = await fetchTicket(anteroom, appointment.organisation, pass);
    const movedTo = new Date(Date.now() + 7_200_000).toISOString();
    await anteroom.call('PATCH', `/api/v1/appointments/${appointment.id}`, {
      body: { appointment_at: movedTo },
    });
    await expectEvicted([claimant, agent], 'scheduled');
    expect(claimant.room()).toMatchObject({ revision: 2 });
    expect(new Date(claimant.room().appointment_at).toISOString()).toBe(movedTo);

    const late = await connectPage(anteroom, appointment.organisation.publicUrl);
    late.say({ type: 'hello', ticket: old });
    await eventually(() => late.closedWith() === 4002);
    expect(late.heard).toEqual([]);
    const again = await joinRoom(anteroom, appointment, 'claimant');
    expect(again.room().revision).toBe(2);
  });

  it('closes to the claimant when the links are made anew, and to nobody else', async () => {
    const appointment = await scheduleArrived(anteroom);
    const { claimant, agent } = await joinBoth(appointment);
    await anteroom.call('POST', `/api/v1/appointments/${appointment.id}/links/rotate`, {});
    await eventually(() => claimant.closedWith() === 4002);
    expect(agent.closedWith()).toBe(null);
    expect(agent.room().people.map(({ role }) => role)).toEqual(['agent']);
  });

  it('closes to staff who sign out or are disabled, and opens to none of them', async () => {
    const appointment = await scheduleArrived(anteroom);
    const { claimant, agent } = await joinBoth(appointment);
    const session = await openSession(anteroom, appointment.organisation);
    const colleague = await joinRoom(anteroom, appointment, 'agent', session);
    const hash = Buffer.from(session, 'base64url');
    await anteroom.testDatabase.query(
      'update staff_sessions set ended_at = clock_timestamp() where session_hash = $1',
      [hash],
    );
    await eventually(() => colleague.closedWith() === 4002);
    const again = await joinRoom(anteroom, appointment, 'agent', session);
    expect(again.closedWith()).toBe(4002);
    expect(again.heard).toEqual([]);
    expect([agent.closedWith(), claimant.closedWith()]).toEqual([null, null]);

    await anteroom.testDatabase.query('update staff set disabled_at = clock_timestamp()');
    await eventually(() => agent.closedWith() === 4002);
    expect(claimant.closedWith()).toBe(null);
  });

  it('does not open for an appointment that is over', async () => {
    const appointment = await schedule(anteroom);
    await cancel(door(appointment), { kind: 'api' }, { id: appointment.id }, [null]);
    const page = await joinRoom(anteroom, appointment, 'claimant');
    expect(page.closedWith()).toBe(4002);
  });
});

describe('presence', () => {
  const presence = async ({ id }: Scheduled) => {
    const [call] = await anteroom.testDatabase.query<Record<string, unknown>>(
      `select agent_left_at is null and agent_connected_at is not null as agent,
         claimant_left_at is null and claimant_connected_at is not null as claimant
       from calls where appointment_id = $1`,
      [id],
    );
    return call ?? null;
  };

  it('is stored for those whose media flow, and ends when they go', async () => {
    const appointment = await scheduleArrived(anteroom);
    const { claimant, agent } = await joinBoth(appointment);
    agent.say({ type: 'media', is_connected: true });
    await eventually(async () => (await presence(appointment))?.agent === true);
    // Not let in: what this page reports counts for nothing.
    claimant.say({ type: 'media', is_connected: true });
    await agent.ask({ type: 'admit', ref: 1 });
    await eventually(() => agent.room().status === 'in_progress');
    await claimant.close();
    await eventually(async () => (await presence(appointment))?.claimant === false);
    agent.say({ type: 'media', is_connected: false });
    await eventually(async () => (await presence(appointment))?.agent === false);
    expect(agent.room().status).toBe('in_progress');
  });

  it('moves to another page of the agent when the first one goes', async () => {
    const appointment = await scheduleArrived(anteroom);
    const { agent } = await joinBoth(appointment);
    const colleague = await joinRoom(anteroom, appointment, 'agent');
    for (const page of [agent, colleague]) page.say({ type: 'media', is_connected: true });
    await eventually(() =>
      colleague.room().people.every((one) => one.role === 'claimant' || one.has_media),
    );
    await agent.close();
    await eventually(() => colleague.room().people.length === 2);
    expect(await presence(appointment)).toMatchObject({ agent: true });
  });
});

describe('a stop of the server', () => {
  it('sends everyone away with the code that says: come back, and stores who has left', async () => {
    const stopping = await startTestServer({
      metrics: { host: '127.0.0.1', port: 0, token: null },
    });
    const appointment = await scheduleArrived(stopping);
    const agent = await joinRoom(stopping, appointment, 'agent');
    agent.say({ type: 'media', is_connected: true });
    const look = () =>
      stopping.testDatabase.query('select agent_left_at is not null as has_left from calls');
    await eventually(async () => (await look()).length === 1);
    const metrics = await fetch(`http://127.0.0.1:${stopping.server.metricsPort()}/metrics`);
    expect(await metrics.text()).toContain('\nanteroom_sockets 1\n');
    await stopping.server.close();
    expect(agent.closedWith()).toBe(1012);
    expect(await look()).toEqual([{ has_left: true }]);
    await stopping.testDatabase.drop();
  });
});
