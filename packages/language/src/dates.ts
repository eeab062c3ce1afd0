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

/** The day in words: “Thursday, 4 December 2025”, short “Thu, 4 Dec 2025”. */
export function dayInWords<Base>(
  catalogue: Catalogue<Base>,
  at: Date,
  timeZone: string,
  length: 'long' | 'short' = 'long',
): string {
  if (catalogue.language === 'cy') return welshDay(at, timeZone, length);
  return format(placeOf(catalogue, timeZone), at, {
    weekday: length,
    day: 'numeric',
    month: length,
    year: 'numeric',
  });
}

// Chromium has no Welsh dates: it would write them in the language of the machine.
const welshDays = 'Dydd Sul,Dydd Llun,Dydd Mawrth,Dydd Mercher,Dydd Iau,Dydd Gwener,Dydd Sadwrn';
const welshShortDays = 'Sul,Llun,Maw,Mer,Iau,Gwe,Sad';
const welshMonths =
  'Ionawr,Chwefror,Mawrth,Ebrill,Mai,Mehefin,Gorffennaf,Awst,Medi,Hydref,Tachwedd,Rhagfyr';
const welshShortMonths = 'Ion,Chwef,Maw,Ebr,Mai,Meh,Gorff,Awst,Medi,Hyd,Tach,Rhag';

function welshDay(at: Date, timeZone: string, length: 'long' | 'short'): string {
  const { year, month, day } = calendarOf(at, timeZone);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const nameOf = (names: string, index: number) => names.split(',')[index];
  return length === 'long'
    ? `${nameOf(welshDays, weekday)}, ${day} ${nameOf(welshMonths, month - 1)} ${year}`
    : `${nameOf(welshShortDays, weekday)}, ${day} ${nameOf(welshShortMonths, month - 1)} ${year}`;
}

/** What the calendar shows in a zone. */
function calendarOf(at: Date, timeZone: string): { year: number; month: number; day: number } {
  const [year = 0, month = 0, day = 0] = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
    .format(at)
    .split('-')
    .map(Number);
  return { year, month, day };
}

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
    const { year, month, day } = calendarOf(moment, timeZone);
    return Date.UTC(year, month - 1, day) / 86_400_000;
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

/**
 * English without a country would be American: month first, and am and pm. What the browser does not
 * know is written as here in the country where it is spoken.
 */
const dialectOf = (language: string) =>
  language === 'en' || Intl.DateTimeFormat.supportedLocalesOf(language).length === 0
    ? 'en-GB'
    : language;
