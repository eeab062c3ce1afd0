import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unnamed } from '../../src/platform/database/index.ts';
import type { TestServer } from '../harness.ts';
import { actorKinds, allowedMoves, commandNames, rules, statuses } from './model.ts';
import { findMismatches, pairs } from './raw-moves.ts';
import { disagreements, openScene } from './scene.ts';
import { situations } from './situations.ts';
import { doIn, openStage, perform, type Trial, tentatively } from './stage.ts';
import { lookText, type Stored } from './stored.ts';
import {
  type Action,
  beginning,
  type Deed,
  decide,
  happen,
  type Landmark,
  type Stand,
  walk,
} from './walk.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await openStage(beginning());
});
afterAll(() => anteroom.close());

describe('the fifteen moves', () => {
  it('are fifteen of forty-two, each from one status to another', () => {
    expect(pairs).toHaveLength(49);
    expect(new Set(allowedMoves.map(String)).size).toBe(15);
    expect(allowedMoves.filter(([from, to]) => from === to)).toEqual([]);
  });

  it('and staying are all that the database lets the server’s own role do', async () => {
    const { testDatabase, organisations } = anteroom;
    expect(await findMismatches(testDatabase, organisations[0].id)).toEqual([]);
  });
});

/** The moments at which every command is tried; only those still to come in a situation. */
const moments: readonly [Landmark, number][] = [
  ['opens', -1],
  ['opens', 0],
  ['absent', -1],
  ['absent', 0],
  ['starts', 80],
  ['closes', -1],
  ['closes', 0],
  ['undecided', -1],
  ['undecided', 0],
];

const tried: readonly Exclude<Action, { does: 'repeat' }>[] = [
  ...commandNames.flatMap((name) =>
    actorKinds.flatMap((by) => [
      { does: 'command' as const, name, by, insists: 'no' as const, reason: 'why' },
      { does: 'command' as const, name, by, insists: 'stale' as const, reason: 'why' },
      { does: 'command' as const, name, by, insists: 'current' as const, reason: null },
    ]),
  ),
  ...[
    {},
    { name: 'Ada Example' },
    { name: 'Somebody Else' },
    { minutes: 45 },
    { movesBy: 24 * 60 },
    { movesBy: -48 * 60 },
    ...statuses.map((status) => ({ status })),
    { name: 'Somebody Else', status: 'cancelled' as const },
    { movesBy: 24 * 60, status: 'waiting' as const },
  ].map((fields) => ({ does: 'patch' as const, insists: 'no' as const, ...fields })),
  ...(['stale', 'current'] as const).flatMap((insists) =>
    [{ name: 'Somebody Else' }, { status: 'cancelled' as const }].map((fields) => ({
      does: 'patch' as const,
      insists,
      ...fields,
    })),
  ),
];

/** Nobody may let these actors do this, in whatever state; it is enough to look once after all. */
const isNobodys = ({ action }: Deed) =>
  action.does === 'command' && !rules[action.name].by.includes(action.by);

/** What of this deed's outcome is not as the model says; undoes it. */
async function compare(trial: Trial, id: string, deed: Deed, stand: Stand, before: Stored) {
  const wanted = happen(deed, stand);
  const isChange = wanted.outcome === 'changed';
  const attempt = async () => ({
    answered: await doIn(trial, anteroom.organisations[0].id, id, deed),
    after: isNobodys(deed) ? before : await trial.one(unnamed<Stored>(lookText), [id]),
  });
  const { answered, after } = isChange ? await trial.undo(attempt) : await attempt();
  if (!after) throw new Error('the row is gone');
  return disagreements(wanted, answered, before, after);
}

const nameOf = ([landmark, minutes]: (typeof moments)[number]) => `${landmark} ${minutes}`;

/** The moments still to come, each with how things stand then. */
function momentsAfter(stand: Stand) {
  return moments
    .map((moment) => {
      const [landmark, minutes] = moment;
      const deed = decide({ does: 'waitFor', landmark, minutes }, stand);
      return { name: nameOf(moment), deed, moment: happen(deed, stand).after };
    })
    .filter(({ moment }) => moment.now > stand.now);
}

describe('every command by every actor', () => {
  it.each(Object.entries(situations))('does as the contract says when %s', async (_, actions) => {
    const scene = await openScene(anteroom);
    await scene.does(...actions);
    const before = await scene.stored();
    const mismatches: string[] = [];
    for (const { name, deed: waiting, moment } of momentsAfter(scene.stand())) {
      await perform(anteroom, scene.id, waiting, scene.stand());
      await tentatively(anteroom, async (trial) => {
        for (const action of tried) {
          const wrong = await compare(trial, scene.id, decide(action, moment), moment, before);
          mismatches.push(...wrong.map((what) => `${name}: ${what}`));
        }
        const left = await trial.one(unnamed<Stored>(lookText), [scene.id]);
        if (left?.bytes !== before.bytes) mismatches.push('somebody changed what nobody may');
      });
    }
    expect(mismatches).toEqual([]);
    expect((await scene.stored()).bytes).toBe(before.bytes);
  });

  it('makes each of the fifteen moves in some situation', () => {
    const made = new Set<string>();
    for (const actions of Object.values(situations)) {
      for (const { moment } of momentsAfter(walk(actions).at(-1)?.after ?? beginning())) {
        for (const action of tried) {
          const { before, after, events } = happen(decide(action, moment), moment);
          const pair = [before.appointment.status, after.appointment.status];
          if (events.length === 1) made.add(pair.join(' -> '));
        }
      }
    }
    for (const move of allowedMoves) expect(made).toContain(move.join(' -> '));
  });
});
