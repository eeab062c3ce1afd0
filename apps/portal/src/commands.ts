import type { Day, DayAppointment, StaffSession } from '@anteroom/contract';
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { withAppointment } from './day.ts';
import { ask, Refusal } from './http.ts';
import { appointmentQuery, type DayChoice, sessionQuery } from './queries.ts';

/** Puts an appointment as it is now into everything that is shown of it. */
export function writeAppointment(client: QueryClient, appointment: DayAppointment): void {
  client.setQueryData<DayAppointment>(appointmentQuery(appointment.id).queryKey, (known) =>
    known && known.version <= appointment.version ? appointment : known,
  );
  client.setQueriesData<DayAppointment[]>({ queryKey: ['search'] }, (found) =>
    found?.map((one) => (one.id === appointment.id ? appointment : one)),
  );
  const zone = zoneOf(client.getQueryData<StaffSession | null>(sessionQuery.queryKey));
  for (const [key, day] of client.getQueriesData<Day>({ queryKey: ['day'] })) {
    const { departmentId } = key[1] as DayChoice;
    if (day)
      client.setQueryData<Day>(key, withAppointment(day, appointment, { zone, departmentId }));
  }
}

const zoneOf = (session: StaffSession | null | undefined) =>
  session?.organisation.time_zone ?? 'UTC';

/** What an agent does with one appointment: the last part of its address. */
export type Action =
  | 'admit'
  | 'arrive'
  | 'assign'
  | 'cancel'
  | 'correct'
  | 'end'
  | 'mark-no-show'
  | 'outcome'
  | 'send-again';

/** Gives an order for one appointment; what becomes of it is shown everywhere at once. */
export function useCommand(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ action, body = {} }: { action: Action; body?: object }) =>
      ask<DayAppointment>('POST', `/appointments/${id}/${action}`, { body }),
    onSuccess: (appointment) => writeAppointment(client, appointment),
    onError: (error) => {
      // Somebody was faster: show what it is like now.
      const isOld = error instanceof Refusal && [404, 409, 412].includes(error.status);
      if (isOld) return client.invalidateQueries({ queryKey: appointmentQuery(id).queryKey });
    },
  });
}
