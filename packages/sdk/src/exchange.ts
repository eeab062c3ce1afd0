import {
  AnteroomError,
  ConnectionError,
  DeadlineError,
  errorOfAnswer,
  UnexpectedAnswerError,
} from './errors.ts';
import { type Limits, wait } from './limits.ts';

export interface Request {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  headers: Record<string, string>;
  body?: string | URLSearchParams | undefined;
  /** Whether it may be sent again although an earlier attempt may have been carried out. */
  isRepeatable: boolean;
}

/** An answer of 2xx. */
export interface Received {
  headers: Headers;
  /** Undefined when the answer has none. */
  body: unknown;
}

export interface ExchangeOptions {
  /** Without a slash at the end. */
  address: string;
  mostAttempts: number;
  fetch: typeof globalThis.fetch;
}

/** The waits before repetitions are random up to these, doubled each time (full jitter). */
const firstBackoffMs = 250;
const longestBackoffMs = 8_000;

/**
 * Sends a request until it is answered, repeating it where that is safe and may help: what was certainly not carried out
 * (408, 429) always; what may have been (a lost connection, 502, 503, 504) when it `isRepeatable`. `Retry-After` is obeyed; a
 * wait that would outlast the deadline is not begun.
 *
 * Throws an `AnteroomError`, or the reason of the signal.
 */
export async function exchange(
  options: ExchangeOptions,
  request: Request,
  { signal, endsAt }: Limits,
): Promise<Received> {
  let last: AnteroomError | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(options, request, signal, attempt);
    } catch (error) {
      if (signal.aborted) throw reasonOf(signal, last, attempt);
      if (!(error instanceof AnteroomError) || !mayRepeat(error, request)) throw error;
      last = error;
    }
    const backoffMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempt - 1));
    const waitMs = (last.retryAfterMs ?? 0) + Math.random() * backoffMs;
    if (attempt >= options.mostAttempts || performance.now() + waitMs >= endsAt) throw last;
    await wait(waitMs, signal).catch(() => {
      throw reasonOf(signal, last, attempt);
    });
  }
}

/** A deadline tells what the last attempt met. */
function reasonOf(signal: AbortSignal, cause: AnteroomError | undefined, attempts: number) {
  const { reason } = signal;
  if (!(reason instanceof DeadlineError)) return reason;
  const { code, message } = reason;
  return new DeadlineError({ code, message, attempts, cause });
}

function mayRepeat(error: AnteroomError, { isRepeatable }: Request): boolean {
  if (error.status === 408 || error.status === 429) return true;
  const wasLost = error instanceof ConnectionError || [502, 503, 504].includes(error.status ?? 0);
  // An earlier attempt of ours still holds the key.
  return isRepeatable && (wasLost || error.code === 'idempotency_in_progress');
}

async function attemptOnce(
  { address, fetch }: ExchangeOptions,
  { method, path, headers, body }: Request,
  signal: AbortSignal,
  attempts: number,
): Promise<Received> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(address + path, {
      method,
      headers: { accept: 'application/json', ...headers },
      signal,
      // A redirected POST would arrive as a GET, and a token at another's door.
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    text = await response.text();
  } catch (cause) {
    const message = `The connection to ${address} failed or ended before the answer was here.`;
    throw new ConnectionError({ code: 'connection_failed', message, attempts, cause });
  }
  const read = readJson(text);
  if (!response.ok) throw errorOfAnswer(response, read, attempts);
  if (read === undefined && text !== '') {
    throw new UnexpectedAnswerError({
      code: 'unexpected_answer',
      message: `What answers at ${address} is not Anteroom: is the address right?`,
      status: response.status,
      attempts,
    });
  }
  return { headers: response.headers, body: read };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
