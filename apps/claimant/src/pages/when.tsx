import { dayInWords, daysUntil, isSameTime, timeInWords, zoneInWords } from '@anteroom/language';
import { useNow, useVisit } from '../context.tsx';
import { useWords } from '../words.tsx';

const own = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The claimant's zone: as it was told with the appointment, else this device's. */
export const useZone = () => useVisit().claimant?.time_zone ?? own();

/** When the appointment is: in words, in the claimant's zone, and in the organisation's when they differ. */
export function When() {
  const { say, catalogue } = useWords();
  const visit = useVisit();
  const zone = useZone();
  const now = useNow(60_000);
  const at = new Date(visit.appointment_at);
  const theirs = visit.organisation_time_zone;
  const days = daysUntil(at, new Date(now), zone);
  const day = dayInWords(catalogue, at, zone);
  return (
    <>
      <p className="when">
        {days === 0 && <strong>{say('summary.today')} </strong>}
        {days === 1 && <strong>{say('summary.tomorrow')} </strong>}
        <time dateTime={visit.appointment_at}>
          {day} <strong>{say('summary.time', { time: timeInWords(catalogue, at, zone) })}</strong>
        </time>
      </p>
      {!isSameTime(at, zone, theirs) && (
        <p className="quiet">
          {say('summary.zone', { zone: zoneInWords(catalogue, at, zone) })}{' '}
          {say('summary.otherZone', {
            organisation: visit.organisation.name,
            zone: zoneInWords(catalogue, at, theirs),
            day: dayInWords(catalogue, at, theirs),
            time: timeInWords(catalogue, at, theirs),
          })}
        </p>
      )}
    </>
  );
}
