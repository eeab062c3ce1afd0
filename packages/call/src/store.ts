/** Something whose present state can be read at any time, and followed. */
export interface Store<State> {
  /** Calls the listener after every change; what it answers ends that. */
  subscribe(listener: () => void): () => void;
  /** The state as it is now: the same object until something changes. */
  snapshot(): State;
}

/** A store, and the door by which its owner changes it. */
export interface OwnStore<State> extends Store<State> {
  /** Sets these parts, and tells everyone if that changes anything. */
  set(changes: Partial<State>): void;
}

export function openStore<State extends object>(first: State): OwnStore<State> {
  const listeners = new Set<() => void>();
  let state = first;
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => state,
    set(changes) {
      const names = Object.keys(changes) as (keyof State)[];
      if (names.every((name) => Object.is(state[name], changes[name]))) return;
      state = { ...state, ...changes };
      for (const listener of [...listeners]) listener();
    },
  };
}
