import type { DayAppointment } from '@anteroom/contract';
import { useWords } from '../words.tsx';

/** What the claimant needs, who they are, and whatever else must not be overlooked. */
export function Marks({ appointment }: { appointment: DayAppointment }) {
  const { say, sayLanguage } = useWords();
  const { interpreter_language, claimant } = appointment;
  const marks: [tone: string, sentence: string][] = [];
  if (appointment.is_practice) marks.push(['practice', say('practice.mark')]);
  if (appointment.is_knocking) marks.push(['warning', say('row.knocking')]);
  else if (appointment.arrived_at) marks.push(['good', say('row.verified')]);
  if (appointment.is_call_back_wanted) marks.push(['warning', say('row.callBack')]);
  if (appointment.is_interpreter_needed) {
    const language = interpreter_language ?? claimant.language;
    marks.push([
      'need',
      language
        ? say('row.interpreter', { language: sayLanguage(language) })
        : say('row.interpreterAny'),
    ]);
  }
  for (const need of claimant.access_needs) marks.push(['need', say(`need.${need}`)]);
  if (marks.length === 0) return null;
  return (
    <ul className="marks">
      {marks.map(([tone, sentence]) => (
        <li key={sentence} className={`mark mark-${tone}`}>
          {sentence}
        </li>
      ))}
    </ul>
  );
}
