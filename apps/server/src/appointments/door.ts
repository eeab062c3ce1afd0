import { amend, because } from './move.ts';

const isOpenForArrivals = `domain_now() >= appointment_at - interval '30 minutes' and domain_now() < room_closes_at`;

/**
 * Somebody unverified is at the door (contract section 3). Values: $5 a hash that names them. Whoever
 * knocked first has the door for a quarter of an hour; of anyone else, and at any other time, nothing is
 * noted and nothing refused, so that strangers learn nothing.
 */
export const knock = amend({
  name: 'knock',
  by: ['claimant'],
  from: ['scheduled', 'waiting', 'no_show'],
  event: 'appointment.knocked',
  set: 'knocked_at = domain_now(), knocked_by = $5::bytea, vouched_at = null',
  when: `vouched_at is null and ${isOpenForArrivals}
    and (knocked_at is null or knocked_at < domain_now() - interval '15 minutes')`,
  isDone: () => true,
});

/** The agent knows who is at the door: whoever knocked counts as the claimant from now on. */
export const vouch = amend({
  name: 'vouch',
  by: ['agent'],
  from: ['scheduled', 'waiting', 'no_show'],
  event: 'appointment.vouched_for',
  set: 'vouched_at = domain_now()',
  when: 'knocked_by is not null and vouched_at is null',
  isDone: () => true,
});

/** The claimant would rather be called; asking again changes nothing. */
export const wantCallBack = amend({
  name: 'want_call_back',
  by: ['claimant'],
  from: ['scheduled', 'waiting', 'in_progress', 'on_hold', 'no_show'],
  event: 'appointment.call_back_wanted',
  set: 'call_back_wanted_at = domain_now()',
  when: 'call_back_wanted_at is null',
  isDone: (row) => row.call_back_wanted_at !== null,
  explain: because('changed'),
});
