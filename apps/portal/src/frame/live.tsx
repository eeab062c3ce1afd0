import { CallRefusal } from '@anteroom/call';
import { followDay } from '@anteroom/call/day';
import type { Day, TicketAnswer } from '@anteroom/contract';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { writeAppointment } from '../commands.ts';
import { arrivalBetween } from '../day.ts';
import { ask, Refusal } from '../http.ts';
import { dayQuery, sessionQuery } from '../queries.ts';
import { useSession } from '../session.ts';
import { useWords } from '../words.tsx';
import { alertAgent } from './alerts.ts';
import { useTell } from './said.tsx';

const context = createContext(true);

/** Whether changes appear by themselves at present. */
export const useIsLive = () => useContext(context);

/** A window that stays open over night has to find out that it is another day. */
const dayEveryMs = 10 * 60_000;
/** How often the list is read where nobody tells of changes. */
const whileDeafEveryMs = 30_000;

const today = dayQuery({ date: null, departmentId: null });

/** Keeps what is shown up to date by the day's socket, and says when somebody arrives. */
export function Live({ children }: { children: ReactNode }) {
  const [isLive, setLive] = useState(true);
  const client = useQueryClient();
  const words = useWords();
  const tell = useTell();
  const zone = useSession().organisation.time_zone;
  // Known on every page, so that an arrival is one also where the list is not shown.
  useQuery({ ...today, refetchInterval: isLive ? dayEveryMs : whileDeafEveryMs });

  const follower = useRef({ words, tell, zone });
  follower.current = { words, tell, zone };

  useEffect(
    () =>
      followDay({
        socketUrl: socketUrl(),
        fetchTicket: () => fetchTicket('/ticket'),
        onChange(appointments) {
          const known = client.getQueryData<Day>(today.queryKey)?.appointments;
          for (const appointment of appointments) {
            const before = known?.find(({ id }) => id === appointment.id);
            writeAppointment(client, appointment);
            const arrival = known && arrivalBetween(before, appointment);
            if (!arrival) continue;
            const { words, tell, zone } = follower.current;
            const sentence = words.say(`alerts.${arrival}`, {
              name: appointment.claimant.name,
              time: words.sayTime(appointment.appointment_at, zone),
            });
            // Whoever has this room open sees it there.
            if (location.pathname.includes(appointment.id)) continue;
            tell(sentence);
            alertAgent(sentence, `${appointment.id} ${arrival}`);
          }
        },
        onConnection(connection) {
          setLive(connection === 'open');
          if (connection === 'open') void client.invalidateQueries({ queryKey: ['day'] });
          if (connection === 'refused') {
            void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
          }
        },
      }),
    [client],
  );
  return <context.Provider value={isLive}>{children}</context.Provider>;
}

/** Where the socket answers, of the page's own address. */
export const socketUrl = () =>
  `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/socket`;

/** A pass for the socket; says so in the socket's own words when there is none to be had any more. */
export async function fetchTicket(path: string): Promise<string> {
  try {
    return (await ask<TicketAnswer>('POST', path, { body: {} })).ticket;
  } catch (error) {
    if (error instanceof Refusal && [401, 403, 404, 409].includes(error.status)) {
      throw new CallRefusal(error.code, error.message);
    }
    throw error;
  }
}
