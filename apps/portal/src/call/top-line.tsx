import type { CallSnapshot } from '@anteroom/call';
import type { DayAppointment } from '@anteroom/contract';
import { Link } from '@tanstack/react-router';
import { useMay, useSession } from '../session.ts';
import { useWords } from '../words.tsx';
import { Duration } from './duration.tsx';

interface TopLineProps {
  appointment: DayAppointment;
  snapshot: CallSnapshot;
}

/** Whose call this is, when it was to begin, and how long it goes on. */
export function TopLine({ appointment, snapshot }: TopLineProps) {
  const { say, sayTime } = useWords();
  const zone = useSession().organisation.time_zone;
  const { room } = snapshot;
  const isAlone = !room || !['in_progress', 'on_hold'].includes(room.status);
  const mayGo = useMay('appointments:view') && isAlone;
  return (
    <header className="call-top">
      {mayGo && (
        <Link to="/portal" className="call-back">
          <span aria-hidden="true">‹ </span>
          {say('call.toToday')}
        </Link>
      )}
      <h1>{appointment.claimant.name}</h1>
      <p>
        {sayTime(appointment.appointment_at, zone)} · {appointment.reference}
        {appointment.is_practice && ` · ${say('practice.mark')}`}
      </p>
      {room?.session_started_at && !isAlone && (
        <p className="call-clock">
          <Duration since={room.session_started_at} />
        </p>
      )}
    </header>
  );
}
