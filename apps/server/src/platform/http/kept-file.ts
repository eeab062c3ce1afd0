import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A text that is served from memory. */
export interface KeptFile {
  type: string;
  plain: Buffer;
  zipped: Buffer;
  /** Weak, because it names the text in both encodings (RFC 9110 section 8.8.3). */
  tag: string;
}

/** Makes a text ready to be served, also compressed. */
export function keepFile(type: string, text: string): KeptFile {
  const plain = Buffer.from(text);
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { type, plain, zipped: gzipSync(plain), tag: `W/"${hash}"` };
}

/**
 * Sends a kept file, compressed to whoever takes that. Browsers keep it and ask each time whether it
 * is still the same, so that a new version of the server never mixes with files of an old one.
 */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: KeptFile) {
  reply.headers({ 'cache-control': 'no-cache', etag: file.tag, vary: 'accept-encoding' });
  if (hasTag(request.headers['if-none-match'], file.tag)) return reply.code(304).send();
  const isZipped = takesEncoding('gzip', request.headers['accept-encoding']);
  if (isZipped) reply.header('content-encoding', 'gzip');
  return reply.type(file.type).send(isZipped ? file.zipped : file.plain);
}

/** Weak comparison (RFC 9110 section 13.1.2). */
function hasTag(condition: string | undefined, tag: string): boolean {
  const bare = (text: string) => text.trim().replace(/^W\//, '');
  return condition?.split(',').some((one) => bare(one) === bare(tag) || bare(one) === '*') ?? false;
}

/** Whether an encoding is named and not refused by `q=0` (RFC 9110 section 12.5.3). */
export function takesEncoding(name: string, accepted = ''): boolean {
  return accepted.split(',').some((one) => {
    const [coding = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    return coding === name && !parameters.some((part) => /^q\s*=\s*0(\.0*)?$/.test(part));
  });
}
