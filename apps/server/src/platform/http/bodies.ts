import { limits } from '@anteroom/contract';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import qs from 'qs';
import { refuse } from '../errors.ts';
import type { Http } from './route.ts';

/** The largest body that a route takes, unless it says otherwise (contract section 2). */
export const bodyLimitBytes: number = limits.bodyBytes;

const mostFields = 2_000;

/** Text of a form or query with bracket keys (`claimant[name]`), as nested values. */
export function parsePairs(text: string): Record<string, unknown> {
  return qs.parse(text, {
    depth: 20,
    arrayLimit: 1_000,
    parameterLimit: mostFields,
    throwOnLimitExceeded: true,
    decoder: decodeStrictly,
  }) as Record<string, unknown>;
}

const utf8 = { fatal: true, ignoreBOM: false };

/** The text of a body; throws when it is not UTF-8, where decoding would alter it silently. */
export const decodeText = (body: Buffer): string => new TextDecoder('utf-8', utf8).decode(body);

/** Throws on what is no percent-encoded UTF-8, where qs would keep the raw text. */
function decodeStrictly(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/**
 * Lets the routes of this instance take JSON, form and multipart bodies. Mount it where a bearer
 * token or client secret is asked for and nowhere else: a page's cookie routes take JSON alone
 * (threats T8).
 */
export function acceptForms(app: Http): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (_request, body, done) => {
      try {
        done(null, parsePairs(decodeText(body as Buffer)));
      } catch (error) {
        done(refuse('malformed_body', { cause: error }));
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
  const limitBytes = request.routeOptions.bodyLimit ?? bodyLimitBytes;
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw refuse('body_too_large');
  return new Promise((resolve, reject) => {
    const pairs: string[] = [];
    let sizeBytes = 0;
    const fail = (
      code: 'malformed_body' | 'body_too_large' | 'unsupported_media_type',
      cause?: unknown,
    ) => {
      payload.unpipe();
      payload.resume();
      reject(refuse(code, { cause }));
    };
    let parser: BusboyInstance;
    try {
      parser = new Busboy({
        headers: { 'content-type': contentType },
        limits: { fieldSize: limitBytes, fields: mostFields, files: 0, parts: mostFields },
      });
    } catch (error) {
      fail('malformed_body', error);
      return;
    }
    payload.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) fail('body_too_large');
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
      try {
        resolve(parsePairs(pairs.join('&')));
      } catch (error) {
        fail('malformed_body', error);
      }
    });
    payload.pipe(parser);
  });
}
