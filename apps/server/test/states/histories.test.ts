import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, type TestAnswer, type TestServer } from '../harness.ts';
import { histories } from './generator.ts';
import { liveThrough, runHistories } from './histories.ts';
import { brokenBy } from './invariants.ts';
import { allowedMoves, day, type Modelled, type Rules, rules } from './model.ts';
import { effects, untrue } from './replay.ts';
import { openScene } from './scene.ts';
import { command, noShow, situations, waiting } from './situations.ts';
import { openStage } from './stage.ts';
import { beginning, type Happening, sweep, walk } from './walk.ts';

/** The same histories every time; nightly runs take others. */
const seed = 20250819;
const runsInMemory = 20_000;
const runsOnDatabase = 300;

const namesOf = (moves: readonly (readonly [string, string])[]) =>
  moves.map((move) => move.join(' -> ')).sort();

describe('the model', () => {
  it('keeps I1 to I6, I8 in 20,000 histories, and makes each of the fifteen moves', () => {
    const moves = new Set<string>();
    fc.assert(
      fc.property(histories, (actions) => {
        const history = walk(actions);
        for (const { before, after, events } of history) {
          const [from, to] = [before.appointment.status, after.appointment.status];
          if (from !== to && events.length === 1) moves.add(`${from} -> ${to}`);
        }
        expect(brokenBy(history)).toEqual([]);
      }),
      { seed, numRuns: runsInMemory },
    );
    expect([...moves].sort()).toEqual(namesOf(allowedMoves));
  });

  it('comes to an end by time alone from wherever a history leaves it (I9)', () => {
    const finals = ['completed', 'cancelled', 'no_show'];
    fc.assert(
      fc.property(histories, (actions) => {
        // Every process is gone some day.
        const last = walk(actions).at(-1)?.after ?? beginning();
        const gone = { connectedAt: null, leftAt: null, lasts: false };
        const { agent = gone, claimant = gone } = last.appointment;
        let left: Modelled = {
          ...last.appointment,
          agent: { ...agent, lasts: false },
          claimant: { ...claimant, lasts: false },
        };
        for (let days = 0; days <= 12; days++) left = sweep(left, last.now + days * day).after;
        expect(finals).toContain(left.status);
      }),
      { seed, numRuns: runsInMemory / 10 },
    );
  });

  const weakened: [string, Partial<Rules>][] = [
    ['I1', { leave: { ...rules.leave, from: ['waiting', 'cancelled', 'on_hold'] } }],
    ['I2', { arrive: { ...rules.arrive, from: ['scheduled', 'cancelled'] } }],
    ['I3', { markNoShow: { ...rules.markNoShow, when: () => true } }],
    ['I4', { start: { ...rules.start, sets: (_, now) => ({ startedAt: now }) } }],
    ['I4', { cancel: { ...rules.cancel, when: () => true } }],
    ['I5', { putBack: { ...rules.putBack, from: ['in_progress', 'on_hold'] } }],
    ['I5', { hold: { ...rules.hold, sets: () => ({}) } }],
  ];

  it.each(weakened)('is seen to break %s where one of its rules is weaker', (name, weaker) => {
    const broken = new Set<string>();
    const check = fc.property(histories, (actions) => {
      for (const what of brokenBy(walk(actions, beginning(), { ...rules, ...weaker }))) {
        broken.add(what.slice(0, 2));
      }
    });
    fc.assert(check, { seed, numRuns: runsInMemory / 10 });
    expect([...broken]).toContain(name);
  });

  it('is seen to break I6 and I8 where a version or an event is missing', () => {
    const history = walk(waiting);
    const tampered = (changes: Partial<Happening>) =>
      history.map((happening) => ({ ...happening, ...changes }));
    expect(brokenBy(history)).toEqual([]);
    expect(brokenBy(tampered({ events: [] }))).toContain('I6 one version for each change');
    expect(brokenBy(tampered({ outcome: 'unchanged' }))).toContain('I8 one event each');
  });
});

describe('the server', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await openStage(beginning());
  });
  afterAll(() => anteroom.close());

  it('does as the model in 300 histories, step by step', { timeout: 120_000 }, async () => {
    const moves = await runHistories(anteroom, { runs: runsOnDatabase, seed });
    for (const move of namesOf(allowedMoves)) expect(moves).toContain(move);
  });

  it('is found out when it does otherwise', async () => {
    const { testDatabase } = anteroom;
    const first = beginning(Date.parse('2040-01-02T10:00:00Z'));
    const actions = [...noShow, command('agent', 'correct')];
    expect((await liveThrough(anteroom, actions, first)).wrong).toEqual([]);
    await testDatabase.query(`
      create function meddle() returns trigger language plpgsql as
        $$ begin new.version := new.version + 1; return new; end $$`);
    await testDatabase.query(`
      create trigger meddling before update on appointments
        for each row when (new.status = 'scheduled') execute function meddle()`);
    const { wrong } = await liveThrough(anteroom, actions, first);
    await testDatabase.query('drop trigger meddling on appointments');
    expect(wrong).toEqual([expect.stringContaining('version is 4 and should be 3')]);
  });

  it('tells in its events all that the row holds, and a wrong event is seen (I7)', async () => {
    const types = Object.keys(effects).filter((type) => type !== 'appointment.scheduled');
    const unseen: string[] = [];
    let startsAt = Date.parse('2050-01-03T10:00:00Z');
    for (const [name, actions] of Object.entries(situations)) {
      const scene = await openScene(anteroom, beginning(startsAt));
      await scene.does(...actions);
      startsAt += 30 * day;
      const { row, events } = await scene.stored();
      expect(untrue(row, events)).toEqual([]);
      const last = events.slice(1).at(-1);
      for (const type of types.filter((other) => last && other !== last.type)) {
        const told = events.map((event) => (event === last ? { ...event, type } : event));
        if (untrue(row, told).length === 0) unseen.push(`${name}: ${last?.type} as ${type}`);
      }
    }
    expect(unseen).toEqual([]);
  });
});

describe('a repeated request (I18)', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await openStage(beginning());
  });
  afterAll(() => anteroom.close());

  /** Everything that a request can change, as text. */
  async function everything(): Promise<string> {
    const tables = ['appointments', 'events', 'idempotency_keys', 'calls'];
    const texts: string[] = [];
    for (const table of tables) {
      const rows = await anteroom.testDatabase.query<{ text: string }>(
        `select t::text as text from ${table} t order by t::text`,
      );
      texts.push(`${table}: ${rows.map(({ text }) => text).join('\n')}`);
    }
    return texts.join('\n');
  }

  const shown = ({ status, text, headers }: TestAnswer) => [status, text, headers.get('etag')];

  const repeated = fc.record({
    retries: fc.integer({ min: 1, max: 5 }),
    together: fc.boolean(),
    name: fc.constantFrom('Ada Example', 'Zoë Ångström'),
    cancels: fc.boolean(),
  });

  it('leaves the database as one request does, and is answered the same', async () => {
    const sent = async (times: number, together: boolean, send: () => Promise<TestAnswer>) => {
      if (together) return Promise.all(Array.from({ length: times }, send));
      const answers: TestAnswer[] = [];
      for (let time = 1; time <= times; time++) answers.push(await send());
      return answers;
    };
    await fc.assert(
      fc.asyncProperty(repeated, async ({ retries, together, name, cancels }) => {
        const body = appointmentBody({
          appointment_at: '2026-03-02T10:00:00Z',
          claimant: { name },
        });
        const key = { 'idempotency-key': randomUUID() };
        const create = () => anteroom.call('POST', '/api/v1/appointments', { body, headers: key });
        const first = await create();
        const path = `/api/v1/appointments/${first.json.data.id}/cancel`;
        const cancel = () => anteroom.call('POST', path, { body: {}, headers: key });
        const firstCancel = cancels ? await cancel() : null;
        const before = await everything();
        for (const answer of await sent(retries, together, create)) {
          expect(shown(answer)).toEqual(shown(first));
          expect(answer.headers.get('idempotency-replayed')).toBe('true');
        }
        if (firstCancel) {
          for (const answer of await sent(retries, together, cancel)) {
            expect(shown(answer)).toEqual(shown(firstCancel));
          }
        }
        expect(await everything()).toBe(before);
      }),
      { seed, numRuns: 40 },
    );
  });

  it('that came first several times at once makes what one would have made', async () => {
    const countOf = async (table: string) =>
      (await anteroom.testDatabase.query(`select from ${table}`)).length;
    for (let round = 1; round <= 20; round++) {
      const body = appointmentBody({ appointment_at: '2026-03-02T10:00:00Z' });
      const headers = { 'idempotency-key': randomUUID() };
      const before = [await countOf('appointments'), await countOf('events')];
      const create = () => anteroom.call('POST', '/api/v1/appointments', { body, headers });
      const answers = await Promise.all([create(), create(), create()]);
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      const after = [await countOf('appointments'), await countOf('events')];
      expect(after).toEqual(before.map((count) => count + 1));
    }
  });
});
