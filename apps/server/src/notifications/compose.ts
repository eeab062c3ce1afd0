import {
  chooseLanguage,
  dayInWords,
  isSameTime,
  timeInWords,
  translate,
  zoneInWords,
} from '@anteroom/language';
import { messagesIn } from '@anteroom/language/messages';
import { type AppointmentRow, calendarOf, claimantLink } from '../appointments/index.ts';
import type { Organisation } from '../organisation/index.ts';
import { isoFromDatabase } from '../platform/clock.ts';

export type MessageKind = 'invitation' | 'changed' | 'cancelled';

/** A message as it is sent. Text alone: names are text, and nothing in it can be markup. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  /** An iCalendar file, and what it asks a calendar to do. */
  calendar: { content: string; method: 'PUBLISH' | 'CANCEL' };
  /** BCP 47. */
  language: string;
}

/**
 * What the claimant is written to, of the appointment as it now is: in their language and in their
 * zone, with the organisation's beside it where clocks differ. Null when there is no address.
 */
export function composeMail(
  kind: MessageKind,
  row: AppointmentRow,
  organisation: Organisation,
): Mail | null {
  if (row.claimant_email === null) return null;
  const catalogue = messagesIn(chooseLanguage([row.extensions_language]));
  const { name, publicUrl, timeZone: ownZone } = organisation;
  const department = organisation.departments.find(({ id }) => id === row.department_id);
  const phone = department?.phoneNumber ?? organisation.phoneNumber;
  const zone = row.extensions_time_zone ?? ownZone;
  const at = new Date(isoFromDatabase(row.appointment_at));
  const when = {
    day: dayInWords(catalogue, at, zone),
    time: timeInWords(catalogue, at, zone),
    zone: zoneInWords(catalogue, at, zone),
  };
  const named = { organisation: name };
  const isMoved = kind === 'invitation' && row.revision > 1;
  const link = claimantLink(row, { organisation, seesClaimantToken: true });
  const subjectKey = isMoved ? 'movedSubject' : (`${kind}Subject` as const);

  const paragraphs: string[][] = [
    [translate(catalogue, 'greeting', { name: row.claimant_name })],
    [translate(catalogue, isMoved ? 'moved' : kind, named)],
    [
      translate(catalogue, 'when', when),
      ...(isSameTime(at, zone, ownZone)
        ? []
        : [
            translate(catalogue, 'whenThere', {
              ...named,
              time: `${dayInWords(catalogue, at, ownZone)}, ${timeInWords(catalogue, at, ownZone)}`,
            }),
          ]),
      ...(kind === 'cancelled'
        ? []
        : [translate(catalogue, 'duration', { count: row.duration_in_minutes }), ...interpreter()]),
    ],
    ...(kind === 'cancelled' ? [] : waysIn()),
    ...(phone ? [[translate(catalogue, 'help', { phone })]] : []),
    ...(kind === 'cancelled' ? [] : [[translate(catalogue, 'mistake')]]),
  ];

  function interpreter(): string[] {
    if (!row.is_interpreter_needed) return [];
    const { interpreter_language: language } = row;
    return [
      language === null
        ? translate(catalogue, 'interpreter')
        : translate(catalogue, 'interpreterOf', { language }),
    ];
  }

  function waysIn(): string[][] {
    return [
      [translate(catalogue, 'open'), link],
      [
        translate(catalogue, 'device'),
        translate(catalogue, 'private'),
        translate(catalogue, 'shortLink', { address: `${publicUrl}/j`, code: row.entry_code }),
      ],
    ];
  }

  return {
    to: row.claimant_email,
    subject: oneLine(translate(catalogue, subjectKey, { ...named, ...when })),
    text: `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`,
    calendar: {
      method: row.status === 'cancelled' ? 'CANCEL' : 'PUBLISH',
      content: calendarOf(row, new URL(publicUrl).host, {
        summary: translate(catalogue, 'calendarSummary', named),
        description: kind === 'cancelled' ? '' : `${translate(catalogue, 'open')}\n${link}`,
        address: link,
      }),
    },
    language: catalogue.language,
  };
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ');
