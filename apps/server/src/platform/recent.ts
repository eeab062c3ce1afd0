interface Entry<Value> {
  value: Value;
  loadedAt: number;
  isRefreshing: boolean;
}

export interface RecentOptions {
  /** A value older than this is never given out, in milliseconds. */
  oldestMs: number;
  /** At most this many keys are remembered; the oldest loaded goes first. */
  most: number;
}

/**
 * Remembers what `load` answered for a key, for a short time: half of it without asking again, the
 * other half while a newer value is fetched behind the caller's back. Calls for one key that come
 * together share one load. Failures are not remembered. What is `given` with a key is handed to `load`.
 */
export function recent<Value, Given = void>(
  load: (key: string, given: Given) => Promise<Value>,
  { oldestMs, most }: RecentOptions,
): (key: string, given: Given) => Value | Promise<Value> {
  const entries = new Map<string, Entry<Value>>();
  const loads = new Map<string, { askedAt: number; answer: Promise<Value> }>();

  function fetch(key: string, given: Given): Promise<Value> {
    const running = loads.get(key);
    const askedAt = performance.now();
    if (running && askedAt - running.askedAt < oldestMs) return running.answer;
    const started = load(key, given)
      .then((value) => {
        // The age counts from the question, not from the answer.
        entries.delete(key);
        entries.set(key, { value, loadedAt: askedAt, isRefreshing: false });
        if (entries.size > most) entries.delete(entries.keys().next().value as string);
        return value;
      })
      .finally(() => {
        if (loads.get(key)?.answer === started) loads.delete(key);
      });
    loads.set(key, { askedAt, answer: started });
    return started;
  }

  return (key, given) => {
    const entry = entries.get(key);
    const ageMs = entry ? performance.now() - entry.loadedAt : Number.POSITIVE_INFINITY;
    if (!entry || ageMs >= oldestMs) return fetch(key, given);
    if (ageMs > oldestMs / 2 && !entry.isRefreshing) {
      entry.isRefreshing = true;
      // A failed refresh is tried again by the next caller, who will wait for it.
      fetch(key, given).catch(() => entries.delete(key));
    }
    return entry.value;
  };
}
