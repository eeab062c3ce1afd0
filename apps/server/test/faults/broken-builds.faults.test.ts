import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { createTestDatabase, eventually } from '../harness.ts';
import { runBroken } from './broken-builds.ts';
import { takeBack } from './old-database.ts';
import { stopUnderRequests } from './stops.ts';

it('a build that exits at once is seen to cut what it had accepted', async () => {
  const stop = await stopUnderRequests(40, runBroken('exit-at-once'));
  expect(stop.answers.filter((answer) => answer !== 200)).toHaveLength(40);
});

it('a build whose migration does not give way is seen to keep readers waiting', async () => {
  const testDatabase = await createTestDatabase();
  await takeBack(testDatabase);
  const report = new Client({ connectionString: testDatabase.superuserUrl });
  const reader = new Client({ connectionString: testDatabase.superuserUrl });
  await report.connect();
  await reader.connect();
  const migrate = new URL('../../src/platform/database/migrate.ts', import.meta.url).href;
  const script = `import { migrate } from ${JSON.stringify(migrate)};
    await migrate(${JSON.stringify(testDatabase.ownerUrl)}, 'anteroom_app');`;
  const words = [...runBroken('no-lock-timeout'), '--input-type=module', '--eval', script];
  try {
    await report.query('begin; select count(*) from appointments');
    const migrating = spawn(execPath, words, { stdio: 'inherit', cwd: import.meta.dirname });
    const ended = once(migrating, 'exit');
    await eventually(async () => {
      const waits = await testDatabase.query(`select from pg_stat_activity
        where datname = current_database() and usename = 'anteroom_owner' and wait_event_type = 'Lock'`);
      return waits.length > 0;
    });
    // Twice as long as the sound one keeps anybody waiting, and past the limit of two seconds.
    await reader.query('set lock_timeout = 4000');
    await expect(reader.query('select reference from appointments limit 1')).rejects.toThrow(
      'lock timeout',
    );
    await report.query('commit');
    expect(await ended).toEqual([0, null]);
  } finally {
    await report.end();
    await reader.end();
    await testDatabase.drop();
  }
});
