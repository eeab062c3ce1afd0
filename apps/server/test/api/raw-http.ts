import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the server closed the connection without a word. */
  status: number;
  headers: Map<string, string>;
  text: string;
  /** Everything that came on the connection. */
  received: string;
  milliseconds: number;
}

const patienceMs = 20_000;

/**
 * Sends bytes (Latin-1 text) on a connection of their own and reads until the server closes it, so they should ask
 * for that. `isWhole` says that they are a whole request, which has to be answered; after half a one
 * the sender hangs up.
 */
export function sendRaw(port: number, bytes: string, isWhole: boolean): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${patienceMs} ms`));
    }, patienceMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that refuses early resets what is still being sent; what it said before counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      const milliseconds = performance.now() - startedAt;
      resolve({ ...readAnswer(Buffer.concat(chunks).toString('latin1')), milliseconds });
    });
    if (isWhole) socket.write(bytes, 'latin1');
    else socket.end(bytes, 'latin1');
  });
}

function readAnswer(received: string): Omit<RawAnswer, 'milliseconds'> {
  const end = received.indexOf('\r\n\r\n');
  const [first = '', ...lines] = received.slice(0, Math.max(end, 0)).split('\r\n');
  // Before its answer a server may say that it is willing to listen.
  if (/^HTTP\/1\.1 100 /.test(first)) {
    return { ...readAnswer(received.slice(end + 4)), received };
  }
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const body = Buffer.from(received.slice(end + 4), 'latin1');
  const length = headers.get('content-length');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0),
    headers,
    text: body.subarray(0, length === undefined ? undefined : Number(length)).toString('utf8'),
    received,
  };
}
