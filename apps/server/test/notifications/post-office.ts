import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface Delivered {
  to: string[];
  headers: Map<string, string>;
  /** The parts by their type, decoded. */
  parts: Map<string, string>;
}

/** A real SMTP server on loopback that keeps what it is given, or refuses it. */
export async function openPostOffice() {
  const delivered: Delivered[] = [];
  /** Answers the next deliveries instead of taking them. */
  const refusals: { responseCode: number }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      buffer(stream).then((bytes) => {
        const refusal = refusals.shift();
        if (refusal) return done(Object.assign(new Error('refused'), refusal));
        const to = session.envelope.rcptTo.map(({ address }) => address);
        delivered.push({ to, ...readMail(bytes.toString('latin1')) });
        done();
      }, done);
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    delivered,
    refusals,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

function readMail(text: string): Pick<Delivered, 'headers' | 'parts'> {
  const parts = new Map<string, string>();
  const { headers, body } = split(text);
  walk(headers, body);
  return { headers, parts };

  function walk(of: Map<string, string>, content: string): void {
    const type = of.get('content-type') ?? 'text/plain';
    const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
    if (boundary) {
      for (const part of content.split(`--${boundary}`).slice(1, -1)) {
        const inner = split(part.replace(/^\r\n/, ''));
        walk(inner.headers, inner.body);
      }
      return;
    }
    const bytes = decode(of.get('content-transfer-encoding') ?? '7bit', content);
    parts.set(type.split(';')[0] ?? '', bytes.toString('utf8').replaceAll('\r\n', '\n'));
  }
}

function split(text: string) {
  const end = text.indexOf('\r\n\r\n');
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { headers, body: text.slice(end + 4) };
}

function decode(encoding: string, text: string): Buffer {
  if (encoding === 'base64') return Buffer.from(text, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(text, 'latin1');
  const plain = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_code, digits) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
  return Buffer.from(plain, 'latin1');
}
