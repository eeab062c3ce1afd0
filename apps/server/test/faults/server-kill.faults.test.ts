import { describe, expect, it } from 'vitest';
import { runBroken } from './broken-builds.ts';
import { describeTimes, expectSound, tell } from './rounds.ts';
import { killServerUnderLoad } from './server-kills.ts';

describe('kills of the server under 32 writers', () => {
  it('lose nothing acknowledged in 20 rounds, write nothing by halves, are over within 3 s', async () => {
    const outcome = await killServerUnderLoad({ rounds: 20 });
    const { calls, recoveriesMs, repeated, statuses } = outcome;
    tell(describeTimes('kill of the server to the first good reply', recoveriesMs));
    tell(
      `${calls.length} calls, ${repeated.length} unknown ones repeated, ${JSON.stringify(statuses)}`,
    );
    await expectSound(outcome);
    expect(Math.max(...recoveriesMs)).toBeLessThan(3_000);
    expect(statuses[500]).toBeUndefined();
    expect(repeated.length).toBeGreaterThan(0);
    for (const { call, digests } of repeated) {
      expect(call.outcome).toBe('ok');
      expect(digests[0]).toBe(digests[1]);
    }
  });

  it('are found to lose acknowledged appointments in a build that replies before commit', async () => {
    const nodeOptions = runBroken('reply-before-commit');
    const outcome = await killServerUnderLoad({ rounds: 3, nodeOptions });
    const lastKill = outcome.killedAt.at(-1) ?? 0;
    // What was answered just before the end may still be on its way, and is not counted.
    const early = outcome.calls.filter(({ endedAt }) => endedAt < lastKill);
    const lost = early.filter(({ reference }) =>
      outcome.violations.some((violation) =>
        violation.startsWith(`H1: the create of ${reference} `),
      ),
    );
    tell(`a build that replies before commit lost ${lost.length} acknowledged appointments`);
    expect(lost.length).toBeGreaterThan(0);
  });
});
