import { useEffect } from 'react';
import { useWords } from '../words.tsx';

/** Names the window after what it shows; never a person, since titles are kept in histories. */
export function useTitle(title: string): void {
  const { say } = useWords();
  const name = say('app.name');
  useEffect(() => {
    document.title = `${title} – ${name}`;
  }, [title, name]);
}
