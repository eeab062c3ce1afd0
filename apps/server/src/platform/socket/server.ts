import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { closeCodes, socketLimits } from '@anteroom/contract';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { describeFailure } from '../http/server.ts';
import { limitRate } from './frames.ts';
import { asksForSocket } from './request.ts';

/** One open socket, for whoever speaks through it. */
export interface Connection {
  /** Rises from one connection of this process to the next. */
  readonly number: number;
  /** The page's address, as its browser told. */
  readonly origin: string;
  /** Sends text; who does not take it is cut off. What is sent after the end is nobody's. */
  send(text: string): void;
  close(code: number): void;
}

/** What is done with what comes in, one frame after another, and when the connection has ended. */
export interface Listener<Frame> {
  take(frame: Frame): void;
  gone(): void;
}

export interface SocketOptions<Frame> {
  server: Server;
  log: Logger;
  /** Where the number of open sockets is shown. */
  registry: Registry;
  /** Whether pages of this address may connect at all; asked before anything is opened. */
  isOriginKnown(origin: string, request: IncomingMessage): Promise<boolean>;
  /** What a frame says, or null when it is none of ours. */
  read(text: string): Frame | null;
  /** Gets the first frame; null when the connection was closed because of it. */
  greet(connection: Connection, first: Frame): Promise<Listener<Frame> | null>;
}

const helloDeadlineMs = 5_000;
/** At the farewell, pages get this long to answer that they close. */
const farewellMs = 1_000;

/**
 * Opens sockets on `GET /socket` of an HTTP server (RFC 6455), with the limits of threats T9 and T10:
 * only pages of known addresses, a first frame in time, frames of bounded size and rate, all of them of
 * a schema, no compression, nobody who does not take what is sent, nobody who answers no ping.
 */
export function openSockets<Frame>(options: SocketOptions<Frame>) {
  const { server, log, isOriginKnown } = options;
  const websockets = new WebSocketServer({
    noServer: true,
    maxPayload: socketLimits.frameBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  new Gauge({
    name: 'anteroom_sockets',
    help: 'Open sockets of pages: those who wait, are in a call, or watch the day.',
    registers: [options.registry],
    collect() {
      this.set(websockets.clients.size);
    },
  });
  let lastNumber = 0;
  let isClosing = false;
  const answered = new WeakSet<WebSocket>();

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const { origin } = request.headers;
    if (!asksForSocket(request)) refuseUpgrade(socket, 404);
    else if (isClosing) refuseUpgrade(socket, 503);
    else if (!origin || !(await isOriginKnown(origin, request))) refuseUpgrade(socket, 403);
    else {
      websockets.handleUpgrade(request, socket, head, (websocket) => serve(websocket, origin));
    }
  }
  server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head).catch((error) => {
      log.warn({ failure: describeFailure(error) }, 'a socket was not opened');
      refuseUpgrade(socket, 503);
    });
  });

  function serve(websocket: WebSocket, origin: string): void {
    const connection = connectionOf(websocket, ++lastNumber, origin);
    const mayPass = limitRate(socketLimits.burst, socketLimits.framesPerSecond);
    const helloTimer = setTimeout(() => connection.close(closeCodes.refused), helloDeadlineMs);
    let listener: Promise<Listener<Frame> | null> | null = null;

    function take(data: RawData, isBinary: boolean): void {
      const frame = isBinary || !mayPass() ? null : options.read(String(data));
      if (!frame) {
        connection.close(closeCodes.refused);
        return;
      }
      if (!listener) {
        clearTimeout(helloTimer);
        listener = options.greet(connection, frame).catch((error) => {
          log.warn({ failure: describeFailure(error) }, 'a socket was not greeted');
          connection.close(closeCodes.restarting);
          return null;
        });
        return;
      }
      // Whatever comes before the greeting is done waits for it.
      listener.then((ready) => ready?.take(frame)).catch(blame);
    }
    function blame(error: unknown): void {
      log.error({ failure: describeFailure(error) }, 'a frame failed');
      connection.close(closeCodes.restarting);
    }
    answered.add(websocket);
    websocket.on('pong', () => answered.add(websocket));
    // A frame after the end was asked for is nobody's any more.
    websocket.on('message', (data, isBinary) => {
      if (websocket.readyState === websocket.OPEN) take(data, isBinary);
    });
    // Too large or malformed: ws closes it by itself.
    websocket.on('error', () => {});
    websocket.on('close', () => {
      clearTimeout(helloTimer);
      listener?.then((ready) => ready?.gone()).catch(blame);
    });
  }

  const pings = setInterval(() => {
    for (const websocket of websockets.clients) {
      if (!answered.delete(websocket)) websocket.terminate();
      else websocket.ping();
    }
  }, socketLimits.pingEveryMs);
  pings.unref();

  return {
    /** Sends everyone away with the code that says: come back. Resolves when all are gone. */
    async close(): Promise<void> {
      isClosing = true;
      clearInterval(pings);
      const ends = [...websockets.clients].map(
        (websocket) => new Promise((resolve) => websocket.once('close', resolve)),
      );
      for (const websocket of websockets.clients) websocket.close(closeCodes.restarting);
      const cut = setTimeout(() => {
        for (const websocket of websockets.clients) websocket.terminate();
      }, farewellMs);
      await Promise.all(ends);
      clearTimeout(cut);
    },
  };
}

function connectionOf(websocket: WebSocket, number: number, origin: string): Connection {
  return {
    number,
    origin,
    send(text) {
      if (websocket.readyState !== websocket.OPEN) return;
      websocket.send(text);
      if (websocket.bufferedAmount > socketLimits.unsentBytes) websocket.terminate();
    },
    close(code) {
      if (websocket.readyState !== websocket.OPEN) return;
      websocket.close(code);
      // Whoever does not answer the farewell is cut off.
      const cut = setTimeout(() => websocket.terminate(), farewellMs);
      websocket.once('close', () => clearTimeout(cut));
    },
  };
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  );
}
