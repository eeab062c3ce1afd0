import type { DayAppointment, HostSession } from '@anteroom/contract';
import { Notice } from '@anteroom/ui';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Failure } from '../frame/failure.tsx';
import { Said } from '../frame/said.tsx';
import { ask, Refusal } from '../http.ts';
import { Sentence } from '../parts/sentence.tsx';
import { appointmentQuery } from '../queries.ts';
import { type Worker, WorkerProvider } from '../session.ts';
import { useWords } from '../words.tsx';
import { CallScreen } from './call-screen.tsx';

const route = getRouteApi('/meet/$room');

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Of the host's link that opened this page. */
    roomKey?: string;
  }
}

/** The call screen for whoever holds the host's link, good for its room alone. */
export function MeetPage() {
  return (
    <Failure>
      <Said>
        <Meeting />
      </Said>
    </Failure>
  );
}

function Meeting() {
  const { say, explain } = useWords();
  const { room } = route.useParams();
  const key = useRoomKey(room);
  const host = useQuery({
    queryKey: ['host', room],
    queryFn: async () => {
      const session = await ask<HostSession>('POST', '/host-session', {
        body: { room, room_key: key },
      });
      return workerOf(session);
    },
    enabled: key !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const appointment = useQuery({
    ...appointmentQuery(host.data?.appointmentId ?? ''),
    enabled: host.data !== undefined,
  });
  const error = host.error ?? appointment.error;
  if (key === null || (error instanceof Refusal && [401, 404, 422].includes(error.status))) {
    return (
      <main className="lone stack" id="main">
        <h1>{say('call.hostWrong')}</h1>
        <p>{say('call.hostWrongHint')}</p>
        <p>
          <a href="/portal">{say('signIn.title')}</a>
        </p>
      </main>
    );
  }
  if (host.data && appointment.data) {
    return <HostedCall worker={host.data.worker} appointment={appointment.data} />;
  }
  return (
    <main className="lone" id="main">
      {error ? (
        <Notice tone="bad" live="assertive">
          {explain(error)}
        </Notice>
      ) : (
        <Sentence>{say('app.loading')}</Sentence>
      )}
    </main>
  );
}

const HostedCall = ({ worker, appointment }: { worker: Worker; appointment: DayAppointment }) => (
  <WorkerProvider value={worker}>
    <CallScreen appointment={appointment} />
  </WorkerProvider>
);

/**
 * The key of the link. It is taken out of the address, where people copy and share it from, and kept with
 * this entry of the window's history, so that a reload finds it.
 */
function useRoomKey(room: string): string | null {
  const { roomKey } = route.useSearch();
  const kept = useRouterState({ select: ({ location }) => location.state.roomKey });
  const navigate = useNavigate();
  useEffect(() => {
    if (!roomKey) return;
    void navigate({
      to: '/meet/$room',
      params: { room },
      search: {},
      state: { roomKey },
      replace: true,
    });
  }, [roomKey, room, navigate]);
  return roomKey ?? kept ?? null;
}

function workerOf({ appointment_id, organisation }: HostSession) {
  const knownAt = Date.now();
  const worker: Worker = {
    isHost: true,
    knownAt,
    session: {
      staff: { id: '', email: '', name: organisation.name, role: 'agent', departments: [] },
      permissions: ['calls:take', 'appointments:settle'],
      organisation: {
        name: organisation.name,
        // Hosts may be anywhere; what their own clock shows is what they can be on time by.
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        colour: null,
      },
      is_sandbox: false,
      sends_mail: false,
      now: new Date(knownAt).toISOString(),
    },
  };
  return { worker, appointmentId: appointment_id };
}
