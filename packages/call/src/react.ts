import { useSyncExternalStore } from 'react';
import type { Store } from './store.ts';

/** The store's present state; renders again when it changes. */
export const useStore = <State>(store: Store<State>): State =>
  useSyncExternalStore(store.subscribe, store.snapshot);

/** A part of the state; renders again only when that part changes. `choose` must give back the same object for the same state. */
export const usePart = <State, Part>(store: Store<State>, choose: (state: State) => Part): Part =>
  useSyncExternalStore(store.subscribe, () => choose(store.snapshot()));
