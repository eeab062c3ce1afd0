import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';

type Tell = (sentence: string) => void;

const context = createContext<Tell>(() => {});

const shownMs = 6_000;
const mostShown = 3;

/**
 * Says what has just happened, for a few seconds, at the head of the window, and once to who listens.
 * Nothing that has to be answered or kept is said this way.
 */
export function Said({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState<readonly { id: number; sentence: string }[]>([]);
  const count = useRef(0);
  const tell = useCallback<Tell>((sentence) => {
    count.current += 1;
    const id = count.current;
    setSaid((before) => [...before, { id, sentence }].slice(-mostShown));
    setTimeout(() => setSaid((before) => before.filter((one) => one.id !== id)), shownMs);
  }, []);
  return (
    <context.Provider value={tell}>
      {children}
      <div className="said" role="status">
        {said.map(({ id, sentence }) => (
          <p key={id} className="said-words">
            {sentence}
          </p>
        ))}
      </div>
    </context.Provider>
  );
}

/** Tells what was done, in a sentence. */
export const useTell = () => useContext(context);
