import type { Permission, StaffSession } from '@anteroom/contract';
import { useSuspenseQuery } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState } from 'react';
import { sessionQuery } from './queries.ts';

/** Who is at work on these pages, and since when that is known (milliseconds of this machine). */
export interface Worker {
  session: StaffSession;
  knownAt: number;
  /** Came by the host's link: sees one room, and nothing else of the portal. */
  isHost: boolean;
}

const context = createContext<Worker | null>(null);

export const WorkerProvider = context.Provider;

/** Who is signed in, on pages that are shown to nobody else. */
export function useSession(): StaffSession {
  return useWorker().session;
}

function useWorker(): Worker {
  const worker = useContext(context);
  if (!worker) throw new Error('this page is for who is signed in');
  return worker;
}

/** Who is signed in and since when that is known; null when nobody is. */
export function useWhoever(): Worker | null {
  const { data, dataUpdatedAt } = useSuspenseQuery(sessionQuery);
  return data && { session: data, knownAt: dataUpdatedAt, isHost: false };
}

/** Whether this person came by the host's link. */
export const useIsHost = (): boolean => useWorker().isHost;

/** Whether this person may do that (packages/contract/src/staff.ts). */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}

/** Domain time, which a sandbox stops; renders again that often. */
export function useNow(everyMs = 10_000): Date {
  const { session, knownAt } = useWorker();
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  const knownNow = Date.parse(session.now);
  return new Date(session.is_sandbox ? knownNow : knownNow + Date.now() - knownAt);
}

/** Whole minutes from one instant to another, none when it is the other way round. */
export const minutesBetween = (from: string, to: Date): number =>
  Math.max(0, Math.floor((to.getTime() - Date.parse(from)) / 60_000));
