import type { ReactNode } from 'react';

/** Something that is said while one waits: shown only when the wait is long enough to notice. */
export function Sentence({ children }: { children: ReactNode }) {
  return (
    <p className="patience quiet" role="status">
      {children}
    </p>
  );
}
