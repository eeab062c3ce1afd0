// One appointment on the real server and in the model at once; every deed is done to both.

import type { TestServer } from '../harness.ts';
import { type Answered, make, perform } from './stage.ts';
import { differences, look, type Stored } from './stored.ts';
import {
  type Action,
  beginning,
  type Deed,
  deedsOf,
  type Happening,
  happen,
  type Stand,
} from './walk.ts';

export interface Scene {
  id: string;
  /** Does all this, one after another; answers what the last of it was answered. */
  does(...actions: readonly Action[]): Promise<Answered>;
  stored(): Promise<Stored>;
  stand(): Stand;
}

/** What of an answer and of what is stored after it is not as the model wants it. */
export function disagreements(
  { deed, outcome, events, after: wanted }: Happening,
  answered: Answered,
  before: Stored,
  after: Stored,
): string[] {
  const isWell = outcome === 'changed' || outcome === 'unchanged';
  const wrong = answered === (isWell ? 'ok' : outcome) ? [] : [`answered ${answered}`];
  if (events.length === 0 && after.bytes !== before.bytes) wrong.push('changed something');
  const told = after.events.slice(before.events.length).map(({ type }) => type);
  if (String(told) !== String(events)) wrong.push(`told ${told.join(', ') || 'nothing'}`);
  wrong.push(...differences(after.row, wanted.appointment));
  return wrong.map((what) => `${JSON.stringify(deed)}, to be ${outcome}: ${what}`);
}

/** Does the deed to the appointment; says what came of it, and what the model wants otherwise. */
export async function doAndCompare(
  anteroom: TestServer,
  id: string,
  deed: Deed,
  stand: Stand,
  before: Stored,
) {
  const wanted = happen(deed, stand);
  const answered = await perform(anteroom, id, deed, stand);
  const after = await look(anteroom, id);
  const wrong = disagreements(wanted, answered, before, after);
  return { answered, after, stand: wanted.after, wrong };
}

/** Makes an appointment; throws as soon as the server and the model disagree about it. */
export async function openScene(anteroom: TestServer, first = beginning()): Promise<Scene> {
  let stand = first;
  const id = await make(anteroom, stand);
  let stored = await look(anteroom, id);
  return {
    id,
    stored: () => look(anteroom, id),
    stand: () => stand,
    async does(...actions) {
      let answered: Answered = 'ok';
      for (const deedIn of deedsOf(actions)) {
        const done = await doAndCompare(anteroom, id, deedIn(stand), stand, stored);
        if (done.wrong.length > 0) throw new Error(done.wrong.join('\n'));
        ({ answered, stand, after: stored } = done);
      }
      return answered;
    },
  };
}
