import type { DayAppointment } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admit, arrive } from '../../src/appointments/index.ts';
import { createDepartment } from '../../src/organisation/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import {
  connectPage,
  fetchTicket,
  joinRoom,
  openSession,
  type Page,
  type Scheduled,
  schedule as scheduleSoon,
} from './pages.ts';

let anteroom: TestServer;
beforeAll(async () => {
  // Noon, so that an hour ago was today.
  anteroom = await startTestServer({ sandboxAt: '2030-06-12T11:00:00Z' });
  const owner = await openDatabase({
    url: anteroom.testDatabase.ownerUrl,
    pipelinedConnections: 1,
  });
  for (const { id } of anteroom.organisations) {
    for (const name of ['Pensions', 'Housing']) await createDepartment(owner.in(id), name, {});
  }
  await owner.close();
});
afterAll(() => anteroom.close());

const schedule = (organisation = anteroom.organisations[0], changes = {}) =>
  scheduleSoon(anteroom, organisation, { appointment_at: '2030-06-12T11:05:00Z', ...changes });

async function openDay(departments: number[] | null, index: 0 | 1 = 0): Promise<Page> {
  const organisation = anteroom.organisations[index];
  const page = await connectPage(anteroom, organisation.publicUrl);
  const ticket = await fetchTicket(anteroom, organisation, {
    kind: 'day',
    departments,
    personId: 'agent',
    name: 'Grace',
    sessionId: await openSession(anteroom, organisation),
  });
  page.say({ type: 'hello', ticket });
  await eventually(() => page.heard.length > 0);
  expect(page.heard).toMatchObject([{ type: 'welcome', you: { role: 'day' }, room: null }]);
  return page;
}

const told = (page: Page): DayAppointment[] =>
  page.heard.flatMap((one) => (one.type === 'day' ? one.appointments : []));
const idsTold = (page: Page) => told(page).map(({ id }) => id);
const door = ({ organisation }: Scheduled) => anteroom.database.in(organisation.id);
const arriveAt = (appointment: Scheduled) =>
  arrive(door(appointment), { kind: 'claimant' }, { id: appointment.id });

describe('a day', () => {
  it('is told of what is new and what changes, in its own organisation and departments', async () => {
    const all = await openDay(null);
    const pensions = await openDay([1]);
    const noDepartment = await openDay([]);
    const foreign = await openDay(null, 1);
    const inPensions = await schedule(undefined, { department_id: 1 });
    const inHousing = await schedule(undefined, { department_id: 2 });
    const nowhere = await schedule();
    const theirs = await schedule(anteroom.organisations[1], { department_id: 1 });
    for (const one of [inPensions, inHousing, nowhere]) {
      await eventually(() => idsTold(all).includes(one.id));
    }
    await eventually(() => idsTold(foreign).includes(theirs.id));
    await eventually(() => idsTold(noDepartment).includes(nowhere.id));
    expect(new Set(idsTold(pensions))).toEqual(new Set([inPensions.id]));
    expect(new Set(idsTold(noDepartment))).toEqual(new Set([nowhere.id]));
    expect(new Set(idsTold(foreign))).toEqual(new Set([theirs.id]));
    expect(idsTold(all)).not.toContain(theirs.id);

    await arriveAt(inPensions);
    await eventually(() => told(pensions).at(-1)?.status === 'waiting');
    expect(told(pensions).at(-1)).toMatchObject({
      id: inPensions.id,
      department: { id: 1, name: 'Pensions' },
      claimant: { name: 'Ada Example' },
    });
  });

  it('says nothing itself', async () => {
    const page = await openDay(null);
    page.say({ type: 'admit', ref: 1 });
    await eventually(() => page.closedWith() === 1008);
  });
});

describe('a claimant who waits', () => {
  const queueOf = (page: Page) => page.room().queue;

  /** Somebody of this department who waited for so many minutes today, and was seen. */
  async function seen(department: number, minutes: number, index: 0 | 1 = 0) {
    const appointment = await schedule(anteroom.organisations[index], {
      department_id: department,
    });
    await arriveAt(appointment);
    await admit(door(appointment), { kind: 'agent' }, { id: appointment.id });
    await anteroom.testDatabase.query(
      `update appointments set status = 'in_progress', appointment_at = domain_now() - interval '1 hour',
         arrived_at = domain_now() - interval '1 hour',
         session_started_at = domain_now() - interval '1 hour' + interval '1 minute' * $2
       where id = $1`,
      [appointment.id, minutes],
    );
  }

  /** Waits since so many minutes. */
  async function waits(department: number, forMinutes: number, index: 0 | 1 = 0) {
    const appointment = await schedule(anteroom.organisations[index], {
      department_id: department,
    });
    await arriveAt(appointment);
    await anteroom.testDatabase.query(
      `update appointments set appointment_at = domain_now() - interval '1 minute' * $2,
         arrived_at = domain_now() - interval '1 minute' * $2 where id = $1`,
      [appointment.id, forMinutes],
    );
    return appointment;
  }

  it('learns their place in the department, and a range of minutes once others were seen', async () => {
    await waits(2, 4, 1);
    const first = await waits(2, 3);
    const second = await waits(2, 2);
    const page = await joinRoom(anteroom, second, 'claimant');
    await eventually(() => queueOf(page) !== null);
    expect(queueOf(page)).toEqual({ before: 1, wait_minutes: null });

    // Those of another organisation and department are no measure.
    for (const minutes of [50, 51, 52, 53]) await seen(2, minutes, 1);
    for (const minutes of [40, 41, 42]) await seen(1, minutes);
    for (const minutes of [6, 9, 12]) await seen(2, minutes);
    await admit(door(first), { kind: 'agent' }, { id: first.id });
    await eventually(() => queueOf(page)?.before === 0);
    expect(queueOf(page)).toEqual({ before: 0, wait_minutes: [5, 15] });

    // Who has waited longer than it says is told no minutes at all.
    const patient = await joinRoom(anteroom, await waits(2, 30), 'claimant');
    await eventually(() => queueOf(patient) !== null);
    expect(queueOf(patient)).toEqual({ before: 0, wait_minutes: null });
    await eventually(() => queueOf(page)?.before === 1);
  });

  it('is told what the agent says to those who wait, and others are not', async () => {
    const appointment = await waits(1, 1);
    const page = await joinRoom(anteroom, appointment, 'claimant');
    const other = await joinRoom(anteroom, await waits(1, 1), 'claimant');
    await anteroom.testDatabase.query(
      `with told as (update appointments set version = version + 1, updated_at = domain_now(),
         waiting_message = '{"kind": "running_late", "minutes": 10, "at": "2026-01-01T00:00:00.000000Z"}'
         where id = $1 returning *)
       insert into events (organisation_id, appointment_id, version, type, actor_kind, occurred_at)
       select organisation_id, id, version, 'appointment.told', 'agent', updated_at from told`,
      [appointment.id],
    );
    await eventually(() => page.room().message !== null);
    expect(page.room().message).toMatchObject({ kind: 'running_late', minutes: 10 });
    expect(other.room().message).toBe(null);
  });
});
