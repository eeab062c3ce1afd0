import { because, move } from './move.ts';

/** A person corrects a no-show while the room is open. Values: $5 the reason, which is asked for. */
export const correct = move({
  name: 'correct',
  by: ['agent'],
  from: ['no_show'],
  to: 'scheduled',
  event: 'appointment.corrected',
  set: 'corrected_at = domain_now(), correction_reason = $5::text',
  when: 'domain_now() < room_closes_at and length($5::text) > 0',
  data: `jsonb_build_object('to', status)`,
  explain: (row) =>
    row.status === 'no_show'
      ? 'A no-show can be corrected with a reason while the room is open; after that it becomes cancelled.'
      : because('corrected')(row),
});

/** A person corrects a no-show after the room has closed: it becomes cancelled, nobody's fault. */
export const correctClosed = move({
  name: 'correct_closed',
  by: ['agent'],
  from: ['no_show'],
  to: 'cancelled',
  event: 'appointment.corrected',
  set: `corrected_at = domain_now(), correction_reason = $5::text,
    cancelled_at = domain_now(), cancellation_reason = 'corrected'`,
  when: 'domain_now() >= room_closes_at and length($5::text) > 0',
  data: `jsonb_build_object('to', status, 'reason_code', cancellation_reason)`,
  explain: because('corrected'),
});
