// Clients that take a connection and make as little of it as they can.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * How many of each kind. The last two have answers waiting for them, megabytes in the buffers of the
 * network, so they are few.
 */
const counts = {
  silent: 246,
  'slow headers': 246,
  'slow body': 246,
  'slow chunks': 246,
  unread: 8,
  'slow reading': 8,
};

type SlowKind = keyof typeof counts;

export interface SlowClients {
  /** How many there were at first. */
  count: number;
  stop(): void;
}

const everyMs = 500;

/** Opens a thousand connections; resolves when they stand. There should be a hundred appointments. */
export async function openSlowClients(url: string, token: string): Promise<SlowClients> {
  const { hostname, port } = new URL(url);
  const post = [
    'POST /api/v1/appointments HTTP/1.1',
    `host: ${hostname}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
  ].join('\r\n');
  const list = `GET /api/v1/appointments?per_page=100 HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`;
  const first: Record<SlowKind, string> = {
    silent: '',
    'slow headers': post,
    'slow body': `${post}\r\ncontent-length: 100000\r\n\r\n{`,
    'slow chunks': `${post}\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n`,
    unread: list,
    'slow reading': list,
  };
  const next: Record<SlowKind, string> = {
    silent: '',
    'slow headers': '\r\nx-more: 1',
    'slow body': ' ',
    'slow chunks': '1\r\n \r\n',
    // Again and again, until no buffer of the network holds the answers any more.
    unread: list,
    'slow reading': list,
  };

  const open = new Map<Socket, SlowKind>();
  const kinds = Object.entries(counts).flatMap(([kind, count]) => Array(count).fill(kind));
  for (const kind of kinds as SlowKind[]) {
    // Half open, so that it keeps on talking when the server has said its last word.
    const socket = connect({
      host: hostname,
      port: Number(port),
      allowHalfOpen: true,
      // A byte at a time, and then no more until it is asked for the next.
      ...(kind === 'slow reading'
        ? { onread: { buffer: Buffer.alloc(1), callback: () => false } }
        : {}),
    });
    await once(socket, 'connect');
    open.set(socket, kind);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    if (kind === 'unread') socket.pause();
    else if (kind !== 'slow reading') socket.resume();
    if (first[kind]) socket.write(first[kind]);
  }
  const timer = setInterval(() => {
    for (const [socket, kind] of open) {
      if (kind === 'slow reading') socket.resume();
      // Only by writing does it notice that nobody is there any more.
      if (next[kind] || socket.readableEnded) socket.write(next[kind] || ' ');
    }
  }, everyMs);
  return {
    count: kinds.length,
    stop() {
      clearInterval(timer);
      for (const socket of open.keys()) socket.destroy();
    },
  };
}
