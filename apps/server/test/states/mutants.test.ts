import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../harness.ts';
import { allowedMoves, isAllowed } from './model.ts';
import { findMismatches, misfits, pairs } from './raw-moves.ts';

type Move = readonly [string, string];

const nameOf = ([from, to]: Move) => `${from} -> ${to}`;

let anteroom: TestServer;
let original: string;
beforeAll(async () => {
  anteroom = await startTestServer();
  const [row] = await anteroom.testDatabase.query<{ text: string }>(
    `select pg_get_functiondef('refuse_forbidden_move'::regproc) as text`,
  );
  original = row?.text ?? '';
});
afterAll(() => anteroom.close());

const listed = /(not in \()([^;]*?)(\) then)/;

function movesOf(text: string): Move[] {
  const list = listed.exec(text)?.[2] ?? '';
  return [...list.matchAll(/\('(\w+)', '(\w+)'\)/g)].map(([, from = '', to = '']) => [from, to]);
}

const withMoves = (moves: readonly Move[]) =>
  original.replace(listed, `$1${moves.map(([from, to]) => `('${from}', '${to}')`).join(', ')}$3`);

/** What the check of the pairs says of the database with this function in place of its own. */
async function examine(text: string): Promise<string[]> {
  const { testDatabase, organisations } = anteroom;
  await testDatabase.query(text);
  const mismatches = await findMismatches(testDatabase, organisations[0].id);
  await testDatabase.query(original);
  return mismatches;
}

describe('the check of all pairs of statuses', () => {
  const forbidden = pairs.filter(([from, to]) => from !== to && !isAllowed(from, to));
  const drops = allowedMoves.map((move) => [nameOf(move), move] as const);
  const additions = forbidden.map((move) => [nameOf(move), move] as const);

  it('finds nothing where nothing was changed', async () => {
    expect(movesOf(original)).toHaveLength(15);
    expect(await examine(withMoves(movesOf(original)))).toEqual([]);
  });

  it.each(drops)('finds that %s was dropped', async (name, dropped) => {
    const rest = movesOf(original).filter((move) => nameOf(move) !== nameOf(dropped));
    expect(rest).toHaveLength(14);
    const [mismatch] = await examine(withMoves(rest));
    expect(mismatch).toBe(`${name} was refused by allowed_moves`);
  });

  it.each(additions)('finds that %s was added', async (name, added) => {
    const mismatches = await examine(withMoves([...movesOf(original), added]));
    // Where a call would be undone, the times do not fit either, and say so.
    expect(mismatches).toHaveLength(1);
    expect(mismatches[0]).toMatch(`${name} was `);
  });

  it('finds that the trigger is off', async () => {
    const { testDatabase, organisations } = anteroom;
    const turn = (how: string) =>
      testDatabase.query(`alter table appointments ${how} trigger allowed_moves`);
    await turn('disable');
    const mismatches = await findMismatches(testDatabase, organisations[0].id);
    await turn('enable');
    expect(mismatches).toHaveLength(forbidden.length + misfits.length);
  });

  it('finds each condition on the times that was dropped', async () => {
    const [, head = '', body = '', tail = ''] =
      /^([\s\S]*?\n {2}if )(\(new\.status = 'waiting'[\s\S]*?)(\n {2}then[\s\S]*)$/.exec(
        original,
      ) ?? [];
    const conditions = body.split(/\n\s+or /);
    expect(conditions).toHaveLength(11);
    const survivors: string[] = [];
    for (const dropped of conditions) {
      const rest = conditions.filter((condition) => condition !== dropped);
      const mismatches = await examine(head + rest.join('\n    or ') + tail);
      if (mismatches.length === 0) survivors.push(dropped);
    }
    expect(survivors).toEqual([]);
  });
});
