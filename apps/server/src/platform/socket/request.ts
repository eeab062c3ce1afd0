import type { IncomingMessage } from 'node:http';

const path = '/socket';

/** Whether a request asks to become a socket; all others are answered by HTTP's routes. */
export const asksForSocket = (request: IncomingMessage): boolean =>
  request.url?.split('?', 1)[0] === path && request.headers.upgrade?.toLowerCase() === 'websocket';

/** Whether this is a page of this machine itself, served from this port. */
export function isLoopbackOrigin(origin: string, port: number): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].some((host) => origin === `http://${host}:${port}`);
}
