import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { appointmentQuery } from '../queries.ts';
import { CallScreen } from './call-screen.tsx';

const route = getRouteApi('/portal/appointments/$id/call');

/** The room of one appointment, for whoever is signed in. */
export function CallPage() {
  const { id } = route.useParams();
  const { data: appointment } = useSuspenseQuery(appointmentQuery(id));
  return <CallScreen key={id} appointment={appointment} />;
}
