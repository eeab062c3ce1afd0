import type { DayAppointment } from '@anteroom/contract';
import { Facts } from '../appointment/facts.tsx';
import { NotesForm } from '../appointment/notes-form.tsx';
import { useMay } from '../session.ts';
import { useWords } from '../words.tsx';

/** What an agent wants beside the picture: who this is, what they need, and room for notes. */
export function Side({ appointment }: { appointment: DayAppointment }) {
  const { say } = useWords();
  const maySettle = useMay('appointments:settle');
  return (
    <aside className="call-side" aria-label={say('call.side')}>
      <Facts appointment={appointment} />
      {maySettle && <NotesForm appointment={appointment} />}
    </aside>
  );
}
