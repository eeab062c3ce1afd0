import type { DayAppointment } from '@anteroom/contract';
import { useQuery } from '@tanstack/react-query';
import { Sentence } from '../parts/sentence.tsx';
import { eventsQuery } from '../queries.ts';
import { useSession } from '../session.ts';
import { useWords } from '../words.tsx';

/** What happened to an appointment, latest last. */
export function Timeline({ appointment }: { appointment: DayAppointment }) {
  const { say, has, explain, sayTime, sayShortDay } = useWords();
  const zone = useSession().organisation.time_zone;
  const events = useQuery(eventsQuery(appointment.id, appointment.version));
  if (events.error) return <p role="alert">{explain(events.error)}</p>;
  if (!events.data) return <Sentence>{say('app.loading')}</Sentence>;
  return (
    <ol className="timeline">
      {events.data.map(({ type, occurred_at, actor }, index) => {
        const key = `event.${type}` as const;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the history is only ever added to
          <li key={index}>
            <time dateTime={occurred_at}>
              {sayShortDay(occurred_at, zone)}, {sayTime(occurred_at, zone)}
            </time>
            <span>
              {has(key) ? say(key) : say('event.other')}{' '}
              <span className="quiet">{say(`actor.${actor.kind}`)}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
