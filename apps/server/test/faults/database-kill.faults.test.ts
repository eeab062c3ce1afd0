import { describe, expect, it } from 'vitest';
import { eventually } from '../harness.ts';
import { runBroken } from './broken-builds.ts';
import { killDatabaseUnderLoad } from './database-kills.ts';
import { install } from './installation.ts';
import { isAlive } from './processes.ts';
import { answerDeadlineMs, describeTimes, expectSound, findDisorderly, tell } from './rounds.ts';
import { strike } from './strike.ts';

describe('kills of PostgreSQL under 32 writers', () => {
  it('lose nothing acknowledged in 20 rounds, answer 503, and are over within 5 s without help', async () => {
    const outcome = await killDatabaseUnderLoad({ rounds: 20, signal: 'SIGKILL' });
    const { calls, failures, recoveriesMs, slowestMs, statuses, isSameServer } = outcome;
    tell(describeTimes('kill of PostgreSQL to the end of the last spoilt call', recoveriesMs));
    tell(`${calls.length} calls, slowest ${Math.round(slowestMs)} ms, ${JSON.stringify(statuses)}`);
    await expectSound(outcome);
    expect(isSameServer).toBe(true);
    expect(failures.length).toBeGreaterThan(0);
    expect(findDisorderly(outcome)).toEqual([]);
    expect(slowestMs).toBeLessThan(answerDeadlineMs);
    expect(Math.max(...recoveriesMs)).toBeLessThan(5_000);
  });

  it('are found to lose acknowledged appointments where commits do not wait for the disk', async () => {
    const outcome = await killDatabaseUnderLoad({
      rounds: 3,
      signal: 'SIGKILL',
      async prepare(installation) {
        await installation.query('alter role anteroom_app set synchronous_commit = off');
        await installation.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'anteroom_app'`,
        );
      },
    });
    const lost = outcome.violations.filter((violation) =>
      violation.startsWith('H1: the create of'),
    );
    tell(`without synchronous commit ${lost.length} acknowledged appointments were lost`);
    expect(lost.length).toBeGreaterThan(0);
  });

  it('of the planned kind, ten restarts, lose nothing and are over within 3 s each', async () => {
    const outcome = await killDatabaseUnderLoad({ rounds: 10, signal: 'SIGINT' });
    const { calls, recoveriesMs, slowestMs, statuses, isSameServer } = outcome;
    tell(describeTimes('planned restart to the end of the last spoilt call', recoveriesMs));
    tell(`${calls.length} calls, slowest ${Math.round(slowestMs)} ms, ${JSON.stringify(statuses)}`);
    await expectSound(outcome);
    expect(isSameServer).toBe(true);
    expect(findDisorderly(outcome)).toEqual([]);
    expect(slowestMs).toBeLessThan(answerDeadlineMs);
    expect(Math.max(...recoveriesMs)).toBeLessThan(3_000);
  });

  it('are found to end a build in which nobody expects the error of a connection', async () => {
    const installation = await install(runBroken('no-error-handler'));
    try {
      const { server } = installation;
      await strike({
        processId: await installation.postmaster(),
        word: installation.dataDirectory,
        deed: 'SIGINT',
      });
      await eventually(() => !isAlive(server.processId), 20_000);
      expect((await server.ended).code).toBeGreaterThan(0);
    } finally {
      await installation.remove();
    }
  });
});
