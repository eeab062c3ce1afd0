import { expect, it } from 'vitest';
import { memoryOf } from './processes.ts';
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
import { strike } from './strike.ts';

const rounds = 3;
const pauseMs = 10_000;

it('ends every call by its deadline while PostgreSQL stands still, and goes on afterwards', async () => {
  const faults: Fault[] = [];
  const memory: number[] = [];
  const outcome = await runUnderLoad({
    async disturb({ installation, server, load }) {
      // Until the heap has grown to what the load alone takes.
      await progress(load, 8_000);
      memory.push(memoryOf(server.processId));
      for (let round = 1; round <= rounds; round += 1) {
        const [from = 0, to = 0] = await strike({
          processId: await installation.postmaster(),
          word: 'postgres',
          deed: { pauseMs },
        });
        faults.push({ from, to });
        memory.push(memoryOf(server.processId));
        await progress(load, 2_000);
      }
    },
  });
  const recoveriesMs = timesUntilNormal(outcome.failures, faults);
  const { calls, slowestMs, statuses } = outcome;
  tell(describeTimes(`end of a standstill of ${pauseMs} ms to the last spoilt call`, recoveriesMs));
  tell(`${calls.length} calls, slowest ${Math.round(slowestMs)} ms, ${JSON.stringify(statuses)}`);
  tell(`memory of the server: ${memory.map((mebibytes) => Math.round(mebibytes)).join(', ')} MiB`);
  await expectSound(outcome);
  expect(findDisorderly(outcome)).toEqual([]);
  expect(slowestMs).toBeLessThan(answerDeadlineMs);
  expect(Math.max(...recoveriesMs)).toBeLessThan(5_000);
  expect(Math.max(...memory) - (memory[0] ?? 0)).toBeLessThan(50);
});
