// Random histories on the real database, each step compared with the model (threats D3).

import fc from 'fast-check';
import type { TestServer } from '../harness.ts';
import { histories } from './generator.ts';
import { brokenBy } from './invariants.ts';
import { day, type Status } from './model.ts';
import { untrue } from './replay.ts';
import { doAndCompare } from './scene.ts';
import { make } from './stage.ts';
import { look, type Stored } from './stored.ts';
import {
  type Action,
  beginning,
  deedsOf,
  firstStart,
  type Happening,
  happen,
  type Stand,
} from './walk.ts';

/** What must be true of the stored history as a whole (I1, I6 to I8). */
function brokenIn({ row, events }: Stored, personal: readonly string[]): string[] {
  const broken = untrue(row, events).map((what) => `I7 ${what}`);
  const versions = events.map(({ version }) => version);
  if (versions.some((version, index) => version !== index + 1)) {
    broken.push(`I6 the versions of the events are ${versions}`);
  }
  if (row.version !== events.length) broken.push(`I8 version ${row.version} of ${events.length}`);
  const text = JSON.stringify(events);
  for (const value of personal) {
    if (text.includes(value)) broken.push(`an event holds a personal value: ${value}`);
  }
  return broken;
}

export interface Ran {
  wrong: string[];
  history: Happening[];
}

/** Lives through one history on the server; stops where it first goes wrong. */
export async function liveThrough(
  anteroom: TestServer,
  actions: readonly Action[],
  first: Stand,
): Promise<Ran> {
  let stand = first;
  const id = await make(anteroom, stand);
  let stored = await look(anteroom, id);
  const history: Happening[] = [];
  for (const deedIn of deedsOf(actions)) {
    const deed = deedIn(stand);
    history.push(happen(deed, stand));
    const done = await doAndCompare(anteroom, id, deed, stand, stored);
    if (done.wrong.length > 0) return { wrong: done.wrong, history };
    ({ stand, after: stored } = done);
  }
  const personal = ['Ada Example', 'Somebody Else', 'words of somebody'];
  return { wrong: [...brokenIn(stored, personal), ...brokenBy(history)], history };
}

/** Runs this many histories; answers the moves made. Throws with the smallest that fails. */
export async function runHistories(
  anteroom: TestServer,
  { runs, seed }: { runs: number; seed?: number },
): Promise<Set<string>> {
  const moves = new Set<string>();
  let startsAt = firstStart;
  await fc.assert(
    fc.asyncProperty(histories, async (actions) => {
      const { wrong, history } = await liveThrough(anteroom, actions, beginning(startsAt));
      // The clock goes on from where this history has left it: it never goes back.
      const until = history.at(-1)?.after.now ?? startsAt;
      startsAt = (Math.floor(until / day) + 2) * day + (firstStart % day);
      for (const { before, after } of history) {
        const pair: [Status, Status] = [before.appointment.status, after.appointment.status];
        moves.add(pair.join(' -> '));
      }
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
  return moves;
}
