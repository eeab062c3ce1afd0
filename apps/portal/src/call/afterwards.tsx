import type { DayAppointment, Status } from '@anteroom/contract';
import { buttonClass } from '@anteroom/ui';
import { useIsFetching } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { NotesForm } from '../appointment/notes-form.tsx';
import { State } from '../parts/state.tsx';
import { appointmentQuery } from '../queries.ts';
import { useMay } from '../session.ts';
import { useWords } from '../words.tsx';

const openStates: readonly Status[] = ['scheduled', 'waiting', 'in_progress', 'on_hold'];

interface AfterwardsProps {
  appointment: DayAppointment;
  /** As the room last heard; null when it did not. */
  status: Status | null;
}

/** The call is over: how it turned out, and where to go now. */
export function Afterwards({ appointment, status }: AfterwardsProps) {
  const { say } = useWords();
  const maySettle = useMay('appointments:settle');
  const mayView = useMay('appointments:view');
  const { id, redirect_url: redirect } = appointment;
  const isRead = useIsFetching({ queryKey: appointmentQuery(id).queryKey }) === 0;
  // Moved to another time, or other links: this room is gone, the appointment is not.
  const isElsewhere =
    isRead && openStates.includes(appointment.status) && openStates.includes(status ?? 'scheduled');
  const isCancelled = [status, appointment.status].includes('cancelled');
  const title = isElsewhere ? 'call.overMoved' : isCancelled ? 'call.overCancelled' : 'call.over';
  return (
    <main className="lone stack after" id="main" tabIndex={-1}>
      <div role="status">
        <h1>{say(title)}</h1>
        {isElsewhere && <p>{say('call.overMovedHint')}</p>}
      </div>
      <div>
        <p>{appointment.claimant.name}</p>
        <State appointment={appointment} />
      </div>
      {maySettle && !isElsewhere && (
        <div className="card">
          <NotesForm appointment={appointment} isWithOutcome />
        </div>
      )}
      <div className="row">
        {redirect && (
          <a className={buttonClass('primary')} href={redirect}>
            {say('call.redirect', { host: new URL(redirect).host })}
          </a>
        )}
        {mayView && (
          <Link className={buttonClass(redirect ? 'plain' : 'primary')} to="/portal">
            {say('call.toToday')}
          </Link>
        )}
        {mayView && (
          <Link className={buttonClass('quiet')} to="/portal/appointments/$id" params={{ id }}>
            {say('appointment.title')}
          </Link>
        )}
      </div>
    </main>
  );
}
