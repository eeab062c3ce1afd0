import { Client } from 'pg';
import { expect, it } from 'vitest';
import { openDatabase, statement } from '../../src/platform/database/index.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { createTestDatabase, eventually } from '../harness.ts';
import { takeBack } from './old-database.ts';

const readAny = statement('test_read_any', 'select reference from appointments limit 1');

it('lets a migration wait for a lock in short turns, so that nobody waits 2 s behind it', async () => {
  const testDatabase = await createTestDatabase();
  await takeBack(testDatabase);
  const database = await openDatabase({ url: testDatabase.appUrl, hotStatements: [readAny] });
  const outside = new Client({ connectionString: testDatabase.superuserUrl });
  await outside.connect();
  try {
    // A long report holds the table in the weakest way; a migration needs it alone.
    await outside.query('begin; select count(*) from appointments');
    let isMigrated = false;
    const migrating = migrate(testDatabase.ownerUrl, 'anteroom_app').then((names) => {
      isMigrated = true;
      return names;
    });
    let slowestMs = 0;
    const readOnce = async () => {
      const startedAt = performance.now();
      await database.in(crypto.randomUUID()).many(readAny, []);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    };
    const countWaits = () =>
      testDatabase.query(`select from pg_stat_activity where datname = current_database()
        and usename = 'anteroom_owner' and wait_event_type = 'Lock'`);
    // Twice it is seen to wait, and in between to have given way.
    for (const isWaiting of [true, false, true, false]) {
      await eventually(async () => {
        // Looked at while the read waits: after it, the migration has given way.
        const [waits] = await Promise.all([countWaits(), readOnce()]);
        return waits.length > 0 === isWaiting;
      });
    }
    expect(isMigrated).toBe(false);
    await outside.query('commit');
    await eventually(async () => {
      await readOnce();
      return isMigrated;
    });
    expect(await migrating).not.toEqual([]);
    // Somebody did wait behind it: the test would see a migration that holds on.
    expect(slowestMs).toBeGreaterThan(100);
    expect(slowestMs).toBeLessThan(2_000);
  } finally {
    await outside.end();
    await database.close();
    await testDatabase.drop();
  }
}, 60_000);
