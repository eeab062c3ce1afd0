import { DeadlineError } from './errors.ts';

/** How long a call may last, and who may end it sooner. */
export interface CallOptions {
  /** Ends the call, waits between attempts included; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** For the whole call with all its attempts; the client's `deadlineMs` unless given. */
  deadlineMs?: number | undefined;
}

export interface Limits {
  signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  endsAt: number;
}

/** Timers take no more. */
const longestMs = 2 ** 31 - 1;

/**
 * Does the work with a signal that fires at the deadline, with a `DeadlineError`, or when the caller's signal fires. Leaves
 * neither timer nor listener behind.
 */
export async function withinLimits<Result>(
  { signal, deadlineMs }: { signal?: AbortSignal | undefined; deadlineMs: number },
  work: (limits: Limits) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const handOn = () => controller.abort(signal?.reason);
  const expire = () => {
    const message = `The call did not come to an end within ${deadlineMs} ms.`;
    controller.abort(new DeadlineError({ code: 'deadline_exceeded', message }));
  };
  const timer = setTimeout(expire, Math.min(deadlineMs, longestMs));
  signal?.addEventListener('abort', handOn);
  try {
    return await work({ signal: controller.signal, endsAt: performance.now() + deadlineMs });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', handOn);
  }
}

/** The promise's outcome, or a rejection with the signal's reason when that comes first. */
export function unlessAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits, unless the signal fires. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await unlessAborted(elapsed, signal).finally(() => clearTimeout(timer));
}
