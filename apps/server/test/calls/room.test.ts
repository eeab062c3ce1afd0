import { type CallRole, defaultFeatures, type FromPage, type Status } from '@anteroom/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Effect,
  emptyRoom,
  type Facts,
  type RoomMessage,
  type RoomState,
  snapshotFor,
  step,
} from '../../src/calls/room.ts';

const now = '2030-06-12T11:00:00.000000Z';

const factsWith = (changes: Partial<Facts> = {}): Facts => ({
  id: 'appointment',
  version: 1,
  revision: 1,
  status: 'waiting',
  isFinal: false,
  appointmentAt: now,
  durationInMinutes: 30,
  features: defaultFeatures,
  isAdmitted: false,
  arrivedAt: now,
  sessionStartedAt: null,
  hold: null,
  message: null,
  ...changes,
});

const ids = ['a', 'b', 'c', 'd'];
const id = fc.constantFrom(...ids);
/** Who somebody is goes with their id, as it goes with their ticket. */
const roles: Record<string, CallRole> = {
  a: 'agent',
  b: 'claimant',
  c: 'claimant',
  d: 'interpreter',
};

const frame: fc.Arbitrary<FromPage> = fc.oneof(
  fc.record({
    type: fc.constant('signal' as const),
    to: id,
    description: fc.constant({ type: 'offer' as const, sdp: 'x' }),
  }),
  fc.record({ type: fc.constant('media' as const), is_connected: fc.boolean() }),
  fc.record({
    type: fc.constantFrom('admit', 'resume', 'put_back', 'end', 'take_seat'),
    ref: fc.nat(9),
  }) as fc.Arbitrary<FromPage>,
  fc.record({ type: fc.constant('hold' as const), reason: fc.constant(null), ref: fc.nat(9) }),
);

const message: fc.Arbitrary<RoomMessage> = fc.oneof(
  id.map((one) => ({
    type: 'joined' as const,
    person: {
      id: one,
      role: roles[one] as CallRole,
      personId: one,
      sessionId: one,
      name: one,
      hasMedia: false,
    },
  })),
  id.map((one) => ({ type: 'left' as const, id: one })),
  fc.record({ type: fc.constant('said' as const), id, frame }),
  fc
    .record({
      version: fc.integer({ min: 1, max: 20 }),
      status: fc.constantFrom<Status>('waiting', 'in_progress', 'on_hold', 'scheduled'),
      isAdmitted: fc.boolean(),
    })
    .map((changes) => ({ type: 'read' as const, facts: factsWith(changes) })),
  fc.constant({ type: 'rotated' as const }),
);

const isLetIn = (state: RoomState, one: string) =>
  roles[one] !== 'claimant' || (state.facts.isAdmitted && state.seat === one);

/** What is wrong with what a message did, one sentence each. */
function faultsOf(before: RoomState, asked: RoomMessage, after: RoomState, effects: Effect[]) {
  const faults: string[] = [];
  const claimants = after.people.filter(({ role }) => role === 'claimant');
  const present = new Set(after.people.map((person) => person.id));
  if (new Set(present).size !== after.people.length) faults.push('somebody is there twice');
  if (claimants.length > 0 !== (after.seat !== null)) faults.push('a seat without a claimant');
  if (after.seat && !claimants.some((one) => one.id === after.seat)) faults.push('a foreign seat');
  if (after.connected.claimant && !isLetIn(after, after.connected.claimant)) {
    faults.push('media of somebody who was not let in count');
  }
  for (const { id: one, role } of after.people) {
    const seen = snapshotFor(after, one, now).people.filter((person) => person.id !== one);
    if (role !== 'claimant') continue;
    if (!isLetIn(after, one) && seen.length > 0) faults.push(`${one} sees somebody`);
    if (seen.some((person) => person.role === 'claimant')) faults.push('claimants see each other');
  }
  for (const effect of effects) {
    if (effect.do === 'command' && effect.by.role !== 'agent')
      faults.push('not the agent commands');
    if (effect.do !== 'send') continue;
    const { to, message: said } = effect;
    if (![...before.people, ...after.people].some((person) => person.id === to)) {
      faults.push('nobody is spoken to');
    }
    if (said.type !== 'signal') continue;
    const from = asked.type === 'said' ? asked.id : '';
    if (!isLetIn(before, from) || !isLetIn(before, to)) faults.push('a word passed the door');
  }
  return faults;
}

function run(messages: readonly RoomMessage[]) {
  let state = emptyRoom(factsWith());
  const faults: string[] = [];
  for (const one of messages) {
    const { state: next, effects } = step(state, one, now);
    faults.push(...faultsOf(state, one, next, effects));
    state = next;
  }
  return { state, faults };
}

describe('a room', () => {
  it('has one seat, and a door that nothing passes, whatever is said in whatever order', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 40 }),
        (messages) => run(messages).faults.length === 0,
      ),
      { numRuns: 3_000 },
    );
  });

  it('is empty once its appointment is final or another revision', () => {
    const over = [{ isFinal: true, status: 'completed' as const }, { revision: 2 }];
    fc.assert(
      fc.property(fc.array(message), fc.constantFrom(...over), (messages, change) => {
        const { state } = run(messages);
        const facts = factsWith({ version: 99, ...change });
        const ended = step(state, { type: 'read', facts }, now);
        expect(ended.state.people).toEqual([]);
        expect(ended.state.connected).toEqual({ agent: null, claimant: null });
        for (const person of state.people) {
          expect(ended.effects).toContainEqual({ do: 'close', to: person.id, code: 4002 });
        }
      }),
    );
  });

  it('does not believe what was read before what it knows', () => {
    const { state } = step(
      emptyRoom(factsWith({ version: 5 })),
      { type: 'read', facts: factsWith({ version: 4, status: 'scheduled' }) },
      now,
    );
    expect(state.facts.status).toBe('waiting');
  });
});
