import { because, move } from './move.ts';

/** Nobody who has said “I am here” in this revision is a no-show (threats, I3). */
const neverArrived = 'arrived_at is null';

/** The API or an agent says that nobody came; from 15 minutes after the start. */
export const markNoShow = move({
  name: 'mark_no_show',
  by: ['api', 'agent'],
  from: ['scheduled'],
  to: 'no_show',
  event: 'appointment.marked_no_show',
  when: `${neverArrived} and domain_now() >= appointment_at + interval '15 minutes'`,
  explain: (row) => {
    if (row.status !== 'scheduled') return because('marked as a no-show')(row);
    return row.arrived_at
      ? 'The claimant had arrived, so this cannot become a no-show.'
      : 'A no-show can be marked from 15 minutes after the start.';
  },
});

/**
 * True when the service ran whenever the claimant could have arrived for a timely start: from 30
 * minutes before until the appointment's end, up to silences of a minute. Heartbeats are in real
 * time, so a sandbox, whose days are not, has none to compare.
 */
const wasServed = `((select sandbox_at is not null from installation) or coalesce((
  select range_agg(tstzrange(h.started_at, h.beat_at + interval '1 minute', '[]'))
    @> tstzrange(appointment_at - interval '30 minutes',
                 appointment_at + duration_in_minutes * interval '1 minute', '[]')
  from heartbeats h
  where h.beat_at + interval '1 minute' >= appointment_at - interval '30 minutes'
    and h.started_at <= appointment_at + duration_in_minutes * interval '1 minute'), false))`;

/** True unless the claimant's invitation to this time is known never to have reached them. */
const wasInvited = `not exists (
  select from messages m
  where m.organisation_id = appointments.organisation_id and m.appointment_id = appointments.id
    and m.revision = appointments.revision and m.kind = 'invitation' and m.failed_at is not null)`;

/** When the room closes: nobody came, who knew of it, and the service was there to come to. */
export const markNoShowClosed = move({
  name: 'mark_no_show_closed',
  by: ['sweeper'],
  from: ['scheduled'],
  to: 'no_show',
  event: 'appointment.marked_no_show',
  when: `${neverArrived} and corrected_at is null and outcome is distinct from 'by_phone' and domain_now() >= room_closes_at and ${wasServed}
    and ${wasInvited}`,
  explain: because('marked as a no-show'),
});
