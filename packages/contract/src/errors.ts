/**
 * The closed registry of errors (contract section 2). `docs/errors.md` is generated from it. The
 * code decides the status and the sentence; a refusal may only make the sentence more exact.
 */
export const errors = {
  malformed_body: {
    status: 400,
    message: 'The body could not be read. Send well-formed JSON, form or multipart data in UTF-8.',
    mend: 'Check that Content-Type names what you send, and that the body is complete and valid.',
  },
  malformed_request: {
    status: 400,
    message:
      'The request could not be read. Check its address, its header lines and their percent-encoding.',
    mend: 'Check the address, the header lines and the percent-encoding.',
  },
  unauthenticated: {
    status: 401,
    message: 'Unauthenticated.',
    mend: 'Fetch a token from /oauth2/token and send it as `Authorization: Bearer …`, on the address of its organisation.',
  },
  missing_scope: {
    status: 403,
    message: 'This token lacks a scope that the request needs.',
    mend: 'Ask for a token with the scope that the message names, or have it granted to the client.',
  },
  not_permitted: {
    status: 403,
    message: 'Your role does not allow this.',
    mend: 'Ask an administrator of your organisation.',
  },
  cross_site_request: {
    status: 403,
    message: 'This request does not come from a page of this address.',
    mend: 'Open the page at its own address and do it there.',
  },
  not_found: {
    status: 404,
    message: 'Not found.',
    mend: 'Check the address and the id. What belongs to another organisation is not found either.',
  },
  method_not_allowed: {
    status: 405,
    message: 'This address does not take that method, only those in the Allow header.',
    mend: 'Use one of the methods in the Allow header.',
  },
  request_timeout: {
    status: 408,
    message: 'The request took too long to arrive: at most 15 seconds.',
    mend: 'Send the whole request within 15 seconds.',
  },
  transition_not_allowed: {
    status: 409,
    message: 'The appointment’s status does not allow this.',
    mend: 'Read the appointment; the message says what stands in the way.',
  },
  idempotency_in_progress: {
    status: 409,
    message: 'A request with this Idempotency-Key is still running. Repeat it in a moment.',
    mend: 'Wait a moment and send the same request with the same key again.',
  },
  version_mismatch: {
    status: 412,
    message: 'The appointment has changed since you read it. Read it again for its new ETag.',
    mend: 'Read it again, look at what changed, and repeat with the new ETag in If-Match.',
  },
  body_too_large: {
    status: 413,
    message: 'The body is too large.',
    mend: 'Send less in one request; the message names the limit: 256 KiB, in bulk 2 MiB.',
  },
  unsupported_media_type: {
    status: 415,
    message:
      'Send application/json, application/x-www-form-urlencoded or multipart/form-data without files.',
    mend: 'Set Content-Type to one of the three.',
  },
  validation_failed: {
    status: 422,
    message: 'Some fields are not as they should be.',
    mend: '`errors` names every field and says what would be right.',
  },
  reference_taken: {
    status: 422,
    message:
      'reference is already used by another appointment of this organisation; choose another.',
    mend: '`existing_id` names that appointment. Use another reference, or an Idempotency-Key when you retry.',
  },
  idempotency_key_reused: {
    status: 422,
    message: 'This Idempotency-Key was used before with a different request. Use a fresh one.',
    mend: 'Use a fresh key for every new request, and the same key only to repeat one.',
  },
  too_many_requests: {
    status: 429,
    message: 'Too many requests. Wait for the seconds in Retry-After.',
    mend: 'Wait for the seconds in Retry-After.',
  },
  headers_too_large: {
    status: 431,
    message: 'The header lines are too large: at most 16 KiB.',
    mend: 'Send fewer or shorter headers.',
  },
  internal_error: {
    status: 500,
    message: 'Something went wrong on our side. Tell the operator the request_id.',
    mend: 'Try again; if it stays, tell the operator the request_id.',
  },
  unavailable: {
    status: 503,
    message: 'The service cannot answer right now. Try again in a moment.',
    mend: 'Wait for the seconds in Retry-After and repeat, a POST with the same Idempotency-Key.',
  },
  storage_full: {
    status: 507,
    message: 'The service has no room left to store this.',
    mend: 'The operator has to free disk space; reading still works.',
  },
} as const satisfies Record<string, { status: number; message: string; mend: string }>;

export type ErrorCode = keyof typeof errors;
