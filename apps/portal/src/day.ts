import type { Day, DayAppointment } from '@anteroom/contract';
import { localTimeOf } from './zone.ts';

// What *Today* makes of the day's appointments.

/** The day with an appointment as it is now: added, replaced, or gone when it moved to another day. */
export function withAppointment(
  day: Day,
  appointment: DayAppointment,
  { zone, departmentId }: { zone: string; departmentId: number | null },
): Day {
  const known = day.appointments.find(({ id }) => id === appointment.id);
  // Messages may overtake answers; the higher version is the later one.
  if (known && known.version > appointment.version) return day;
  const others = day.appointments.filter(({ id }) => id !== appointment.id);
  const { date } = localTimeOf(new Date(appointment.appointment_at), zone);
  const belongs =
    date === day.date && (departmentId === null || appointment.department?.id === departmentId);
  return {
    ...day,
    appointments: belongs ? [...others, appointment].sort(byTime) : others,
  };
}

const byTime = (a: DayAppointment, b: DayAppointment) =>
  compare(a.appointment_at, b.appointment_at) || compare(a.id, b.id);

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

const openStates: readonly string[] = ['waiting', 'in_progress', 'on_hold'];

/** Whether somebody is here, or asks for something, so that an agent has to look now. */
export function isLive(appointment: DayAppointment): boolean {
  if (openStates.includes(appointment.status)) return true;
  return (
    (appointment.is_knocking || appointment.is_call_back_wanted) &&
    appointment.status === 'scheduled'
  );
}

/** Those who are here, longest wait first. */
export function queueOf(appointments: readonly DayAppointment[]): DayAppointment[] {
  return appointments
    .filter(isLive)
    .sort(
      (a, b) =>
        compare(a.arrived_at ?? a.appointment_at, b.arrived_at ?? b.appointment_at) ||
        compare(a.id, b.id),
    );
}

/** Whether the claimant's devices stand in the way of a call. */
export function isNotReady({ device_check: check }: DayAppointment): boolean {
  if (!check) return false;
  return (
    check.problem !== null ||
    [check.camera, check.microphone, check.speaker, check.connection].includes('failed')
  );
}

/** Those still to come whose devices were found wanting, and how many are still to come. */
export function countReadiness(appointments: readonly DayAppointment[]): {
  notReady: number;
  expected: number;
} {
  const expected = appointments.filter(
    ({ status, is_practice }) => ['scheduled', 'waiting'].includes(status) && !is_practice,
  );
  return { notReady: expected.filter(isNotReady).length, expected: expected.length };
}

/** Whether the claimant should be here by now and is not. */
export function isLate(appointment: DayAppointment, now: Date): boolean {
  return appointment.status === 'scheduled' && now > new Date(appointment.appointment_at);
}

const noShowAfterMs = 15 * 60 * 1000;

/** Whether “nobody came” may be said yet (contract section 4: 15 minutes after the start). */
export function mayBeNoShow({ status, appointment_at }: DayAppointment, now: Date): boolean {
  return status === 'scheduled' && now.getTime() >= Date.parse(appointment_at) + noShowAfterMs;
}

/** Whether the room can be opened: not over, and not closed. */
export function isRoomOpen({ status, room_closes_at }: DayAppointment, now: Date): boolean {
  if (['in_progress', 'on_hold'].includes(status)) return true;
  return ['scheduled', 'waiting'].includes(status) && now < new Date(room_closes_at);
}

export type Arrival = 'arrived' | 'knocking' | 'call_back';

/** What happened at the door between two states of one appointment; null when nothing did. */
export function arrivalBetween(
  before: DayAppointment | undefined,
  after: DayAppointment,
): Arrival | null {
  if (after.status === 'waiting' && !after.session_started_at && before?.status !== 'waiting') {
    return 'arrived';
  }
  if (after.is_knocking && !before?.is_knocking) return 'knocking';
  if (after.is_call_back_wanted && !before?.is_call_back_wanted) return 'call_back';
  return null;
}
