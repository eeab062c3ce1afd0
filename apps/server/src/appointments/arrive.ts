import { because, move } from './move.ts';

/**
 * The claimant is here: says so by a tap, is admitted by an agent who checked who they are, or is
 * reported by the API (a check-in desk). From 30 minutes before the start until the room closes.
 * Whether the claimant is verified is for the caller to know.
 */
export const arrive = move({
  name: 'arrive',
  by: ['claimant', 'agent', 'api'],
  from: ['scheduled', 'no_show'],
  to: 'waiting',
  event: 'appointment.arrived',
  set: 'arrived_at = domain_now(), left_at = null',
  when: `domain_now() >= appointment_at - interval '30 minutes' and domain_now() < room_closes_at`,
  explain: (row) =>
    row.status === 'scheduled' || row.status === 'no_show'
      ? 'Arrival is possible from 30 minutes before the appointment until its room closes.'
      : because('reported as arrived')(row),
});
