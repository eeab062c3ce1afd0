import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../platform/errors.ts';
import { takesEncoding } from '../platform/http/kept-file.ts';
import type { Http } from '../platform/http/route.ts';
import { type BuiltFile, readBuiltPages } from './built.ts';
import { frontPage, lostPage, plainPolicy, unbuiltPage } from './plain.ts';
import { pageHeaders } from './policy.ts';

/** Addresses below `/client-web/` that the claimant's app shows something at. */
const claimantPaths =
  /^\/client-web\/schedule\/(pre-call\/(summary|device-check|waiting)|call|after)\/?$/;

/** The pages of claimants and staff, from memory, and what belongs to them. */
export async function pageRoutes(app: Http): Promise<void> {
  app.get('/', hidden, async (_request, reply) => sendPlain(reply, 200, frontPage));
  serveApp(app, {
    app: 'claimant',
    base: '/client-web',
    pages: ['/client-web', '/client-web/*', '/j/:code'],
    isPage: (path) => path.startsWith('/j/') || claimantPaths.test(path),
  });
  serveApp(app, {
    app: 'portal',
    base: '/portal',
    pages: ['/portal', '/portal/*', '/meet/:room'],
    isPage: () => true,
  });
}

/** Kept out of the reference of the API; another method of such an address is not found. */
const hidden = { config: { isHidden: true } };

interface AppPages {
  app: 'claimant' | 'portal';
  /** Below it are the assets, and below its `api` what pages call. */
  base: string;
  pages: string[];
  isPage(path: string): boolean;
}

function serveApp(server: Http, { app, base, pages, isPage }: AppPages): void {
  const built = readBuiltPages(app);
  const headers = built && pageHeaders(built);
  for (const address of pages) {
    server.get(address, hidden, async (request, reply) => {
      const path = request.url.replace(/[?#].*$/s, '');
      // What programs ask for is answered as programs read it.
      if (path.startsWith(`${base}/api/`)) throw refuse('not_found');
      if (!isPage(path)) return sendPlain(reply, 404, lostPage);
      if (!built || !headers) return sendPlain(reply, 503, unbuiltPage);
      reply.headers(headers);
      return sendBuilt(request, reply, built.page);
    });
  }
  server.get(`${base}/assets/*`, hidden, async (request, reply) => {
    const file = built?.assets.get((request.params as { '*': string })['*']);
    if (!file) throw refuse('not_found');
    reply.header('cache-control', 'public, max-age=31536000, immutable');
    return sendBuilt(request, reply, file);
  });
}

function sendBuilt(request: FastifyRequest, reply: FastifyReply, file: BuiltFile) {
  reply.header('vary', 'accept-encoding').type(file.type);
  const accepted = request.headers['accept-encoding'];
  for (const [name, bytes] of file.encoded) {
    if (takesEncoding(name, accepted)) return reply.header('content-encoding', name).send(bytes);
  }
  return reply.send(file.plain);
}

const sendPlain = (reply: FastifyReply, status: number, text: string) =>
  reply
    .code(status)
    .header('content-security-policy', plainPolicy)
    .type('text/html; charset=utf-8')
    .send(text);
