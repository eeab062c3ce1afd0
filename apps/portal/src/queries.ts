import type {
  Day,
  DayAppointment,
  EventAnswer,
  LinksAnswer,
  StaffSession,
} from '@anteroom/contract';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, Refusal } from './http.ts';

// What the pages read, each with the key that it is kept under. The day's socket writes into the same
// places, so nothing is read again while it is up (live/).

export interface DayChoice {
  /** YYYY-MM-DD in the organisation's zone; null is today. */
  date: string | null;
  departmentId: number | null;
}

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<StaffSession | null> => {
    try {
      return await ask<StaffSession>('GET', '/session', { signal });
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const dayQuery = ({ date, departmentId }: DayChoice) =>
  queryOptions({
    queryKey: ['day', { date, departmentId }],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams();
      if (date) query.set('date', date);
      if (departmentId) query.set('department_id', String(departmentId));
      return ask<Day>('GET', `/day${query.size > 0 ? `?${query}` : ''}`, { signal });
    },
    // Another day, or the same of one department, takes the place of this one without a flicker.
    placeholderData: keepPreviousData,
  });

export const appointmentQuery = (id: string) =>
  queryOptions({
    queryKey: ['appointment', id],
    queryFn: ({ signal }) => ask<DayAppointment>('GET', `/appointments/${id}`, { signal }),
    // Reading it leaves a trace in its timeline, so it is read once for a page that is opened.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const eventsQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ['events', id, version],
    queryFn: ({ signal }) => ask<EventAnswer[]>('GET', `/appointments/${id}/events`, { signal }),
    placeholderData: keepPreviousData,
  });

export const linksQuery = (id: string) =>
  queryOptions({
    queryKey: ['links', id],
    queryFn: ({ signal }) => ask<LinksAnswer>('GET', `/appointments/${id}/links`, { signal }),
    staleTime: 0,
    gcTime: 0,
  });

export interface Agent {
  id: string;
  name: string;
}

export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: ({ signal }) => ask<Agent[]>('GET', '/agents', { signal }),
});

export const departmentsQuery = queryOptions({
  queryKey: ['departments'],
  queryFn: ({ signal }) => ask<{ id: number; name: string }[]>('GET', '/departments', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ['search', q],
    queryFn: ({ signal }) => ask<DayAppointment[]>('POST', '/search', { body: { q }, signal }),
  });
