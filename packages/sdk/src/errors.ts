import type { ErrorCode } from '@anteroom/contract';

export interface ErrorDetails {
  message: string;
  code: AnteroomError['code'];
  status?: number | undefined;
  errors?: Record<string, string[]> | undefined;
  requestId?: string | undefined;
  existingId?: string | undefined;
  retryAfterMs?: number | undefined;
  attempts?: number | undefined;
  cause?: unknown;
}

/** Whatever goes wrong with a call, but for an abort, which rejects with the signal's own reason. */
export class AnteroomError extends Error {
  override readonly name: string = 'AnteroomError';
  /**
   * From Anteroom's registry of errors, or a code of RFC 6749 from the token endpoint; where no answer of Anteroom came,
   * `connection_failed`, `deadline_exceeded` or `unexpected_answer`.
   */
  readonly code: ErrorCode | (string & {});
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** Field path (`claimant.email`) to sentences; empty when no field is to blame. */
  readonly errors: Record<string, string[]>;
  /** What to tell the operator of the service; undefined when no answer came. */
  readonly requestId: string | undefined;
  /** The appointment that already has the reference. */
  readonly existingId: string | undefined;
  /** How long the service asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** How often the request was sent. */
  readonly attempts: number;

  constructor(details: ErrorDetails) {
    super(details.message, { cause: details.cause });
    this.code = details.code;
    this.status = details.status;
    this.errors = details.errors ?? {};
    this.requestId = details.requestId;
    this.existingId = details.existingId;
    this.retryAfterMs = details.retryAfterMs;
    this.attempts = details.attempts ?? 1;
  }
}

/** The request itself cannot be read: 400, 405, 413, 415, 431. */
export class BadRequestError extends AnteroomError {
  override readonly name = 'BadRequestError';
}

/** The client's secret or the token is not right, also after a fresh token: 401, and every refusal of the token endpoint. */
export class AuthenticationError extends AnteroomError {
  override readonly name = 'AuthenticationError';
}

/** The token lacks a scope: 403. */
export class PermissionError extends AnteroomError {
  override readonly name = 'PermissionError';
}

/** Nothing of this organisation is there: 404. */
export class NotFoundError extends AnteroomError {
  override readonly name = 'NotFoundError';
}

/** The appointment's status does not allow it: 409. */
export class ConflictError extends AnteroomError {
  override readonly name = 'ConflictError';
}

/** The key was used for another request, or its first request is still running: 422, 409. */
export class IdempotencyError extends AnteroomError {
  override readonly name = 'IdempotencyError';
}

/**
 * The appointment is no longer the one that `ifMatch` named: 412. With `attempts` above 1 the change may be this call's own,
 * made by an attempt whose answer was lost: read the appointment before sending the change again.
 */
export class VersionMismatchError extends AnteroomError {
  override readonly name = 'VersionMismatchError';
}

/** Fields are not as they should be: 422; `errors` names each. */
export class ValidationError extends AnteroomError {
  override readonly name: string = 'ValidationError';
}

/** Another appointment has this reference: 422; `existingId` names it. */
export class ReferenceTakenError extends ValidationError {
  override readonly name = 'ReferenceTakenError';
}

/** Too many requests, for longer than the call may last: 429. */
export class RateLimitError extends AnteroomError {
  override readonly name = 'RateLimitError';
}

/** The service, or a proxy before it, cannot answer now: 408, 502, 503, 504. */
export class UnavailableError extends AnteroomError {
  override readonly name = 'UnavailableError';
}

/** The service failed: 500, 507 and what else begins with 5. */
export class ServerError extends AnteroomError {
  override readonly name = 'ServerError';
}

/** No connection, or it ended before the whole answer was here; `cause` says more. */
export class ConnectionError extends AnteroomError {
  override readonly name = 'ConnectionError';
}

/** The call's deadline passed; `cause` is what the last attempt met, if there was one. */
export class DeadlineError extends AnteroomError {
  override readonly name = 'DeadlineError';
}

/** What answered does not look like Anteroom: is the address right? */
export class UnexpectedAnswerError extends AnteroomError {
  override readonly name = 'UnexpectedAnswerError';
}

type ErrorClass = new (details: ErrorDetails) => AnteroomError;

const classOfCode: Partial<Record<ErrorCode, ErrorClass>> = {
  idempotency_in_progress: IdempotencyError,
  idempotency_key_reused: IdempotencyError,
  reference_taken: ReferenceTakenError,
};

const classOfStatus: Record<number, ErrorClass> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  405: BadRequestError,
  408: UnavailableError,
  409: ConflictError,
  412: VersionMismatchError,
  413: BadRequestError,
  415: BadRequestError,
  422: ValidationError,
  429: RateLimitError,
  431: BadRequestError,
  502: UnavailableError,
  503: UnavailableError,
  504: UnavailableError,
};

/** The error that an answer stands for; `attempts` is how often the request was sent. */
export function errorOfAnswer(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  body: unknown,
  attempts: number,
): AnteroomError {
  const told = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof told[name] === 'string' ? told[name] : undefined);
  const details = {
    status,
    requestId: text('request_id') ?? headers.get('x-request-id') ?? undefined,
    retryAfterMs: readRetryAfter(headers),
    attempts,
  };
  const refused = text('error');
  if (refused !== undefined) {
    const message = text('error_description') ?? refused;
    return new AuthenticationError({ ...details, code: refused, message });
  }
  const code = text('code');
  const Kind =
    classOfCode[code as ErrorCode] ??
    classOfStatus[status] ??
    (status >= 500 ? ServerError : UnexpectedAnswerError);
  return new Kind({
    ...details,
    code: code ?? 'unexpected_answer',
    message:
      text('message') ?? `The answer was a ${status} that is not Anteroom’s: is the address right?`,
    errors: told.errors as Record<string, string[]> | undefined,
    existingId: text('existing_id'),
  });
}

/** The milliseconds that `Retry-After` asks for, whether in seconds or as a date (RFC 9110 section 10.2.3). */
export function readRetryAfter(headers: Pick<Headers, 'get'>): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // The date is on the service's clock, and so is the answer's own.
  const sentAt = Date.parse(headers.get('date') ?? '') || Date.now();
  const waitMs = Date.parse(value) - sentAt;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
