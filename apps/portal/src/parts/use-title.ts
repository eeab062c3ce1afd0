import { useEffect } from 'react';
import { useWords } from '../words.tsx';

/**
 * Names the window after the page that it shows; never after a person, since titles are kept in
 * histories. Whoever came here by a press begins to read at the page's content.
 */
export function useTitle(title: string): void {
  const { say } = useWords();
  const name = say('app.name');
  useEffect(() => {
    document.title = `${title} – ${name}`;
  }, [title, name]);
  useEffect(() => {
    if (!navigator.userActivation?.hasBeenActive) return;
    document.getElementById('main')?.focus({ preventScroll: true });
  }, []);
}
