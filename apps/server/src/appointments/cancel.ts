import { because, move } from './move.ts';

/**
 * Cancels before any session. Values: $5 the reason in the caller's words, or null. Cancelling
 * again is well and changes nothing, not even the reason.
 */
export const cancel = move({
  name: 'cancel',
  by: ['api', 'agent', 'claimant'],
  from: ['scheduled', 'waiting'],
  to: 'cancelled',
  event: 'appointment.cancelled',
  set: 'cancelled_at = domain_now(), cancellation_reason = $5::text',
  when: 'session_started_at is null',
  explain: (row) =>
    row.status === 'waiting'
      ? 'The call had started, so the appointment can no longer be cancelled, only completed.'
      : because('cancelled')(row),
});

/**
 * Why a closed room's appointment is cancelled when nobody cancelled it; never called the
 * claimant's fault. Held by phone, it was no call here and no no-show either. Null where a no-show may be, and for seven days where a person should decide.
 */
const reasonCode = `case
  when outcome = 'by_phone' then 'by_phone'
  when status = 'waiting' then 'not_seen'
  when left_at is not null then 'left'
  when corrected_at is not null then 'corrected'
  when domain_now() >= room_closes_at + interval '7 days' then 'undecided' end`;

/** Cancels, when the room has closed, what may not count as a no-show. */
export const cancelClosed = move({
  name: 'cancel_closed',
  by: ['sweeper'],
  from: ['scheduled', 'waiting'],
  to: 'cancelled',
  event: 'appointment.cancelled',
  set: `cancelled_at = domain_now(), cancellation_reason = ${reasonCode}`,
  when: `session_started_at is null and domain_now() >= room_closes_at and ${reasonCode} is not null`,
  data: `jsonb_build_object('reason_code', cancellation_reason)`,
  explain: because('cancelled'),
});
