import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  answerDeadlineMs,
  describeTimes,
  expectSound,
  type Fault,
  findDisorderly,
  progress,
  runUnderLoad,
  tell,
  timesUntilNormal,
} from './rounds.ts';
import { now } from './strike.ts';

const rounds = 3;
const heldMs = 6_000;

it('ends every call by its deadline while somebody holds the table, and goes on afterwards', async () => {
  const faults: Fault[] = [];
  const outcome = await runUnderLoad({
    async disturb({ installation, load }) {
      for (let round = 1; round <= rounds; round += 1) {
        const outside = await installation.connect();
        await outside.query('begin');
        await outside.query('lock table appointments in access exclusive mode');
        const from = now();
        await delay(heldMs);
        await outside.query('rollback');
        faults.push({ from, to: now() });
        await outside.end();
        await progress(load, 500);
      }
    },
  });
  const recoveriesMs = timesUntilNormal(outcome.failures, faults);
  const { calls, slowestMs, statuses } = outcome;
  tell(describeTimes(`end of a lock of ${heldMs} ms to the last spoilt call`, recoveriesMs));
  tell(`${calls.length} calls, slowest ${Math.round(slowestMs)} ms, ${JSON.stringify(statuses)}`);
  await expectSound(outcome);
  expect(findDisorderly(outcome)).toEqual([]);
  expect(slowestMs).toBeLessThan(answerDeadlineMs);
  expect(Math.max(...recoveriesMs)).toBeLessThan(5_000);
});
