import { refuse } from './errors.ts';

export interface TurnsOptions {
  /** So much work is carried out at the same time, of whichever keys. */
  together: number;
  /** Of one key so much may wait behind what is carried out. */
  mostWaiting: number;
  /** Whoever has waited for so long is refused. */
  patienceMs: number;
}

interface Waiting {
  key: string;
  begin(): void;
}

/**
 * Lets heavy work be done in turns: of one key one at a time, and of all keys but a few, in the order
 * in which they came. Refuses with `too_many_requests` when too many of a key wait already, and with
 * `unavailable` when a turn does not come in time.
 */
export function openTurns({ together, mostWaiting, patienceMs }: TurnsOptions) {
  const working = new Set<string>();
  const waiting = new Set<Waiting>();

  function beginNext(): void {
    for (const next of waiting) {
      if (working.size >= together) return;
      if (working.has(next.key)) continue;
      waiting.delete(next);
      working.add(next.key);
      next.begin();
    }
  }

  function turnOf(key: string): Promise<void> {
    const ahead = [...waiting].filter((other) => other.key === key).length;
    if (ahead >= mostWaiting) {
      throw refuse('too_many_requests', {
        message: `Too many at once: of one client one is carried out, and ${mostWaiting} may wait.`,
        headers: { 'retry-after': String(Math.ceil(patienceMs / 1000)) },
      });
    }
    return new Promise((resolve, reject) => {
      const own: Waiting = {
        key,
        begin() {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        waiting.delete(own);
        reject(refuse('unavailable'));
      }, patienceMs);
      waiting.add(own);
      beginNext();
    });
  }

  /** Does the work when its turn has come. */
  return async <Result>(key: string, work: () => Promise<Result>): Promise<Result> => {
    await turnOf(key);
    try {
      return await work();
    } finally {
      working.delete(key);
      beginNext();
    }
  };
}

export type Turns = ReturnType<typeof openTurns>;
