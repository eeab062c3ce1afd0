import { because, move } from './move.ts';

/**
 * The agent lets the waiting claimant in. The status stays `waiting` until both are connected
 * (start.ts); being let in twice changes nothing.
 */
export const admit = move({
  name: 'admit',
  by: ['agent'],
  from: ['waiting'],
  to: 'waiting',
  event: 'appointment.admitted',
  set: 'admitted_at = domain_now()',
  when: 'admitted_at is null',
  explain: because('let in'),
});
