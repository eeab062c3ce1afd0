import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { refuse } from '../platform/errors.ts';
import { limitFailures } from './failures.ts';
import type { OrganisationOfHost } from './hosts.ts';
import { type Caller, MadeUpToken, type Tokens } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set on every route behind `authenticate`. */
    caller: Caller;
  }
}

const bearer = /^Bearer ([\w.~+/-]{1,512}=*)$/i;

/** More made-up tokens from one source in a minute are answered 429; no honest program has any. */
const madeUpPerMinute = 1_000;

export interface AuthenticateOptions {
  organisationOfHost: OrganisationOfHost;
  tokens: Tokens;
  /** Requests that one client may make in a minute; 0 is no limit. */
  rateLimitPerMinute: number;
}

/**
 * The hook that lets a request in: a live token, on an address that is not another organisation's,
 * with the route's scope, within the client's limit. A source that makes up tokens is limited in that
 * alone: a live token is let in from anywhere. Throws `unauthenticated`, `missing_scope`,
 * `too_many_requests`.
 */
export function authenticate({
  organisationOfHost,
  tokens,
  rateLimitPerMinute,
}: AuthenticateOptions) {
  const limiter =
    rateLimitPerMinute > 0
      ? new RateLimiterMemory({ points: rateLimitPerMinute, duration: 60 })
      : null;
  const guesses = limitFailures(madeUpPerMinute);

  return async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = await findCaller(request);
    request.caller = caller;
    request.logged = { organisation: caller.organisationId, client: caller.clientId };
    if (limiter) await limitRate(limiter, caller.clientId, rateLimitPerMinute, reply);
    const { scope } = request.routeOptions.config;
    if (scope && !caller.scopes.has(scope)) {
      throw refuse('missing_scope', {
        message: `This token lacks the scope ${scope}.`,
        headers: challenge('insufficient_scope', `scope="${scope}"`),
      });
    }
  };

  async function findCaller(request: FastifyRequest): Promise<Caller> {
    const { authorization } = request.headers;
    if (authorization === undefined) throw unauthenticated();
    const token = bearer.exec(authorization)?.[1];
    const isInQuery = 'access_token' in (request.query as object);
    if (!token || isInQuery || !isSentOnce(request)) throw unauthenticated('invalid_request');
    const caller = await tokens.find(token).catch(async (error) => {
      if (!(error instanceof MadeUpToken)) throw error;
      await guesses.refuseGuessing(request.ip);
      await guesses.count(request.ip);
      return null;
    });
    if (!caller) throw unauthenticated('invalid_token');
    const owner = await organisationOfHost(request.host);
    if (owner !== null && owner !== caller.organisationId) throw unauthenticated('invalid_token');
    return caller;
  }
}

/** Node keeps the first of several Authorization lines; a proxy before it may have looked at another. */
function isSentOnce({ raw: { rawHeaders } }: FastifyRequest): boolean {
  let lines = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 13 && name.toLowerCase() === 'authorization') lines++;
  }
  return lines === 1;
}

const unauthenticated = (error?: string) =>
  refuse('unauthenticated', { headers: challenge(error) });

/** What the caller is told to bring (RFC 6750 section 3). */
function challenge(error?: string, ...more: string[]): Record<string, string> {
  const parts = [...(error ? [`error="${error}"`] : []), ...more];
  return { 'www-authenticate': ['Bearer realm="anteroom"', ...parts].join(', ') };
}

/** Counts the request and says what is left (draft-ietf-httpapi-ratelimit-headers). */
async function limitRate(
  limiter: RateLimiterMemory,
  clientId: string,
  limit: number,
  reply: FastifyReply,
): Promise<void> {
  // The library rejects with the same shape when the points are used up.
  const state = await limiter.consume(clientId).catch((exhausted) => exhausted);
  const resetSeconds = Math.ceil(state.msBeforeNext / 1000);
  reply.header('ratelimit-policy', `"client";q=${limit};w=60`);
  reply.header('ratelimit', `"client";r=${state.remainingPoints};t=${resetSeconds}`);
  if (state.consumedPoints > limit) {
    throw refuse('too_many_requests', {
      message: `Too many requests: this client may make ${limit} a minute.`,
      headers: { 'retry-after': String(Math.max(resetSeconds, 1)) },
    });
  }
}
