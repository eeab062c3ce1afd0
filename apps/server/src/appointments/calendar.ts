import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';
import { isoFromDatabase } from '../platform/clock.ts';
import type { AppointmentRow } from './row.ts';

/** What a calendar shows of an appointment, in the claimant's language. */
export interface CalendarWords {
  summary: string;
  description: string;
  /** Where it takes place: the claimant's link, or the address without its secret part. */
  address: string;
}

/**
 * The appointment as an iCalendar file (RFC 5545). Its UID stays for good and its SEQUENCE is the
 * revision, so that a calendar which has it already moves or removes it.
 */
export function calendarOf(row: AppointmentRow, host: string, words: CalendarWords): string {
  const isCancelled = row.status === 'cancelled';
  const startsAt = new Date(isoFromDatabase(row.appointment_at));
  const calendar = ical({
    prodId: { company: 'Anteroom', product: 'Anteroom', language: 'EN' },
    method: isCancelled ? ICalCalendarMethod.CANCEL : ICalCalendarMethod.PUBLISH,
  });
  calendar.createEvent({
    id: `${row.id}@${host}`,
    sequence: row.revision * 2 + (isCancelled ? 1 : 0),
    status: isCancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    start: startsAt,
    end: new Date(startsAt.getTime() + row.duration_in_minutes * 60_000),
    stamp: new Date(isoFromDatabase(row.updated_at)),
    summary: words.summary,
    description: words.description,
    url: words.address,
    location: words.address,
  });
  return calendar.toString();
}
