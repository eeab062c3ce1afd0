import { amend } from './move.ts';

/**
 * Staff open the claimant's record. One event an hour and person, so that looking again, as a page does
 * by itself, leaves the version as it is.
 */
export const view = amend({
  name: 'view',
  by: ['agent'],
  event: 'appointment.viewed',
  when: `not exists (
    select from events e
    where e.organisation_id = appointments.organisation_id and e.appointment_id = appointments.id
      and e.type = 'appointment.viewed' and e.actor_id = $2::text and e.occurred_at > domain_now() - interval '1 hour')`,
  isDone: () => true,
});
