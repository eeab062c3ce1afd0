// Times of day and the zone of the organisation. Days are written YYYY-MM-DD, times of day HH:MM.

interface LocalTime {
  date: string;
  time: string;
}

/** What calendar and clock show in a zone at an instant. */
export function localTimeOf(instant: Date, zone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, value]),
  );
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    time: `${parts.hour}:${parts.minute}`,
  };
}

/**
 * The instants at which the clocks of a zone show this time, earliest first: one, as a rule; none in
 * the hour that is skipped when the clocks go forward; two in the hour that they show twice.
 */
export function instantsOf({ date, time }: LocalTime, zone: string): Date[] {
  const asUtc = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(asUtc)) return [];
  const dayMs = 24 * 60 * 60 * 1000;
  // Zones change their offset at most once within a day, so the offsets around it are all there are.
  const offsets = new Set(
    [asUtc - dayMs, asUtc, asUtc + dayMs].map((at) => {
      const local = localTimeOf(new Date(at), zone);
      return Date.parse(`${local.date}T${local.time}:00Z`) - Math.floor(at / 60_000) * 60_000;
    }),
  );
  return [...offsets]
    .map((offset) => new Date(asUtc - offset))
    .filter((instant) => {
      const local = localTimeOf(instant, zone);
      return local.date === date && local.time === time;
    })
    .sort((a, b) => a.getTime() - b.getTime());
}

/** The day so many days later, or earlier when negative. */
export function addDays(date: string, days: number): string {
  const at = new Date(`${date}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
