import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type OrganisationDatabase,
  openDatabase,
  type Runner,
  type Statement,
} from '../../src/platform/database/index.ts';
import { eventually, type TestServer } from '../harness.ts';
import { explains, late, lateCommands, one, type Raced } from './raced.ts';
import { openScene } from './scene.ts';
import { command } from './situations.ts';
import { type Answered, doIn, openStage } from './stage.ts';
import { look } from './stored.ts';
import { type Action, beginning, type Deed, decide } from './walk.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await openStage(beginning());
});
afterAll(() => anteroom.close());

type Weaken = (database: OrganisationDatabase) => OrganisationDatabase;

/**
 * Lets two commands meet: each goes through a door of its own, as from two servers, and waits for the
 * row that somebody else holds, the second behind the first. Then the row is let go of.
 */
async function meet(
  actions: readonly Action[],
  insists: 'no' | 'current',
  weaken: Weaken = (database) => database,
): Promise<{ raced: Raced; order: Deed[] }> {
  const scene = await openScene(anteroom);
  await scene.does(...late);
  const stand = scene.stand();
  const order = actions.map((action) => decide(one(action, insists), stand));
  const { testDatabase, organisations } = anteroom;
  const outside = new Client({ connectionString: testDatabase.superuserUrl });
  await outside.connect();
  // New doors know no command yet, and what is not known does not travel with others.
  const doors = await Promise.all(
    order.map(() => openDatabase({ url: testDatabase.appUrl, pipelinedConnections: 1 })),
  );
  const answers = new Map<Deed, Answered>();
  try {
    await outside.query('begin');
    await outside.query('select from appointments where id = $1 for update', [scene.id]);
    const working: Promise<void>[] = [];
    for (const [place, deed] of order.entries()) {
      const organisationId = organisations[0].id;
      const runner = weaken((doors[place] as (typeof doors)[number]).in(organisationId));
      working.push(
        doIn(runner, organisationId, scene.id, deed).then((answered) => {
          answers.set(deed, answered);
        }),
      );
      await eventually(async () => {
        const waiting = await testDatabase.query(
          `select from pg_stat_activity where datname = current_database()
             and usename = 'anteroom_app' and wait_event_type = 'Lock'`,
        );
        return waiting.length === place + 1;
      });
    }
    expect(answers.size).toBe(0);
    await outside.query('rollback');
    await Promise.all(working);
  } finally {
    await outside.end();
    await Promise.all(doors.map((door) => door.close()));
  }
  return { raced: { answers, stored: await look(anteroom, scene.id), stand }, order };
}

const nameOf = (action: Action) => {
  if (action.does === 'command') return `${action.by}: ${action.name}`;
  const { does, insists: _, ...fields } = action as Extract<Action, { does: 'patch' }>;
  return `${does} ${JSON.stringify(fields)}`;
};
const meetings = lateCommands.flatMap((first) =>
  lateCommands
    .filter((second) => second !== first)
    .map((second): [string, string, readonly Action[]] => [
      nameOf(first),
      nameOf(second),
      [first, second],
    ]),
);

describe('of two that wait for one appointment, the first to arrive is the first', () => {
  it.each(meetings)('%s before %s, insisting on the version they saw', async (_, __, actions) => {
    const { raced, order } = await meet(actions, 'current');
    expect(order.map((deed) => raced.answers.get(deed))).toEqual(['ok', 'version_mismatch']);
    expect(explains(order, raced)).toBe(true);
    expect(raced.stored.row.version).toBe(2);
    expect(raced.stored.events.map(({ version }) => version)).toEqual([1, 2]);
  });

  it.each(meetings)('%s before %s, as it comes', async (_, __, actions) => {
    const { raced, order } = await meet(actions, 'no');
    expect([explains(order, raced), [...raced.answers.values()]]).toEqual([
      true,
      expect.anything(),
    ]);
  });

  it('which is seen when a build looks first and writes then', async () => {
    // A move that the database refuses by itself would not show it.
    const arrivalThenCancel = [command('claimant', 'arrive'), command('api', 'cancel')];
    const { raced, order } = await meet(arrivalThenCancel, 'current', lookThenWrite);
    expect(order.map((deed) => raced.answers.get(deed))).toEqual(['ok', 'ok']);
    expect(explains(order, raced)).toBe(false);
  });
});

/** A deliberately broken build: it asks whether the command may be, and then does it regardless. */
const lookThenWrite: Weaken = (database) => {
  const weakened = (runner: Runner): Runner => ({
    ...runner,
    one: (asked, values) => runner.one(withoutComparing(asked), values),
  });
  return {
    ...weakened(database),
    transaction: (work) => database.transaction((inner) => work(weakened(inner))),
  };
};

function withoutComparing<Row>(asked: Statement<Row>): Statement<Row> {
  const { name, text } = asked;
  const comparing =
    / where (organisation_id = current_organisation\(\) and id = \$3) and (.+?) returning /;
  // What a look at the appointments says does not change while the row is waited for.
  const looking = ' where $1 and exists (select from appointments where $1 and $2) returning ';
  return { ...asked, name: `${name}_weak`, text: text.replace(comparing, looking) };
}
