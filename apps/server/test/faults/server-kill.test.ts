import { expect, it } from 'vitest';
import { expectSound } from './rounds.ts';
import { killServerUnderLoad } from './server-kills.ts';

it('loses nothing acknowledged when the server is killed under load, and is back within 3 s', async () => {
  const outcome = await killServerUnderLoad({ rounds: 3, writers: 16 });
  await expectSound(outcome);
  expect(Math.max(...outcome.recoveriesMs)).toBeLessThan(3_000);
  expect(outcome.statuses[500]).toBeUndefined();
  for (const { call, digests } of outcome.repeated) {
    expect(call.outcome).toBe('ok');
    expect(digests[0]).toBe(digests[1]);
  }
}, 60_000);
