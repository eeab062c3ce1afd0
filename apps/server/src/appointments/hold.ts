import { because, move } from './move.ts';

/** The agent puts the call on hold; any number of times. Also when the clock was put back since. */
export const hold = move({
  name: 'hold',
  by: ['agent'],
  from: ['in_progress'],
  to: 'on_hold',
  event: 'appointment.held',
  set: `on_hold_started_at = greatest(domain_now(), session_started_at, on_hold_ended_at),
    on_hold_ended_at = null`,
  explain: because('put on hold'),
});

/** The agent goes on with the call. */
export const resume = move({
  name: 'resume',
  by: ['agent'],
  from: ['on_hold'],
  to: 'in_progress',
  event: 'appointment.resumed',
  set: 'on_hold_ended_at = greatest(domain_now(), on_hold_started_at)',
  explain: because('resumed'),
});
