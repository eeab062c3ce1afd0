import {
  authorizationServerExample,
  grantedExample,
  oauthErrorAnswer,
  oauthMetadata,
  type RevokeRequest,
  revokeExample,
  revokeRequest,
  type Scope,
  scopeNames,
  type TokenRequest,
  tokenAnswer,
  tokenExample,
  tokenRequest,
} from '@anteroom/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Refusal } from '../platform/errors.ts';
import { acceptForms } from '../platform/http/bodies.ts';
import type { Http } from '../platform/http/route.ts';
import { limitFailures } from './failures.ts';
import { type Client, type Tokens, tokenLifetimeSeconds } from './tokens.ts';

const failuresPerMinute = 30;
const emptyAnswer = Type.Unsafe<undefined>({ type: 'null', description: 'Done; no body.' });
const oauthErrors = { 400: oauthErrorAnswer, 401: oauthErrorAnswer };

/** An error of the token endpoint, in the shape of RFC 6749 section 5.2. */
class OAuthError extends Error {
  override name = 'OAuthError';
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

/** `/oauth2/token`, `/oauth2/revoke` and the metadata (contract section 1). */
export function oauthRoutes(
  tokens: Tokens,
  addressOf: (request: FastifyRequest) => Promise<string>,
) {
  return async (app: Http): Promise<void> => {
    acceptForms(app);
    // Only failures count, so that a busy integrator is never locked out.
    const failures = limitFailures(failuresPerMinute);

    /** The client that signs the request, by header or body; throws invalid_client. */
    async function requireClient(
      request: FastifyRequest,
      body: { client_id?: string; client_secret?: string },
    ): Promise<Client> {
      await failures.refuseGuessing(request.ip);
      const credentials = readCredentials(request, body);
      const client = credentials && (await authenticateEitherWay(tokens, credentials));
      if (!client) {
        await failures.count(request.ip);
        throw new OAuthError('invalid_client', 'The client id or secret is not right.', 401);
      }
      request.logged = { organisation: client.organisationId, client: client.id };
      return client;
    }

    app.post(
      '/oauth2/token',
      {
        errorHandler: answerOAuthError,
        schema: { body: tokenRequest, response: { 200: tokenAnswer, ...oauthErrors } },
        config: {
          operation: 'Fetch an access token',
          description:
            'Client credentials (RFC 6749 section 4.4): the client’s id and secret by HTTP Basic or in the body. A token lives for an hour. After 30 failures in a minute a source is refused for a while.',
          gathersFaults: true,
          examples: { request: tokenExample, answer: grantedExample },
        },
      },
      async (request) => {
        const body = cleanBody<TokenRequest>(request);
        const client = await requireClient(request, body);
        if (!body.grant_type)
          throw new OAuthError('invalid_request', 'grant_type is required: client_credentials.');
        if (body.grant_type !== 'client_credentials') {
          throw new OAuthError('unsupported_grant_type', 'grant_type must be client_credentials.');
        }
        const granted = grantScopes(client, body.scope);
        return {
          access_token: await tokens.issue(client, granted),
          expires_in: tokenLifetimeSeconds,
          token_type: 'Bearer' as const,
        };
      },
    );

    app.post(
      '/oauth2/revoke',
      {
        errorHandler: answerOAuthError,
        schema: { body: revokeRequest, response: { 200: emptyAnswer, ...oauthErrors } },
        config: {
          operation: 'Revoke an access token',
          description:
            'RFC 7009. The token is refused everywhere within a second. An unknown token is answered like a known one.',
          gathersFaults: true,
          examples: { request: revokeExample },
        },
      },
      async (request, reply) => {
        const body = cleanBody<RevokeRequest>(request);
        const client = await requireClient(request, body);
        if (!body.token)
          throw new OAuthError(
            'invalid_request',
            'token is required: the access token that is to end.',
          );
        await tokens.revoke(client, body.token);
        return reply.code(200).send();
      },
    );

    app.get(
      '/.well-known/oauth-authorization-server',
      {
        schema: { response: { 200: oauthMetadata } },
        config: {
          operation: 'Read where tokens come from (RFC 8414)',
          examples: { answer: authorizationServerExample },
        },
      },
      async (request) => {
        const issuer = await addressOf(request);
        return {
          issuer,
          token_endpoint: `${issuer}/oauth2/token`,
          revocation_endpoint: `${issuer}/oauth2/revoke`,
          grant_types_supported: ['client_credentials'],
          response_types_supported: [],
          token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
          revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
          scopes_supported: [...scopeNames],
          service_documentation: `${issuer}/api/docs`,
        };
      },
    );
  };
}

type WithoutNulls<Body> = { [Name in keyof Body]: NonNullable<Body[Name]> };

/** The body, once everything in it is text; nulls count as left out. */
function cleanBody<Body extends object>(request: FastifyRequest): WithoutNulls<Body> {
  if (request.faults) {
    throw new OAuthError('invalid_request', Object.values(request.faults).flat().join(' '));
  }
  return Object.fromEntries(
    Object.entries(request.body as object).filter(([, value]) => value !== null),
  ) as WithoutNulls<Body>;
}

function readCredentials(
  request: FastifyRequest,
  body: { client_id?: string; client_secret?: string },
): Credentials | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const encoded = /^Basic\s+([\w+/-]+={0,2})$/i.exec(authorization)?.[1];
    const pair = encoded ? Buffer.from(encoded, 'base64').toString('utf8') : '';
    const colon = pair.indexOf(':');
    if (colon < 1) return null;
    if (body.client_secret !== undefined) {
      throw new OAuthError(
        'invalid_request',
        'Send the client’s secret once: in the header or in the body.',
      );
    }
    return { id: pair.slice(0, colon), secret: pair.slice(colon + 1) };
  }
  return body.client_id !== undefined && body.client_secret !== undefined
    ? { id: body.client_id, secret: body.client_secret }
    : null;
}

interface Credentials {
  id: string;
  secret: string;
}

/** What can be a client's id at all; nothing else is asked for. */
const possibleId = /^[!-9;-~]{1,191}$/;

/** RFC 6749 section 2.3.1 form-encodes id and secret; many clients send them plain. Either is right. */
async function authenticateEitherWay(
  tokens: Tokens,
  { id, secret }: Credentials,
): Promise<Client | null> {
  const plain = possibleId.test(id) ? await tokens.authenticateClient(id, secret) : null;
  if (plain || !/[%+]/.test(id + secret)) return plain;
  const decoded = new URLSearchParams(`id=${id}&secret=${secret}`);
  const [decodedId, decodedSecret] = [decoded.get('id') ?? '', decoded.get('secret') ?? ''];
  return possibleId.test(decodedId) ? tokens.authenticateClient(decodedId, decodedSecret) : null;
}

function grantScopes(client: Client, asked: string | undefined): readonly Scope[] {
  if (asked === undefined) return client.scopes;
  const wanted = asked.split(' ').filter((scope) => scope !== '');
  const refused = wanted.filter((scope) => !client.scopes.includes(scope as Scope));
  if (wanted.length === 0 || refused.length > 0) {
    throw new OAuthError(
      'invalid_scope',
      `scope must be one or more of what the client has: ${client.scopes.join(' ')}.`,
    );
  }
  return [...new Set(wanted)] as Scope[];
}

function answerOAuthError(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  if (error instanceof Refusal && (error.status >= 429 || error.status === 413)) throw error;
  const answered =
    error instanceof OAuthError
      ? error
      : (error as { statusCode?: number }).statusCode || error instanceof Refusal
        ? new OAuthError('invalid_request', (error as Error).message)
        : null;
  if (!answered) throw error;
  if (answered.status === 401) reply.header('www-authenticate', 'Basic realm="anteroom"');
  return reply
    .code(answered.status)
    .header('x-request-id', request.id)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: answered.error, error_description: answered.message }));
}
