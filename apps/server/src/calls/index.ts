export { readFrame } from './frames.ts';
export { openHub } from './hub.ts';
export { connect, disconnect, startIfReady, sweepConnections } from './presence.ts';
export { forgetTickets, issueTicket, type Pass } from './tickets.ts';
export type { TurnOptions } from './turn.ts';
