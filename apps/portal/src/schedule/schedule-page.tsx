import type { DayAppointment } from '@anteroom/contract';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { writeAppointment } from '../commands.ts';
import { useTell } from '../frame/said.tsx';
import { ask } from '../http.ts';
import { useTitle } from '../parts/use-title.ts';
import { appointmentQuery } from '../queries.ts';
import { useNow, useSession } from '../session.ts';
import { useWords } from '../words.tsx';
import { AppointmentForm } from './appointment-form.tsx';
import { changeBodyOf, emptyForm, formOf, instantOf, scheduleBodyOf } from './form-values.ts';

const route = getRouteApi('/portal/appointments/$id/change');

/** Makes a new appointment. */
export function SchedulePage() {
  const { say } = useWords();
  const { organisation, staff } = useSession();
  const zone = organisation.time_zone;
  const now = useNow();
  const only = staff.departments.length === 1 ? staff.departments[0] : undefined;
  const [first] = useState(() => emptyForm(now, zone, only?.id ?? null));
  const finish = useFinish(say('schedule.done'));
  // The same key for as long as the form is open: sent twice, it is scheduled once.
  const [key] = useState(() => crypto.randomUUID());
  const save = useMutation({
    mutationFn: (body: object) =>
      ask<DayAppointment>('POST', '/appointments', { body, headers: { 'idempotency-key': key } }),
    onSuccess: finish,
  });
  useTitle(say('schedule.title'));
  return (
    <main className="detail detail-narrow" id="main" tabIndex={-1}>
      <h1>{say('schedule.title')}</h1>
      <AppointmentForm
        first={first}
        doLabel={say('schedule.do')}
        isPending={save.isPending}
        error={save.error}
        onSave={(values, at) => save.mutate(scheduleBodyOf(values, at))}
      />
    </main>
  );
}

/** Changes an appointment, its time included. */
export function ChangePage() {
  const { say } = useWords();
  const { id } = route.useParams();
  const { data: appointment } = useSuspenseQuery(appointmentQuery(id));
  const zone = useSession().organisation.time_zone;
  const client = useQueryClient();
  // What the change is made to; a change by somebody else meanwhile is found by its version.
  const [before] = useState(appointment);
  const [first] = useState(() => formOf(before, zone));
  const finish = useFinish(say('schedule.changed'));
  const save = useMutation({
    mutationFn: (body: object) =>
      ask<DayAppointment>('PATCH', `/appointments/${id}`, {
        body,
        headers: { 'if-match': `"${before.version}"` },
      }),
    onSuccess: finish,
    onError: () => client.invalidateQueries({ queryKey: appointmentQuery(id).queryKey }),
  });
  useTitle(say('schedule.titleChange'));
  return (
    <main className="detail detail-narrow" id="main" tabIndex={-1}>
      <h1>{say('schedule.titleChange')}</h1>
      <p className="quiet">{say('schedule.moveHint', { name: before.claimant.name })}</p>
      <AppointmentForm
        first={first}
        isChange
        doLabel={say('schedule.doChange')}
        isPending={save.isPending}
        error={save.error}
        onSave={(values, at) =>
          save.mutate(changeBodyOf(values, at, first, instantOf(first, zone) ?? at))
        }
      />
    </main>
  );
}

/** Shows the appointment as it now is, and says what was done. */
function useFinish(sentence: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useTell();
  return (appointment: DayAppointment) => {
    const { id } = appointment;
    client.setQueryData(appointmentQuery(id).queryKey, appointment);
    writeAppointment(client, appointment);
    tell(sentence);
    return navigate({ to: '/portal/appointments/$id', params: { id } });
  };
}
