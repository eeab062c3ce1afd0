import { limits } from '@anteroom/contract';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import { type Refusal, refuse } from '../errors.ts';
import { mostPairs, parseForm } from './forms.ts';
import type { Http } from './route.ts';

/** The largest body that a route takes, unless it says otherwise (contract section 2). */
export const bodyLimitBytes: number = limits.bodyBytes;

/** Larger bodies may have more fields, in proportion. */
const mostPairsOf = (limitBytes: number) => mostPairs * (limitBytes / bodyLimitBytes);

const limitOf = (request: FastifyRequest) => request.routeOptions.bodyLimit ?? bodyLimitBytes;

/** The refusal of a body that is larger than its route takes. */
export function bodyTooLarge(request: FastifyRequest, cause?: unknown): Refusal {
  const limitBytes = limitOf(request);
  const limit =
    limitBytes < 1024 ** 2 ? `${limitBytes / 1024} KiB` : `${limitBytes / 1024 ** 2} MiB`;
  return refuse('body_too_large', {
    message: `The body is too large: at most ${limit}.`,
    cause,
  });
}

const utf8 = { fatal: true, ignoreBOM: false };

/** The text of a body; throws when it is not UTF-8, where decoding would alter it silently. */
export const decodeText = (body: Buffer): string => new TextDecoder('utf-8', utf8).decode(body);

/**
 * Lets the routes of this instance take JSON, form and multipart bodies. Mount it where a bearer
 * token or client secret is asked for and nowhere else: a page's cookie routes take JSON alone
 * (threats T8).
 */
export function acceptForms(app: Http): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      try {
        return await parseForm(decodeText(body), mostPairsOf(limitOf(request)));
      } catch (error) {
        throw refuse('malformed_body', { cause: error });
      }
    },
  );
  app.addContentTypeParser(
    'multipart/form-data',
    (request: FastifyRequest, payload: NodeJS.ReadableStream) => readMultipart(request, payload),
  );
}

async function readMultipart(
  request: FastifyRequest,
  payload: NodeJS.ReadableStream,
): Promise<unknown> {
  const contentType = request.headers['content-type'] ?? '';
  const limitBytes = limitOf(request);
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw bodyTooLarge(request);
  return new Promise((resolve, reject) => {
    const pairs: string[] = [];
    const fields = mostPairsOf(limitBytes);
    let sizeBytes = 0;
    const give = (refusal: Refusal) => {
      payload.unpipe();
      payload.resume();
      reject(refusal);
    };
    const fail = (code: 'malformed_body' | 'unsupported_media_type', cause?: unknown) =>
      give(refuse(code, { cause }));
    let parser: BusboyInstance;
    try {
      parser = new Busboy({
        headers: { 'content-type': contentType },
        limits: { fieldSize: limitBytes, fields, files: 0, parts: fields },
      });
    } catch (error) {
      fail('malformed_body', error);
      return;
    }
    payload.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) give(bodyTooLarge(request));
    });
    payload.on('error', (error) => fail('malformed_body', error));
    parser.on('field', (name: string | undefined, value) => {
      // A part whose header lines could not be read has none.
      if (name === undefined) return fail('malformed_body');
      try {
        pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
      } catch (error) {
        // Half a surrogate pair; thrown in here, it would end the process.
        fail('malformed_body', error);
      }
    });
    parser.on('filesLimit', () => fail('unsupported_media_type'));
    parser.on('fieldsLimit', () => fail('malformed_body'));
    parser.on('partsLimit', () => fail('malformed_body'));
    parser.on('error', (error) => fail('malformed_body', error));
    parser.on('finish', () => {
      parseForm(pairs.join('&'), fields).then(resolve, (error) => fail('malformed_body', error));
    });
    payload.pipe(parser);
  });
}
