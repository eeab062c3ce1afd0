import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { State } from '../parts/state.tsx';
import { useTitle } from '../parts/use-title.ts';
import { appointmentQuery } from '../queries.ts';
import { useMay } from '../session.ts';
import { useWords } from '../words.tsx';
import { AgentChoice } from './agent-choice.tsx';
import { AppointmentActions } from './appointment-actions.tsx';
import { Facts } from './facts.tsx';
import { Links } from './links.tsx';
import { NotesForm } from './notes-form.tsx';
import { Timeline } from './timeline.tsx';

const route = getRouteApi('/portal/appointments/$id');

/** Everything about one appointment. Opening it leaves a trace in its timeline. */
export function AppointmentPage() {
  const { say } = useWords();
  const { id } = route.useParams();
  const { data: appointment } = useSuspenseQuery(appointmentQuery(id));
  const maySettle = useMay('appointments:settle');
  const mayAssign = useMay('appointments:assign');
  const maySend = useMay('appointments:schedule');
  useTitle(say('appointment.title'));
  const isOpen = !['completed', 'cancelled', 'no_show'].includes(appointment.status);
  return (
    <main className="detail" id="main" tabIndex={-1}>
      <div className="detail-head">
        <div>
          <h1>{appointment.claimant.name}</h1>
          <State appointment={appointment} />
        </div>
        <AppointmentActions appointment={appointment} />
      </div>
      <div className="detail-columns">
        <div className="stack">
          <section className="card stack" aria-labelledby="details">
            <h2 id="details">{say('appointment.details')}</h2>
            <Facts appointment={appointment} />
            {mayAssign && isOpen && <AgentChoice appointment={appointment} />}
          </section>
          {maySend && isOpen && <Links appointment={appointment} />}
        </div>
        <div className="stack">
          {maySettle && (
            <section className="card stack" aria-labelledby="notes">
              <h2 id="notes">{say('appointment.notes')}</h2>
              <NotesForm appointment={appointment} isWithOutcome />
            </section>
          )}
          <section className="card stack" aria-labelledby="timeline">
            <h2 id="timeline">{say('appointment.timeline')}</h2>
            <Timeline appointment={appointment} />
          </section>
        </div>
      </div>
    </main>
  );
}
