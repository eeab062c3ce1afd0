import { type ErrorCode, errors } from '@anteroom/contract';

/** Field path -> sentences, as the 422 answer shows them. */
export type Faults = Record<string, string[]>;

interface RefusalDetails {
  /** A more exact sentence than the registry's. */
  message?: string;
  errors?: Faults;
  headers?: Record<string, string>;
  /** Further keys of the answer, such as `existing_id`. */
  extra?: Record<string, unknown>;
  cause?: unknown;
}

/** An answer that is not what the caller asked for: one code of the closed registry. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: RefusalDetails;

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    super(details.message ?? errors[code].message, { cause: details.cause });
    this.code = code;
    this.status = errors[code].status;
    this.details = details;
  }
}

/** Makes a refusal, to be thrown. */
export function refuse(code: ErrorCode, details: RefusalDetails = {}): Refusal {
  return new Refusal(code, details);
}

/** The 422 refusal for these faults; its message is the first sentence and says how many more. */
export function refuseFaults(faults: Faults): Refusal {
  const sentences = Object.values(faults).flat();
  const more = sentences.length - 1;
  const message =
    more > 0
      ? `${sentences[0]} (and ${more} more ${more === 1 ? 'error' : 'errors'})`
      : sentences[0];
  return refuse('validation_failed', { ...(message ? { message } : {}), errors: faults });
}

/** The answer's body for a refusal. */
export function errorBody(refusal: Refusal, requestId: string) {
  return {
    message: refusal.message,
    code: refusal.code,
    request_id: requestId,
    ...(refusal.details.errors ? { errors: refusal.details.errors } : {}),
    ...refusal.details.extra,
  };
}
