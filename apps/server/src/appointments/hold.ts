import type { Runner } from '../platform/database/index.ts';
import { because, move, type Target } from './move.ts';
import type { Actor } from './status.ts';

const holdFor = move({
  name: 'hold',
  by: ['agent'],
  from: ['in_progress'],
  to: 'on_hold',
  event: 'appointment.held',
  set: `on_hold_started_at = greatest(domain_now(), session_started_at, on_hold_ended_at),
    on_hold_ended_at = null, hold_reason = $5::text`,
  explain: because('put on hold'),
});

/**
 * The agent puts the call on hold; any number of times. Also when the clock was put back since. The
 * reason is in the agent's words, for the claimant to read, or null.
 */
export const hold = (
  database: Runner,
  actor: Actor,
  target: Target,
  [reason = null]: readonly (string | null)[] = [],
) => holdFor(database, actor, target, [reason]);

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
