import { because, move } from './move.ts';

/**
 * The call starts, or goes on after the claimant was put back: the claimant was let in, and both
 * sides report media. `session_started_at` is set once and never moves.
 */
export const start = move({
  name: 'start',
  by: ['connection'],
  from: ['waiting'],
  to: 'in_progress',
  event: 'appointment.started',
  set: 'session_started_at = coalesce(session_started_at, domain_now())',
  when: `admitted_at is not null and exists (
    select from calls c
    where c.organisation_id = appointments.organisation_id and c.appointment_id = appointments.id
      and c.revision = appointments.revision
      and c.agent_connected_at is not null and c.agent_left_at is null
      and c.claimant_connected_at is not null and c.claimant_left_at is null)`,
  explain: (row) =>
    row.status === 'waiting'
      ? 'The call starts when the claimant was let in and both sides are connected.'
      : because('started')(row),
});
