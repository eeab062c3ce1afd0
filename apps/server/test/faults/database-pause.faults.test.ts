import process from 'node:process';
import { expect, it } from 'vitest';
import { eventually } from '../harness.ts';
import { runBroken } from './broken-builds.ts';
import { install } from './installation.ts';
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
import { now, strike } from './strike.ts';

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

it('is seen to hang in a build that leaves time limits to PostgreSQL', async () => {
  const outcome = await runUnderLoad({
    nodeOptions: runBroken('no-deadline'),
    async disturb({ installation }) {
      const processId = await installation.postmaster();
      await strike({ processId, word: 'postgres', deed: { pauseMs } });
    },
  });
  tell(`without a deadline of our own the slowest call took ${Math.round(outcome.slowestMs)} ms`);
  expect(outcome.slowestMs).toBeGreaterThan(answerDeadlineMs);
});

it('stops within 20 s although PostgreSQL stands still', async () => {
  const installation = await install();
  try {
    const { server } = installation;
    const paused = strike({
      processId: await installation.postmaster(),
      word: 'postgres',
      deed: { pauseMs: 30_000 },
    });
    const isReady = async () => (await fetch(`${installation.url}/readyz`)).status === 200;
    await eventually(async () => !(await isReady()), 10_000);
    const stoppedAt = now();
    process.kill(server.processId, 'SIGTERM');
    expect(await server.ended).toEqual({ code: 1, signal: null });
    tell(`stop beside a PostgreSQL that stands still: ${Math.round(now() - stoppedAt)} ms`);
    expect(now() - stoppedAt).toBeLessThan(20_000);
    expect(installation.output()).toContain('The database does not answer');
    await paused;
  } finally {
    await installation.remove();
  }
});
