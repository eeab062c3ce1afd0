import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Relay {
  /** For `TURN_URLS` and `TURN_SECRET`. */
  url: string;
  secret: string;
  stop(): Promise<void>;
}

/** Starts the machine's own coturn on loopback. Throws one sentence when there is none. */
export async function startRelay(): Promise<Relay> {
  const folder = await mkdtemp(join(tmpdir(), 'anteroom-relay-'));
  const secret = 'the secret of a relay';
  const port = await freeUdpPort();
  const child = spawn(
    'turnserver',
    [
      ...['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file', 'stdout'],
      ...['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--listening-port', `${port}`],
      ...['--use-auth-secret', '--static-auth-secret', secret, '--realm', 'anteroom'],
      // Both windows are on this machine. Elsewhere this would let callers reach its own services.
      '--allow-loopback-peers',
      ...['--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'users')],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder },
  );
  child.stdout.resume();
  await Promise.race([once(child, 'spawn'), once(child, 'error')]).then(([error]) => {
    if (error) {
      throw new Error('No TURN server is here: install coturn (Debian: apt-get install coturn).');
    }
  });
  await answersBinding(port);
  return {
    url: `turn:127.0.0.1:${port}?transport=udp`,
    secret,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Asks with a binding request (RFC 8489 section 6) until it is answered. */
async function answersBinding(port: number): Promise<void> {
  const request = Buffer.alloc(20);
  request.writeUInt16BE(1, 0);
  request.writeUInt32BE(0x2112a442, 4);
  const socket = createSocket('udp4');
  try {
    const answer = once(socket, 'message').then(() => true);
    for (let attempt = 0; attempt < 100; attempt += 1) {
      socket.send(request, port, '127.0.0.1');
      if (await Promise.race([answer, sleep(100, false)])) return;
    }
    throw new Error('the TURN server does not answer');
  } finally {
    socket.close();
  }
}
