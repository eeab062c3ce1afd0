import type { DayAppointment } from '@anteroom/contract';
import { Button, buttonClass } from '@anteroom/ui';
import { Link } from '@tanstack/react-router';
import { useCommand } from '../commands.ts';
import { isLive, isNotReady, isRoomOpen, mayBeNoShow } from '../day.ts';
import { useTell } from '../frame/said.tsx';
import { DeviceResult } from '../parts/device-result.tsx';
import { Marks } from '../parts/marks.tsx';
import { Ring } from '../parts/ring.tsx';
import { State } from '../parts/state.tsx';
import { useMay, useNow, useSession } from '../session.ts';
import { useWords } from '../words.tsx';

interface EntryProps {
  appointment: DayAppointment;
  /** Shows the day as well. */
  isDated?: boolean;
}

/** One appointment of the day: when, who, how it stands, what to do next. */
export function Entry({ appointment, isDated = false }: EntryProps) {
  const { say, sayTime, sayShortDay } = useWords();
  const zone = useSession().organisation.time_zone;
  const { id, claimant, agent, department, status } = appointment;
  const isExpected = ['scheduled', 'waiting'].includes(status);
  return (
    <li className="entry" data-live={isLive(appointment) || undefined}>
      <p className="entry-time">
        {isDated && <span>{sayShortDay(appointment.appointment_at, zone)}</span>}
        <time dateTime={appointment.appointment_at}>
          {sayTime(appointment.appointment_at, zone)}
        </time>
        <span className="quiet">
          {say('row.length', { count: appointment.duration_in_minutes })}
        </span>
      </p>
      <div className="entry-who">
        <h3>
          <Link to="/portal/appointments/$id" params={{ id }}>
            {claimant.name}
          </Link>
        </h3>
        <p className="quiet entry-facts">
          <span>{appointment.reference}</span>
          {department && <span>{department.name}</span>}
          {agent && <span>{say('row.agent', { name: agent.name })}</span>}
        </p>
        <Marks appointment={appointment} />
      </div>
      <div className="entry-state">
        <State appointment={appointment} />
        {isExpected && <DeviceResult appointment={appointment} />}
        {isExpected && (isNotReady(appointment) || isLive(appointment)) && (
          <Ring phone={claimant.phone_number} />
        )}
      </div>
      <EntryActions appointment={appointment} />
    </li>
  );
}

function EntryActions({ appointment }: { appointment: DayAppointment }) {
  const { say, explain } = useWords();
  const now = useNow();
  const tell = useTell();
  const mayCall = useMay('calls:take');
  const maySettle = useMay('appointments:settle');
  const command = useCommand(appointment.id);
  const { id, claimant, status } = appointment;
  const isRunning = ['in_progress', 'on_hold'].includes(status);
  return (
    <div className="entry-actions">
      {maySettle && mayBeNoShow(appointment, now) && !appointment.is_knocking && (
        <Button
          isBusy={command.isPending}
          aria-label={say('row.noShowFor', { name: claimant.name })}
          onClick={() =>
            command.mutate({ action: 'mark-no-show' }, { onError: (error) => tell(explain(error)) })
          }
        >
          {say('row.noShow')}
        </Button>
      )}
      {mayCall && isRoomOpen(appointment, now) && (
        <Link
          className={buttonClass(isLive(appointment) ? 'primary' : 'plain')}
          to="/portal/appointments/$id/call"
          params={{ id }}
          aria-label={say(isRunning ? 'row.returnTo' : 'row.openFor', { name: claimant.name })}
        >
          {say(isRunning ? 'row.return' : 'row.open')}
        </Link>
      )}
    </div>
  );
}
