import { Notice } from '@anteroom/ui';
import { useWords } from '../words.tsx';

/** Why something was refused, read out at once; nothing when nothing was. */
export function Fault({ error }: { error: unknown }) {
  const { explain } = useWords();
  if (!error) return null;
  return (
    <Notice tone="bad" live="assertive">
      {explain(error)}
    </Notice>
  );
}
