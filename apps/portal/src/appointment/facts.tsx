import type { DayAppointment } from '@anteroom/contract';
import { isSameTime } from '@anteroom/language';
import type { ReactNode } from 'react';
import { DeviceResult } from '../parts/device-result.tsx';
import { Marks } from '../parts/marks.tsx';
import { useSession } from '../session.ts';
import { useWords } from '../words.tsx';

/** What is known of an appointment, term by term; what is not known is left out. */
export function Facts({ appointment }: { appointment: DayAppointment }) {
  const { say, sayTime, sayShortDay, sayLanguage } = useWords();
  const zone = useSession().organisation.time_zone;
  const { claimant, appointment_at, device_check: check } = appointment;
  const theirs = claimant.time_zone;
  const isElsewhere = theirs && !isSameTime(new Date(appointment_at), zone, theirs);
  const facts: [term: string, ReactNode][] = [
    [
      say('appointment.time'),
      <>
        {sayShortDay(appointment_at, zone)}, {sayTime(appointment_at, zone)} ·{' '}
        {say('row.length', { count: appointment.duration_in_minutes })}
        {isElsewhere && (
          <span className="quiet fact-more">
            {say('appointment.timeThere', { time: sayTime(appointment_at, theirs), zone: theirs })}
          </span>
        )}
      </>,
    ],
    [say('appointment.reference'), appointment.reference],
    [
      say('appointment.phone'),
      claimant.phone_number && <a href={`tel:${claimant.phone_number}`}>{claimant.phone_number}</a>,
    ],
    [
      say('appointment.email'),
      claimant.email && <a href={`mailto:${claimant.email}`}>{claimant.email}</a>,
    ],
    [say('appointment.language'), claimant.language && sayLanguage(claimant.language)],
    [say('appointment.department'), appointment.department?.name],
    [say('appointment.agent'), appointment.agent?.name],
    [
      say('appointment.devices'),
      <>
        <DeviceResult appointment={appointment} />
        {check && (
          <ul className="parts">
            {(['camera', 'microphone', 'speaker', 'connection'] as const).map((part) => (
              <li key={part}>
                {say(`device.${part}`)}: {say(`device.part.${check[part]}`)}
              </li>
            ))}
            {check.round_trip_ms !== null && (
              <li>
                {say('device.numbers', {
                  round_trip: check.round_trip_ms,
                  loss: check.loss_percent ?? 0,
                })}
              </li>
            )}
            <li>
              {say('device.browser')}: {check.browser}
            </li>
          </ul>
        )}
      </>,
    ],
    [say('appointment.cancellation'), appointment.cancellation_reason],
  ];
  return (
    <div className="facts">
      <Marks appointment={appointment} />
      <dl>
        {facts
          .filter(([, value]) => value)
          .map(([term, value]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </div>
  );
}
