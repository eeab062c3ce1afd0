import type { ErrorCode } from '@anteroom/contract';

/** Why a request was not answered: a code of the registry, or that nothing could be reached. */
export type RefusalCode = ErrorCode | 'unreachable';

/** An answer other than yes. Its `message` is the server's sentence, in English. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  /** Sentences by field, where the server names fields. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly requestId: string | null;
  /** How long the server asks to be left alone. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: RefusalCode,
    message: string,
    details: Partial<Pick<Refusal, 'status' | 'fields' | 'requestId' | 'retryAfterSeconds'>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = details.status ?? 0;
    this.fields = details.fields ?? {};
    this.requestId = details.requestId ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

interface Sending {
  body?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A request that has heard nothing for so long is given up. */
const deadlineMilliseconds = 15_000;

/**
 * Asks the server under `/portal/api` and gives what stands under `data`. Throws a `Refusal`, with the
 * code `unreachable` when no answer came.
 */
export async function ask<Data>(
  method: Method,
  path: string,
  { body, headers, signal }: Sending = {},
): Promise<Data> {
  const deadline = AbortSignal.timeout(deadlineMilliseconds);
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`/portal/api${path}`, {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      body: body ? JSON.stringify(body) : null,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    const text = await response.text();
    answer = text === '' ? {} : JSON.parse(text);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal('unreachable', error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return (answer as { data: Data }).data;
  throw readRefusal(response, answer);
}

function readRefusal(response: Response, answer: unknown): Refusal {
  const { message, code, request_id, errors } = answer as {
    message?: string;
    code?: RefusalCode;
    request_id?: string;
    errors?: Record<string, string[]>;
  };
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  return new Refusal(code ?? 'internal_error', message ?? response.statusText, {
    status: response.status,
    fields: errors ?? {},
    requestId: request_id ?? null,
    retryAfterSeconds: Number.isNaN(retryAfter) ? null : retryAfter,
  });
}
