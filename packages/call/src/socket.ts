import { closeCodes, type FromPage, type ToPage } from '@anteroom/contract';
import type { CallConnection } from './snapshot.ts';

/** The server refused a command; `message` is a sentence for the person. */
export class CallRefusal extends Error {
  override name = 'CallRefusal';
  /** From the registry of errors, or `not_connected` when the server could not be asked. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A command without the number by which its answer is found. */
type Command = FromPage extends infer Frame
  ? Frame extends { ref: number }
    ? Omit<Frame, 'ref'>
    : never
  : never;

export interface LineOptions {
  socketUrl: string;
  fetchTicket(): Promise<string>;
  /** Of this page, so that the server knows it again. */
  page: string;
  /** In a call: come back at once. Else so that not everyone comes back at the same moment. */
  isUrgent(): boolean;
  onMessage(message: Exclude<ToPage, { type: 'done' | 'refused' }>): void;
  onConnection(connection: CallConnection): void;
}

export interface Line {
  /** Says it when the line is open; else nobody hears it. */
  say(frame: FromPage): void;
  /** Asks for a command; throws CallRefusal. */
  ask(command: Command): Promise<void>;
  /** Connects anew at once: the network or the machine was away. */
  renew(): void;
  close(): void;
}

const finalConnections: Record<number, CallConnection> = {
  [closeCodes.over]: 'over',
  [closeCodes.seatTaken]: 'seat_taken',
  [closeCodes.refused]: 'refused',
};
const answerDeadlineMs = 10_000;
const connectDeadlineMs = 10_000;

/** How long to wait before the try of this number, from 0. */
function pauseMs(tries: number, isUrgent: boolean): number {
  if (isUrgent) return Math.min(100 * 1.5 ** tries, 1_000) * (0.5 + Math.random() / 2);
  return 500 + Math.random() * Math.min(5_000 * 2 ** tries, 30_000);
}

const notConnected = () =>
  new CallRefusal('not_connected', 'There is no connection at the moment. Try again in a moment.');

/** A line to the server that connects again by itself, each time with a fresh ticket. */
export function openLine(options: LineOptions): Line {
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let socket: WebSocket | null = null;
  let lastRef = 0;
  let tries = 0;
  let hasBeenOpen = false;
  let isOver = false;
  /** Rises with each try: what an earlier one still brings is nobody's. */
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const isOpen = () => socket?.readyState === WebSocket.OPEN;

  function connect(): void {
    tryOnce().catch(lost);
  }

  async function tryOnce(): Promise<void> {
    const own = ++attempt;
    clearTimeout(timer);
    timer = setTimeout(lost, connectDeadlineMs);
    options.onConnection(hasBeenOpen ? 'reconnecting' : 'connecting');
    let ticket: string;
    try {
      ticket = await options.fetchTicket();
    } catch (error) {
      if (own !== attempt || isOver) return;
      if (error instanceof CallRefusal) finish('refused');
      else lost();
      return;
    }
    if (own !== attempt || isOver) return;
    const opened = new WebSocket(options.socketUrl);
    socket = opened;
    opened.onopen = () => say({ type: 'hello', ticket, page: options.page });
    opened.onmessage = ({ data }) => {
      if (socket === opened) hear(JSON.parse(data));
    };
    opened.onclose = ({ code }) => {
      if (socket !== opened) return;
      const end = finalConnections[code];
      if (end) finish(end);
      else lost();
    };
  }

  function lost(): void {
    drop();
    if (isOver) return;
    options.onConnection(hasBeenOpen ? 'reconnecting' : 'connecting');
    timer = setTimeout(connect, pauseMs(tries++, options.isUrgent()));
  }

  /** Lets go of the socket as it is, and of those who wait for an answer through it. */
  function drop(): void {
    clearTimeout(timer);
    attempt++;
    const before = socket;
    socket = null;
    before?.close();
    for (const { reject } of waiting.values()) reject(notConnected());
    waiting.clear();
  }

  function finish(connection: CallConnection): void {
    isOver = true;
    drop();
    options.onConnection(connection);
  }

  function hear(message: ToPage): void {
    if (message.type === 'done' || message.type === 'refused') {
      const asker = waiting.get(message.ref);
      waiting.delete(message.ref);
      if (message.type === 'done') asker?.resolve();
      else asker?.reject(new CallRefusal(message.code, message.message));
      return;
    }
    if (message.type === 'welcome') {
      clearTimeout(timer);
      hasBeenOpen = true;
      tries = 0;
    }
    options.onMessage(message);
    if (message.type === 'welcome') options.onConnection('open');
  }

  function say(frame: FromPage): void {
    if (isOpen()) socket?.send(JSON.stringify(frame));
  }

  connect();
  return {
    say,
    ask(command) {
      if (!isOpen()) return Promise.reject(notConnected());
      const ref = ++lastRef;
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(ref);
          reject(notConnected());
        }, answerDeadlineMs);
        const settled =
          <Given extends unknown[]>(settle: (...given: Given) => void) =>
          (...given: Given) => {
            clearTimeout(late);
            settle(...given);
          };
        waiting.set(ref, { resolve: settled(resolve), reject: settled(reject) });
        say({ ...command, ref } as FromPage);
      });
    },
    renew() {
      if (isOver) return;
      drop();
      connect();
    },
    close: () => finish('left'),
  };
}

/** Tells when the machine has slept, the page was frozen, or the network has come back or changed. */
export function watchWaking(onWake: () => void): () => void {
  const tickMs = 1_000;
  const sleptMs = 5_000;
  let tickedAt = Date.now();
  const look = () => {
    const now = Date.now();
    const hasSlept = now - tickedAt > sleptMs;
    tickedAt = now;
    return hasSlept;
  };
  const tick = setInterval(() => look() && onWake(), tickMs);
  const whenVisible = () => document.visibilityState === 'visible' && look() && onWake();
  const whenShown = (event: PageTransitionEvent) => event.persisted && onWake();
  addEventListener('online', onWake);
  addEventListener('pageshow', whenShown);
  document.addEventListener('visibilitychange', whenVisible);
  return () => {
    clearInterval(tick);
    removeEventListener('online', onWake);
    removeEventListener('pageshow', whenShown);
    document.removeEventListener('visibilitychange', whenVisible);
  };
}

/** Says a random name for this page. */
export const makePageName = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
