import type { DayAppointment } from '@anteroom/contract';
import { isLate } from '../day.ts';
import { minutesBetween, useNow, useSession } from '../session.ts';
import { useWords, type Words } from '../words.tsx';

/** How an appointment stands, in words, with how long it has stood so. */
export function State({ appointment }: { appointment: DayAppointment }) {
  const words = useWords();
  const now = useNow();
  const zone = useSession().organisation.time_zone;
  const tone = isLate(appointment, now) ? 'late' : appointment.status;
  return <p className={`state state-${tone}`}>{sayState(appointment, words, now, zone)}</p>;
}

function sayState(
  appointment: DayAppointment,
  { say, sayMinutes, sayTime }: Words,
  now: Date,
  zone: string,
): string {
  const { status, arrived_at, session_started_at, session_ended_at } = appointment;
  const since = (instant: string) => sayMinutes(minutesBetween(instant, now));
  if (isLate(appointment, now)) {
    return say('status.late', { wait: since(appointment.appointment_at) });
  }
  if (status === 'waiting' && session_started_at) return say('status.waitingAgain');
  if (status === 'waiting' && arrived_at) {
    return say('status.waitingFor', { wait: since(arrived_at) });
  }
  if (status === 'in_progress' && session_started_at) {
    return say('status.in_progressFor', { wait: since(session_started_at) });
  }
  if (status === 'on_hold' && appointment.on_hold_started_at) {
    return say('status.on_holdFor', { wait: since(appointment.on_hold_started_at) });
  }
  if (status === 'completed' && session_ended_at) {
    return say('status.completedAt', { time: sayTime(session_ended_at, zone) });
  }
  return say(`status.${status}`);
}
