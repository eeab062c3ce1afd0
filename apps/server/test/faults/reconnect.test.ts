import { Client } from 'pg';
import { expect, it } from 'vitest';
import { openDatabase, statement, unnamed } from '../../src/platform/database/index.ts';
import { createTestDatabase, eventually } from '../harness.ts';

const hot = statement('test_hot', 'select reference from appointments');

it('opens a connection again that was prepared and ended in the same moment', async () => {
  const testDatabase = await createTestDatabase();
  const failures: unknown[] = [];
  const database = await openDatabase({
    url: testDatabase.appUrl,
    hotStatements: [hot],
    pipelinedConnections: 1,
    onFailure: (error) => failures.push(error),
  });
  const outside = new Client({ connectionString: testDatabase.superuserUrl });
  await outside.connect();
  try {
    const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and usename = 'anteroom_app'`;
    const countWaiting = async () => {
      const waiting = await testDatabase.query(
        `select from pg_stat_activity where datname = current_database()
           and usename = 'anteroom_app' and wait_event_type = 'Lock'`,
      );
      return waiting.length;
    };
    await outside.query('begin; lock table appointments in access exclusive mode');
    await outside.query(terminate);
    // The next one waits for the lock while it prepares what is hot.
    await eventually(async () => (await countWaiting()) === 1);
    // While this process looks away, it gets the lock, is done, and is ended.
    const done = outside.query(`rollback; select pg_sleep(0.2); ${terminate}`);
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    await done;

    const ask = () => database.anywhere.many(unnamed<{ one: number }>('select 1 as one'), []);
    await eventually(async () => (await ask().catch(() => [])).length === 1, 5_000);
    expect(failures.length).toBeGreaterThan(1);
  } finally {
    await outside.end();
    await database.close();
    await testDatabase.drop();
  }
});
