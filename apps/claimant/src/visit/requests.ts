import type { ErrorCode } from '@anteroom/contract';

/** What went wrong with a request: the key of its sentence, and what the program has to know. */
export class Fault extends Error {
  override name = 'Fault';
  readonly code: ErrorCode | 'unreachable';

  constructor(code: ErrorCode | 'unreachable') {
    super(code);
    this.code = code;
  }

  /** The same request may be answered another time. */
  get isPassing(): boolean {
    return ['unreachable', 'unavailable', 'too_many_requests', 'internal_error'].includes(
      this.code,
    );
  }

  /** The sentence for the person. */
  get sentence() {
    switch (this.code) {
      case 'unreachable':
        return 'fault.unreachable' as const;
      case 'unavailable':
      case 'storage_full':
        return 'fault.unavailable' as const;
      case 'too_many_requests':
        return 'fault.tooMany' as const;
      case 'transition_not_allowed':
      case 'version_mismatch':
        return 'fault.moved' as const;
      default:
        return 'fault.other' as const;
    }
  }
}

const deadlineMs = 15_000;

/** Asks our own server. Throws a Fault when there is no answer, or none within fifteen seconds. */
export async function ask(
  method: 'GET' | 'POST',
  path: string,
  body: object = {},
): Promise<Response> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  try {
    return await fetch(`/client-web/api/${path}`, {
      method,
      signal: deadline.signal,
      ...(method === 'POST' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  } catch {
    throw new Fault('unreachable');
  } finally {
    clearTimeout(timer);
  }
}

/** The `data` of a good answer. Throws a Fault for any other. */
export async function readData<Data>(answer: Response): Promise<Data> {
  // What answers without JSON is not our server but something on the way to it.
  const body: { data?: Data; code?: ErrorCode } = await answer.json().catch(() => ({}));
  if (answer.ok && body.data !== undefined) return body.data;
  throw new Fault(body.code ?? (answer.status >= 500 ? 'unavailable' : 'unreachable'));
}
