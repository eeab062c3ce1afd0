import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type ErrorCode, errors } from '@anteroom/contract';
import fastify, {
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawRequestDefaultExpression,
} from 'fastify';
import type { Logger } from 'pino';
import type { TSchema } from 'typebox';
import { errorBody, Refusal, refuse } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import { asksForSocket } from '../socket/request.ts';
import { bodyLimitBytes, bodyTooLarge, decodeText } from './bodies.ts';
import { watchDeadlines } from './deadline.ts';
import { parsePairs } from './forms.ts';
import { compileReader } from './reader.ts';
import { type Http, ignoredFieldsHeader, settleReadings } from './route.ts';

const requestDeadlineMs = 15_000;
const headersDeadlineMs = 10_000;
const idleConnectionMs = 72_000;
const headerLimitBytes = 16 * 1024;
/** More at once are hung up on; each takes some ten kilobytes. */
const mostConnections = 10_000;

export interface HttpOptions {
  log: Logger;
  /** Addresses whose X-Forwarded-* lines count (threats: a proxy is normal). */
  trustedProxies: string[];
  /** The instant of a sandbox, shown on every answer, or null. */
  sandboxClock(): string | null;
  metrics: Metrics;
}

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

/**
 * An HTTP server with the habits that every answer shares: request ids, security headers, limits,
 * one shape of errors, one log line without personal data. It has no routes yet.
 */
export function buildHttp({ log, trustedProxies, sandboxClock, metrics }: HttpOptions): {
  app: Http;
  /** Call it when every route stands: other methods of their addresses then answer 405. */
  closeRoutes(): void;
} {
  const app = fastify({
    // Fastify logs an error that nobody can be told of any more.
    loggerInstance: log.child({}, { serializers: { err: describeFailure } }),
    // One line per request is written below, without what could name a person.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestDeadlineMs,
    connectionTimeout: 0,
    keepAliveTimeout: idleConnectionMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    http: {
      maxHeaderSize: headerLimitBytes,
      headersTimeout: headersDeadlineMs,
      // How often Node looks for requests that are late.
      connectionsCheckingInterval: 1_000,
      shouldUpgradeCallback: asksForSocket,
    },
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: 200,
      querystringParser: readQuery,
    },
    frameworkErrors: (error, request, reply) => {
      answerError(error, request as FastifyRequest, reply as unknown as FastifyReply);
    },
    clientErrorHandler: answerMalformedHttp,
  }) as unknown as Http;

  app.server.maxConnections = mostConnections;
  // RFC 9110 section 10.1.1 lets a server pass over what it does not know; Node would answer 417.
  app.server.on('checkExpectation', (request, response) =>
    app.server.emit('request', request, response),
  );
  app.setValidatorCompiler<TSchema>(({ schema }) => {
    const read = compileReader(schema);
    return (raw) => ({ value: read(raw) });
  });
  app.setSerializerCompiler(() => JSON.stringify);
  app.removeContentTypeParser('text/plain');
  // Many clients name JSON and send nothing where nothing is needed.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const text = decodeText(body as Buffer);
      if (text === '') return done(null, undefined);
      return parseJson(request, text, done);
    } catch (error) {
      return done(refuse('malformed_body', { cause: error }));
    }
  });
  app.decorateRequest('faults', null);
  app.decorateRequest('ignored', null);
  app.decorateRequest('logged', null);
  app.decorateRequest('refusedWith', null);

  const deadlines = watchDeadlines((reply) => {
    answerError(refuse('unavailable'), reply.request, reply);
    // What the handler still makes of it is no longer an answer.
    reply.hijack();
  });
  app.addHook('onClose', async () => deadlines.close());
  app.addHook('onRequest', async (request, reply) => {
    deadlines.begin(reply);
    reply.headers(securityHeaders);
    reply.header('x-request-id', request.id);
    if ((request.query as Record<symbol, unknown>)[unreadable]) throw refuse('malformed_request');
    const clock = sandboxClock();
    if (clock) reply.header('sandbox-clock', clock);
    if (request.protocol === 'https') {
      reply.header('strict-transport-security', 'max-age=31536000');
    }
  });
  app.addHook('preHandler', async (request, reply) => {
    settleReadings(request);
    const { ignored } = request;
    if (ignored) reply.header('ignored-fields', ignoredFieldsHeader(ignored));
  });
  app.addHook('onResponse', async (request, reply) => {
    deadlines.end(reply);
    const { method } = request;
    const { url: route = null } = request.routeOptions;
    const { statusCode: status, elapsedTime } = reply;
    metrics.answered(method, route ?? 'none', status, elapsedTime);
    if (request.refusedWith) metrics.refused(request.refusedWith);
    request.log.info(
      {
        method,
        route,
        status,
        ms: Math.round(elapsedTime * 10) / 10,
        ...request.logged,
      },
      'answered',
    );
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => answerError(refuse('not_found'), request, reply));
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.isHidden) return;
    methodsByUrl.set(url, new Set([...(methodsByUrl.get(url) ?? []), ...[method].flat()]));
  });
  return { app, closeRoutes: () => refuseOtherMethods(app, methodsByUrl) };
}

/** Adds the 405 answers: an address takes the methods it has, and names them for any other. */
function refuseOtherMethods(app: Http, methodsByUrl: Map<string, Set<string>>): void {
  for (const [url, methods] of [...methodsByUrl]) {
    const allow = [...methods].sort().join(', ');
    app.route({
      method: (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
        (name) => !methods.has(name),
      ),
      url,
      onRequest: async () => {
        throw refuse('method_not_allowed', { headers: { allow } });
      },
      handler: async () => {},
      config: { isHidden: true, isRefusal: true },
    });
  }
}

const safeRequestId = /^[\w.:/+=-]{1,128}$/;

function requestIdOf(request: RawRequestDefaultExpression): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && safeRequestId.test(sent) ? sent : randomUUID();
}

const unreadable = Symbol('unreadable query');

/** Fastify parses the query where an exception would end the process: a mark stands for it. */
function readQuery(text: string): Record<string | symbol, unknown> {
  try {
    return text === '' ? {} : parsePairs(text);
  } catch {
    return { [unreadable]: true };
  }
}

const codeOfFastifyError: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_body',
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};

function refusalOf(error: FastifyError | Refusal, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(request, error);
  const code = codeOfFastifyError[error.code];
  if (code) return refuse(code, { cause: error });
  // Whatever a body parser threw is the body's fault.
  if (error.statusCode === 400) return refuse('malformed_body', { cause: error });
  return refuse('internal_error', { cause: error });
}

/** The kind of the error decides: a refusal is answered, all else is ours and hides its text. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error as FastifyError, request);
  request.refusedWith = refusal.code;
  if (refusal.status >= 500) {
    const { cause } = refusal.details;
    request.log.error({ code: refusal.code, failure: describeFailure(cause) }, 'failed');
  }
  if (refusal.status === 503 || refusal.status === 507) reply.header('retry-after', '2');
  reply
    .code(refusal.status)
    .headers({ ...securityHeaders, ...refusal.details.headers, 'x-request-id': request.id })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(refusal, request.id)));
}

/**
 * What may be logged of a failure. Of a database error never its text: it quotes values, and so
 * personal data.
 */
export function describeFailure(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, code, message, stack } = error as Error & { code?: string };
  if ('severity' in error) {
    const { constraint, table, routine } = error as {
      constraint?: string;
      table?: string;
      routine?: string;
    };
    return { name, code, constraint, table, routine };
  }
  const cause = error.cause === undefined ? {} : { cause: describeFailure(error.cause) };
  return { name, code, message, stack, ...cause };
}

const codeOfHttpError: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const farewellMs = 1_000;

/** What never became a request gets the same shape, written straight onto the connection. */
function answerMalformedHttp(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  // Its last words may still be on their way and would tear the answer away, so they are heard out;
  // who goes on talking is cut off.
  const cut = setTimeout(() => socket.destroy(), farewellMs);
  socket.once('close', () => clearTimeout(cut));
  const code = codeOfHttpError[error.code ?? ''] ?? 'malformed_request';
  const body = JSON.stringify(errorBody(refuse(code), randomUUID()));
  socket.end(
    `HTTP/1.1 ${errors[code].status} ${code}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
