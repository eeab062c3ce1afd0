import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';

type Tell = (sentence: string) => void;

const context = createContext<Tell>(() => {});

const shownMs = 6_000;

/**
 * Says what has just happened, for a few seconds, at the head of the window, clear of what is pressed, and once to who listens.
 * Nothing that has to be answered or kept is said this way.
 */
export function Said({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState<{ sentence: string; count: number } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const tell = useCallback<Tell>((sentence) => {
    clearTimeout(timer.current);
    setSaid((before) => ({ sentence, count: (before?.count ?? 0) + 1 }));
    timer.current = setTimeout(() => setSaid(null), shownMs);
  }, []);
  return (
    <context.Provider value={tell}>
      {children}
      <div className="said" role="status">
        {said && (
          <p key={said.count} className="said-words">
            {said.sentence}
          </p>
        )}
      </div>
    </context.Provider>
  );
}

/** Tells what was done, in a sentence. */
export const useTell = () => useContext(context);
