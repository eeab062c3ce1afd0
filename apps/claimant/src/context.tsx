import type { Call } from '@anteroom/call';
import type { Devices } from '@anteroom/call/devices';
import { useStore } from '@anteroom/call/react';
import type { Visit } from '@anteroom/contract';
import { createContext, useContext, useEffect, useState } from 'react';
import type { Chime } from './chime.ts';
import { Fault } from './visit/requests.ts';
import type { VisitState, VisitStore } from './visit/visit.ts';
import { type SentenceKey, useWords } from './words.tsx';

/** What lives as long as the page does, whatever step it shows. */
export interface Parts {
  visits: VisitStore;
  chime: Chime;
  /** The person's camera and microphone; a practice person's are drawn. */
  devices(): Promise<Devices>;
  /** The connection to the appointment's room: opened when it is first asked for. */
  call(): Promise<Call>;
  /** Closes that connection, and gives the devices back; the next ones asked for are others. */
  leave(): void;
}

export const PartsContext = createContext<Parts | null>(null);

export function useParts(): Parts {
  const parts = useContext(PartsContext);
  if (!parts) throw new Error('Parts are needed outside of the app.');
  return parts;
}

export function useVisitState(): VisitState {
  return useStore(useParts().visits);
}

/** The appointment, on a page that is only shown when there is one. */
export function useVisit(): Visit {
  const state = useVisitState();
  if (state.kind !== 'open') throw new Error('A page of an appointment is shown without one.');
  return state.visit;
}

/** Domain time, read again as often as the page needs it. */
export function useNow(everyMs: number): number {
  const { visits } = useParts();
  const [now, setNow] = useState(() => visits.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(visits.now()), everyMs);
    return () => clearInterval(timer);
  }, [visits, everyMs]);
  return now;
}

/** Something that takes a while and may fail: whether it is under way, and what to say when it failed. */
export function useDeed(): {
  isBusy: boolean;
  fault: string | null;
  run(deed: () => Promise<void>): Promise<boolean>;
} {
  const { say } = useWords();
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<SentenceKey | null>(null);
  return {
    isBusy,
    fault: fault && say(fault as 'fault.other'),
    async run(deed) {
      setBusy(true);
      setFault(null);
      try {
        await deed();
        return true;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        setFault(error.sentence);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
