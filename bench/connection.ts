import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

export interface Answer {
  status: number;
  /** Head and body as they came. */
  bytes: Buffer;
  milliseconds: number;
}

const headEnd = Buffer.from('\r\n\r\n');

/**
 * One keep-alive HTTP connection with one request on it at a time. It knows just enough HTTP for
 * servers that announce the length of what they answer: a generator of load that costs more than
 * the server measures itself.
 */
export class Connection {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #receivedLength = 0;
  #length = 0;
  #startedAt = 0;
  #done: ((answer: Answer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error('the server closed the connection')));
  }

  static open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Sends one whole request; `done` gets the whole answer. */
  send(request: string, done: (answer: Answer) => void, failed: (error: Error) => void): void {
    this.#done = done;
    this.#failed = failed;
    this.#chunks = [];
    this.#receivedLength = 0;
    this.#length = 0;
    this.#startedAt = performance.now();
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#receivedLength += chunk.length;
    if (this.#length === 0) {
      const received = this.#whole();
      const end = received.indexOf(headEnd);
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      const announced = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      if (announced === undefined) {
        this.#failed?.(new Error(`an answer without a length:\n${head}`));
        return;
      }
      this.#length = end + headEnd.length + Number(announced);
    }
    if (this.#receivedLength < this.#length) return;
    const milliseconds = performance.now() - this.#startedAt;
    const bytes = this.#whole();
    this.#done?.({ status: Number(bytes.toString('latin1', 9, 12)), bytes, milliseconds });
  }

  /** What has come so far, in one piece. */
  #whole(): Buffer {
    const [first, ...others] = this.#chunks as [Buffer, ...Buffer[]];
    return others.length === 0 ? first : Buffer.concat(this.#chunks, this.#receivedLength);
  }
}

/** The text of a request; `headers` must hold the host, and `body` be ASCII. */
export function requestText(
  method: string,
  target: string,
  headers: Record<string, string>,
  body = '',
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = method === 'GET' ? '' : `content-length: ${body.length}\r\n`;
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}${length}\r\n${body}`;
}
