import type { Catalogue } from './catalogue.ts';

interface Place {
  language: string;
  /** IANA, such as Europe/London. */
  timeZone: string;
}

const placeOf = <Base>({ language }: Catalogue<Base>, timeZone: string): Place => ({
  language,
  timeZone,
});

/** The day in words: “Thursday, 4 December 2025”. */
export const dayInWords = <Base>(catalogue: Catalogue<Base>, at: Date, timeZone: string) =>
  format(placeOf(catalogue, timeZone), at, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });

/** The time of day as people there write it: “14:30”. */
export const timeInWords = <Base>(catalogue: Catalogue<Base>, at: Date, timeZone: string) =>
  format(placeOf(catalogue, timeZone), at, { hour: 'numeric', minute: '2-digit' });

/** A time zone by its name in that language: “United Kingdom Time”. */
export function zoneInWords<Base>(catalogue: Catalogue<Base>, at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat(dialectOf(catalogue.language), {
    timeZone,
    timeZoneName: 'longGeneric',
  }).formatToParts(at);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}

/** Whole days between the day of `now` and the day of `at`, both in that zone: 0 is today. */
export function daysUntil(at: Date, now: Date, timeZone: string): number {
  const dayOf = (moment: Date) => {
    const [year = '', month = '', day = ''] = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
      .format(moment)
      .split('-');
    return Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000;
  };
  return Math.round(dayOf(at) - dayOf(now));
}

/** Whether clocks in the two zones show the same at that moment. */
export function isSameTime(at: Date, oneZone: string, otherZone: string): boolean {
  const show = (timeZone: string) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(
      at,
    );
  return show(oneZone) === show(otherZone);
}

const format = ({ language, timeZone }: Place, at: Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(dialectOf(language), { timeZone, ...options }).format(at);

/** English without a country would be American: month first, and am and pm. */
const dialectOf = (language: string) => (language === 'en' ? 'en-GB' : language);
