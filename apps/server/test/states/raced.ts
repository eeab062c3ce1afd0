// Commands that race for one appointment, and what may come of it.

import { at, command } from './situations.ts';
import type { Answered } from './stage.ts';
import { differences, type Stored } from './stored.ts';
import { type Action, type Deed, happen, type Stand } from './walk.ts';

export type Single = Exclude<Action, { does: 'repeat' }>;

export const one = (action: Action, insists: 'no' | 'current'): Single => {
  if (action.does !== 'command' && action.does !== 'patch') throw new Error('no command');
  return { ...action, insists };
};

/** Twenty minutes after the start, with nobody there yet. */
export const late = [at('starts', 20)];
export const lateCommands: readonly Action[] = [
  command('api', 'cancel'),
  command('claimant', 'arrive'),
  { does: 'patch', insists: 'no', status: 'no_show' },
  { does: 'patch', insists: 'no', movesBy: 24 * 60 },
  { does: 'patch', insists: 'no', status: 'cancelled' },
];

export interface Raced {
  answers: Map<Deed, Answered>;
  stored: Stored;
  stand: Stand;
}

/** True when one after another, in this order, they would have been answered and ended the same. */
export function explains(order: readonly Deed[], { answers, stored, stand }: Raced): boolean {
  let now = stand;
  for (const deed of order) {
    const { outcome, after } = happen(deed, now);
    const answered = outcome === 'changed' || outcome === 'unchanged' ? 'ok' : outcome;
    if (answers.get(deed) !== answered) return false;
    now = after;
  }
  return differences(stored.row, now.appointment).length === 0;
}
