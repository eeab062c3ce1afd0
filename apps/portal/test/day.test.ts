import type { Day, DayAppointment } from '@anteroom/contract';
import { describe, expect, it } from 'vitest';
import {
  arrivalBetween,
  countReadiness,
  isRoomOpen,
  mayBeNoShow,
  queueOf,
  withAppointment,
} from '../src/day.ts';

const at = '2026-11-24T10:00:00.000000Z';

/** An appointment of which only what matters here is said. */
const appointment = (parts: Partial<DayAppointment>) =>
  ({
    id: 'a',
    version: 1,
    status: 'scheduled',
    appointment_at: at,
    room_closes_at: '2026-11-24T23:59:59.000000Z',
    department: { id: 1, name: 'North' },
    is_knocking: false,
    is_call_back_wanted: false,
    is_practice: false,
    arrived_at: null,
    session_started_at: null,
    device_check: null,
    ...parts,
  }) as DayAppointment;

const day = (...appointments: DayAppointment[]): Day => ({
  date: '2026-11-24',
  now: at,
  appointments,
});
const here = { zone: 'Europe/London', departmentId: null };

describe('a day that changes', () => {
  it('adds what is new in the order of time, and replaces what it knows', () => {
    const early = appointment({ id: 'b', appointment_at: '2026-11-24T09:00:00.000000Z' });
    const added = withAppointment(day(appointment({})), early, here);
    expect(added.appointments.map(({ id }) => id)).toEqual(['b', 'a']);
    const moved = appointment({ version: 2, status: 'waiting' });
    const changed = withAppointment(added, moved, here);
    expect(changed.appointments).toEqual([early, moved]);
  });

  it('forgets what has moved to another day, or to another department than the one that is shown', () => {
    const known = day(appointment({}));
    const moved = appointment({ version: 2, appointment_at: '2026-11-25T10:00:00.000000Z' });
    expect(withAppointment(known, moved, here).appointments).toEqual([]);
    const elsewhere = appointment({ version: 2, department: { id: 2, name: 'South' } });
    expect(withAppointment(known, elsewhere, { ...here, departmentId: 1 }).appointments).toEqual(
      [],
    );
  });

  it('knows the day by the clocks of the organisation', () => {
    const late = appointment({ appointment_at: '2026-11-24T23:30:00.000000Z' });
    const warsaw = { zone: 'Europe/Warsaw', departmentId: null };
    expect(withAppointment(day(), late, here).appointments).toEqual([late]);
    expect(withAppointment(day(), late, warsaw).appointments).toEqual([]);
  });

  it('does not go back to an older version', () => {
    const known = day(appointment({ version: 3, status: 'waiting' }));
    expect(withAppointment(known, appointment({ version: 2 }), here)).toBe(known);
  });
});

it('queues who is here by how long they wait, with those who knock or want a call', () => {
  const queue = queueOf([
    appointment({ id: 'later', status: 'waiting', arrived_at: '2026-11-24T09:58:00.000000Z' }),
    appointment({ id: 'first', status: 'waiting', arrived_at: '2026-11-24T09:50:00.000000Z' }),
    appointment({ id: 'knocks', is_knocking: true }),
    appointment({ id: 'wants a call', is_call_back_wanted: true }),
    appointment({ id: 'to come' }),
    appointment({ id: 'over', status: 'completed', is_call_back_wanted: true }),
  ]);
  expect(queue.map(({ id }) => id)).toEqual(['first', 'later', 'knocks', 'wants a call']);
});

it('counts whose devices stand in the way, practice left out', () => {
  const check = {
    camera: 'ready',
    microphone: 'failed',
    speaker: 'ready',
    connection: 'ready',
    problem: 'microphone_blocked',
    round_trip_ms: null,
    loss_percent: null,
    rate_kbit_s: null,
    browser: 'Firefox 140',
  } as const;
  const ready = { ...check, microphone: 'ready', problem: null } as const;
  expect(
    countReadiness([
      appointment({ device_check: check }),
      appointment({ device_check: ready }),
      appointment({ device_check: check, is_practice: true }),
      appointment({ device_check: check, status: 'completed' }),
    ]),
  ).toEqual({ notReady: 1, expected: 2 });
});

it('offers a no-show from a quarter of an hour after the start, to who never arrived', () => {
  const after = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000);
  expect(mayBeNoShow(appointment({}), after(14))).toBe(false);
  expect(mayBeNoShow(appointment({}), after(15))).toBe(true);
  expect(mayBeNoShow(appointment({ status: 'waiting' }), after(15))).toBe(false);
});

it('opens no room that has closed, unless a call goes on in it', () => {
  const tomorrow = new Date('2026-11-25T01:00:00Z');
  expect(isRoomOpen(appointment({}), tomorrow)).toBe(false);
  expect(isRoomOpen(appointment({ status: 'on_hold' }), tomorrow)).toBe(true);
  expect(isRoomOpen(appointment({ status: 'completed' }), new Date(at))).toBe(false);
});

it('hears each arrival once', () => {
  const before = appointment({});
  const waiting = appointment({ status: 'waiting' });
  expect(arrivalBetween(before, waiting)).toBe('arrived');
  expect(arrivalBetween(waiting, waiting)).toBeNull();
  expect(arrivalBetween(before, appointment({ is_knocking: true }))).toBe('knocking');
  expect(arrivalBetween(before, appointment({ is_call_back_wanted: true }))).toBe('call_back');
  // Put back by the agent, who knows.
  expect(
    arrivalBetween(
      appointment({ status: 'in_progress' }),
      appointment({ status: 'waiting', session_started_at: at }),
    ),
  ).toBeNull();
});
