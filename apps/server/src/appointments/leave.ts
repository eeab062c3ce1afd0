import { because, move } from './move.ts';

/** The claimant takes the arrival back (“I must go”), before any session. */
export const leave = move({
  name: 'leave',
  by: ['claimant'],
  from: ['waiting'],
  to: 'scheduled',
  event: 'appointment.left',
  set: 'left_at = domain_now(), admitted_at = null',
  when: 'session_started_at is null and domain_now() < room_closes_at',
  explain: (row) =>
    row.status === 'waiting'
      ? 'The arrival can be taken back before the call has started and while the room is open.'
      : because('left')(row),
});
