export { connect, disconnect, startIfReady, sweepConnections } from './presence.ts';
