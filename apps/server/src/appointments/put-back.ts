import { because, move } from './move.ts';

/** The agent puts the claimant back into the waiting room; the session stays open. */
export const putBack = move({
  name: 'put_back',
  by: ['agent'],
  from: ['in_progress'],
  to: 'waiting',
  event: 'appointment.put_back',
  set: 'admitted_at = null',
  explain: because('put back into the waiting room'),
  isDone: (row) => row.status === 'waiting' && row.session_started_at !== null,
});
