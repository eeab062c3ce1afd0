import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../harness.ts';
import { type CountedServer, startCounted } from './durable-writes.ts';
import { childrenOf } from './processes.ts';
import { tell } from './rounds.ts';

const creates = 200;
const canTrace = spawnSync('strace', ['-V']).status === 0;

/** How many calls that make a file durable the kernel saw of PostgreSQL's processes meanwhile. */
async function countSyncCalls(
  { embedded }: CountedServer,
  work: () => Promise<void>,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'anteroom-trace-'));
  const output = join(folder, 'calls');
  const main = embedded.processId();
  const traced = [main, ...childrenOf(main)].flatMap((processId) => ['-p', String(processId)]);
  const tracer = spawn('strace', ['-f', '-e', 'trace=fsync,fdatasync', '-o', output, ...traced], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  tracer.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = once(tracer, 'exit');
  try {
    await eventually(() => said.split('attached').length > traced.length / 2);
    await work();
  } finally {
    tracer.kill('SIGINT');
    await ended;
  }
  const lines = (await readFile(output, 'utf8')).split('\n');
  await rm(folder, { recursive: true });
  return lines.filter((line) => /\b(fsync|fdatasync)\(/.test(line)).length;
}

describe('the kernel', () => {
  it('is asked at least 200 times to make 200 creates durable', async (context) => {
    context.skip(!canTrace, 'strace is not installed (apt-get install strace)');
    const counted = await startCounted({});
    try {
      const calls = await countSyncCalls(counted, () => counted.create(creates));
      tell(`${calls} calls to make ${creates} creates durable`);
      expect(calls).toBeGreaterThanOrEqual(creates);
    } finally {
      await counted.close();
    }
  });

  it('is not asked where PostgreSQL runs without fsync, so the count would tell', async (context) => {
    context.skip(!canTrace, 'strace is not installed (apt-get install strace)');
    const counted = await startCounted({ fsync: 'off' });
    try {
      const calls = await countSyncCalls(counted, () => counted.create(creates));
      tell(`${calls} calls with fsync off`);
      expect(calls).toBeLessThan(creates);
    } finally {
      await counted.close();
    }
  });
});
