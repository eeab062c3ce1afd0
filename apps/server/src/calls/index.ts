export { connect, disconnect, startIfReady, sweepConnections } from './presence.ts';
export { forgetTickets, issueTicket, type Pass } from './tickets.ts';
