import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyRequest } from 'fastify';
import { type KeptFile, keepFile, sendFile } from '../platform/http/kept-file.ts';
import type { Http } from '../platform/http/route.ts';
import type { Document } from './document.ts';
import { renderPage } from './page.ts';

export interface ManualOptions {
  /** Where the organisation that this request is meant for is reached. */
  addressOf(request: FastifyRequest): Promise<string>;
  describeApi(address: string): object;
  rateLimitPerMinute: number;
}

const path = '/api/docs';
const folder = join(import.meta.dirname, 'browser');
const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Each address is an organisation's, or the server's own; a page takes some 200 kB of memory. */
const mostPages = 50;

/** Nothing from elsewhere, nothing inline, and no text that becomes markup. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** `/api/docs`: the manual and its own files, from memory. */
export function manualRoutes({ addressOf, describeApi, rateLimitPerMinute }: ManualOptions) {
  const pages = new Map<string, KeptFile>();
  const names = readdirSync(folder).filter((name) => extname(name) in types);
  const programs = names.filter((name) => name.endsWith('.js'));

  function pageFor(address: string): KeptFile {
    const kept = pages.get(address);
    if (kept) return kept;
    if (pages.size >= mostPages) pages.clear();
    const document = describeApi(address) as Document;
    const text = renderPage({ document, address, files: path, programs, rateLimitPerMinute });
    const page = keepFile('text/html; charset=utf-8', text);
    pages.set(address, page);
    return page;
  }

  return async (app: Http): Promise<void> => {
    app.get(path, async (request, reply) => {
      reply.header('content-security-policy', policy);
      return sendFile(request, reply, pageFor(await addressOf(request)));
    });
    for (const name of names) {
      const text = readFileSync(join(folder, name), 'utf8');
      const file = keepFile(types[extname(name)] as string, text);
      app.get(`${path}/${name}`, async (request, reply) => sendFile(request, reply, file));
    }
  };
}
