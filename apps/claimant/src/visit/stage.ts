import type { Visit } from '@anteroom/contract';

/** The claimant's pages by their addresses. */
export const paths = {
  summary: '/client-web/schedule/pre-call/summary',
  deviceCheck: '/client-web/schedule/pre-call/device-check',
  waiting: '/client-web/schedule/pre-call/waiting',
  call: '/client-web/schedule/call',
  after: '/client-web/schedule/after',
} as const;

/** Where an appointment stands for its claimant, whatever page they have open. */
export type Stage =
  /** To come; they cannot say yet that they are here. */
  | 'early'
  /** They can say that they are here. */
  | 'arrivable'
  | 'waiting'
  /** Let in, or in the call. */
  | 'called'
  | 'completed'
  | 'cancelled'
  /** Its time has passed without them. */
  | 'missed';

/** Decides by the stored appointment and domain time in milliseconds. */
export function stageOf(visit: Visit, now: number): Stage {
  switch (visit.status) {
    case 'completed':
    case 'cancelled':
      return visit.status;
    case 'in_progress':
    case 'on_hold':
      return 'called';
    case 'waiting':
      return visit.admitted_at ? 'called' : 'waiting';
    default:
      if (now >= Date.parse(visit.room_closes_at)) return 'missed';
      return now >= Date.parse(visit.arrival_opens_at) ? 'arrivable' : 'early';
  }
}
