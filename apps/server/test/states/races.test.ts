import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, type TestAnswer, type TestServer } from '../harness.ts';
import { hour } from './model.ts';
import { explains, late, lateCommands, one, type Raced, type Single } from './raced.ts';
import { openScene } from './scene.ts';
import { command, inProgress, wait } from './situations.ts';
import { type Answered, openStage, perform } from './stage.ts';
import { look, type Stored } from './stored.ts';
import { type Action, beginning, type Deed, decide } from './walk.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await openStage(beginning());
});
afterAll(() => anteroom.close());

const rounds = 100;

const permutations = <Item>(items: readonly Item[]): Item[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) =>
        permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
      );

/** All these at once, in a different order of setting out each round. */
async function race(
  situation: readonly Action[],
  actions: readonly Single[],
  round: number,
): Promise<Raced> {
  const scene = await openScene(anteroom);
  await scene.does(...situation);
  const stand = scene.stand();
  const turn = round % actions.length;
  const deeds = [...actions.slice(turn), ...actions.slice(0, turn)].map((action) =>
    decide(action, stand),
  );
  const answers = new Map<Deed, Answered>();
  await Promise.all(
    deeds.map(async (deed) => answers.set(deed, await perform(anteroom, scene.id, deed, stand))),
  );
  return { answers, stored: await look(anteroom, scene.id), stand };
}

const versionsOf = ({ events }: Stored) => events.map(({ version }) => version);
const upTo = (version: unknown) => Array.from({ length: Number(version) }, (_, index) => index + 1);

describe('five commands at once', () => {
  it('that insist on the version they saw have exactly one winner', async () => {
    const actions = lateCommands.map((action) => one(action, 'current'));
    for (let round = 1; round <= rounds; round++) {
      const { answers, stored } = await race(late, actions, round);
      const won = [...answers].filter(([, answered]) => answered === 'ok').map(([deed]) => deed);
      expect(won.map(({ action }) => action)).toHaveLength(1);
      expect(stored.row.version).toBe(2);
      expect(versionsOf(stored)).toEqual([1, 2]);
    }
  });

  const races: [string, readonly Action[], readonly Single[]][] = [
    [
      'when nobody has come yet',
      late,
      lateCommands.map((action) => one(action, 'movesBy' in action ? 'current' : 'no')),
    ],
    [
      'in a call that two agents look after',
      [...inProgress, wait(5)],
      (['hold', 'putBack', 'end', 'end', 'hold'] as const).map((name) =>
        one(command('agent', name), 'no'),
      ),
    ],
  ];

  it.each(races)('%s do as if they came one after another', async (_, situation, actions) => {
    for (let round = 1; round <= rounds; round++) {
      const raced = await race(situation, actions, round);
      const orders = permutations([...raced.answers.keys()]);
      const said = [...raced.answers].map(([deed, answered]) => [deed.action, answered]);
      expect(orders.some((order) => explains(order, raced)) ? [] : said).toEqual([]);
      expect(versionsOf(raced.stored)).toEqual(upTo(raced.stored.row.version));
    }
  });

  it('never make a no-show of somebody who has arrived', async () => {
    for (let round = 1; round <= rounds; round++) {
      const actions: Action[] = [
        command('claimant', 'arrive'),
        command('agent', 'markNoShow'),
        { does: 'patch', insists: 'no', status: 'no_show' },
        { does: 'patch', insists: 'no', status: 'waiting' },
        command('claimant', 'leave'),
      ];
      const { stored } = await race(
        late,
        actions.map((action) => one(action, 'no')),
        round,
      );
      const types = stored.events.map(({ type }) => type);
      const arrived = types.indexOf('appointment.arrived');
      const marked = types.lastIndexOf('appointment.marked_no_show');
      expect(arrived === -1 || marked < arrived).toBe(true);
    }
  });
});

describe('one request sent many times at once', () => {
  const post = (path: string, key: string, body: object, as = anteroom.organisations[0]) =>
    anteroom.call('POST', path, { body, as, headers: { 'idempotency-key': key } });

  /** All of them the same answer, or told that the first is still running; some answered. */
  function expectOneAnswer(answers: readonly TestAnswer[], status: number): string {
    const texts = new Set(answers.filter((one) => one.status === status).map(({ text }) => text));
    const others = answers.filter((one) => one.status !== status);
    expect(others.filter(({ json }) => json.code !== 'idempotency_in_progress')).toEqual([]);
    expect(texts.size).toBe(1);
    return [...texts][0] ?? '';
  }

  it('makes one appointment, of two hundred; all answers are the same bytes', async () => {
    const { now, appointment } = beginning();
    await anteroom.setClock(new Date(now).toISOString());
    const body = appointmentBody({ appointment_at: new Date(appointment.startsAt).toISOString() });
    const key = randomUUID();
    const sent = Array.from({ length: 200 }, () => post('/api/v1/appointments', key, body));
    const text = expectOneAnswer(await Promise.all(sent), 201);
    const stored = await anteroom.testDatabase.query(
      `select a.id, (select count(*)::integer from events e where e.appointment_id = a.id) as events
       from appointments a where reference = $1`,
      [body.reference],
    );
    expect(stored).toEqual([{ id: JSON.parse(text).data.id, events: 1 }]);

    const other = await post('/api/v1/appointments', key, body, anteroom.organisations[1]);
    expect(other.status).toBe(201);
    expect(other.json.data.id).not.toBe(stored[0]?.id);
  });

  it('cancels once, of fifty; all answers are the same bytes', async () => {
    const scene = await openScene(anteroom, beginning(beginning().appointment.startsAt + hour));
    const path = `/api/v1/appointments/${scene.id}/cancel`;
    const key = randomUUID();
    const body = { cancellation_reason: 'why' };
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(path, key, body)));
    expectOneAnswer(answers, 200);
    const { row, events } = await scene.stored();
    expect(row).toMatchObject({ status: 'cancelled', version: 2 });
    expect(events).toHaveLength(2);
  });
});
