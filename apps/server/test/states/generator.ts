// Random histories: a way into some situation, then anything by anybody.

import fc from 'fast-check';
import { actorKinds, commandNames, rules, statuses } from './model.ts';
import { at, command, joins, leaves, situations, sweep } from './situations.ts';
import type { Action } from './walk.ts';

const insists = fc.constantFrom('no', 'no', 'no', 'current', 'current', 'stale');
const reason = fc.constantFrom('words of somebody', 'words of somebody', null);
const side = fc.constantFrom('agent', 'claimant');

const theirs = fc.constantFrom(...commandNames).chain((name) =>
  fc.record({
    does: fc.constant('command'),
    name: fc.constant(name),
    by: fc.constantFrom(...rules[name].by),
    insists,
    reason,
  }),
);

const anybodys = fc.record({
  does: fc.constant('command'),
  name: fc.constantFrom(...commandNames),
  by: fc.constantFrom(...actorKinds),
  insists,
  reason,
});

const patch = fc.record(
  {
    does: fc.constant('patch'),
    insists,
    name: fc.constantFrom('Ada Example', 'Somebody Else'),
    minutes: fc.constantFrom(30, 45),
    movesBy: fc.constantFrom(0, 30, 24 * 60, -60, -48 * 60),
    status: fc.constantFrom(...statuses),
  },
  { requiredKeys: ['does', 'insists'] },
);

const wait = fc.record({
  does: fc.constant('wait'),
  minutes: fc.constantFrom(1, 5, 9, 10, 59, 60, 24 * 60),
});

const waitFor = fc.record({
  does: fc.constant('waitFor'),
  landmark: fc.constantFrom('opens', 'starts', 'absent', 'closes', 'undecided'),
  minutes: fc.constantFrom(-1, 0, 0, 1),
});

const single: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: theirs },
  { weight: 1, arbitrary: anybodys },
  { weight: 3, arbitrary: patch },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('rotate'), insists }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('connect'), side, lasts: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('disconnect'), side }) },
  { weight: 1, arbitrary: wait },
  { weight: 1, arbitrary: waitFor },
  { weight: 1, arbitrary: fc.constant({ does: 'sweep' } as const) },
  { weight: 2, arbitrary: fc.constant({ does: 'repeat' } as const) },
);

/** What often follows each other, so that histories get somewhere. */
const courses: readonly (readonly Action[])[] = [
  [at('opens'), command('claimant', 'arrive')],
  [command('agent', 'admit'), joins('agent'), joins('claimant')],
  [joins('claimant', false), joins('agent'), command('agent', 'admit'), joins('agent')],
  [command('agent', 'hold'), command('agent', 'resume')],
  [command('agent', 'putBack'), command('agent', 'admit'), joins('agent')],
  [at('absent'), command('agent', 'markNoShow'), command('agent', 'correct')],
  [leaves('agent'), leaves('claimant'), sweep],
];

const some = fc.oneof(
  { weight: 4, arbitrary: single.map((action) => [action]) },
  { weight: 1, arbitrary: fc.constantFrom(...courses) },
);

const beginnings = [[], [], [], ...Object.values(situations)];

export const histories: fc.Arbitrary<Action[]> = fc
  .tuple(fc.constantFrom(...beginnings), fc.array(some, { maxLength: 20, size: 'max' }))
  .map(([first, rest]) => [...first, ...rest.flat()]);
