import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../platform/errors.ts';
import type { Http } from '../platform/http/route.ts';

/** What pages keep of whoever is in front of them. */
export type CookieName = 'staff' | 'visit' | 'host';

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * On loopback without TLS, where somebody tries Anteroom out, browsers would not keep a `__Host-`
 * cookie; anywhere else there is no other.
 */
const isTryingOut = (request: FastifyRequest) =>
  request.protocol === 'http' && loopback.test(request.host);

const nameFor = (request: FastifyRequest, name: CookieName) =>
  isTryingOut(request) ? name : `__Host-${name}`;

/** The cookie's value, or null when there is none (RFC 6265 section 5.4). */
export function readCookie(request: FastifyRequest, name: CookieName): string | null {
  const start = `${nameFor(request, name)}=`;
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length) || null;
}

/** Gives the page a cookie that its scripts cannot read; null takes it away. */
export function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: CookieName,
  value: string | null,
): void {
  const parts = [
    `${nameFor(request, name)}=${value ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(isTryingOut(request) ? [] : ['Secure']),
    ...(value === null ? ['Max-Age=0'] : []),
  ];
  reply.header('set-cookie', parts.join('; '));
}

/**
 * Guards the routes of this instance, which know their caller by a cookie, against other sites'
 * pages (threats, T8): what changes anything comes from our own pages, and only JSON is read. Mount
 * them in an instance of their own, without `acceptForms`. Throws `cross_site_request`,
 * `unsupported_media_type`.
 */
export function guardPages(app: Http): void {
  app.addHook('onRequest', async (request) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (!isReading && !isFromOwnPage(request)) throw refuse('cross_site_request');
  });
  app.addContentTypeParser('*', (_request, _payload, done) =>
    done(refuse('unsupported_media_type', { message: 'Send application/json.' })),
  );
}

/**
 * Browsers say where a request comes from (Fetch Metadata); older ones at least name the page's origin.
 * What says neither is no page.
 */
function isFromOwnPage({ headers, host }: FastifyRequest): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || URL.parse(origin)?.host === host.toLowerCase();
}
