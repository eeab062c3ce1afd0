import { describe, expect, it } from 'vitest';
import { requireSafeDatabase } from '../../src/platform/database/safety.ts';
import { createTestDatabase, eventually } from '../harness.ts';
import { startCounted } from './durable-writes.ts';

describe('acknowledged appointments', () => {
  it('are durable one by one: 200 creates make the log durable at least 200 times', async () => {
    const counted = await startCounted({});
    try {
      const before = await counted.countSyncs();
      await counted.create(200);
      // PostgreSQL publishes its counters about once a second, when something happens.
      await eventually(async () => {
        await counted.read();
        return (await counted.countSyncs()) - before >= 200;
      }, 15_000);
    } finally {
      await counted.close();
    }
  }, 60_000);

  it('are refused to a database that would not keep them, with every reason at once', async () => {
    const counted = await startCounted({
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
    });
    try {
      const refusal = await requireSafeDatabase(counted.appUrl).catch((error) => error.message);
      for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
        expect(refusal).toContain(`${name} is off: acknowledged appointments could be lost`);
      }
      // So the count above would have told.
      const before = await counted.countSyncs();
      await counted.create(50);
      await counted.read();
      expect((await counted.countSyncs()) - before).toBeLessThan(50);
    } finally {
      await counted.close();
    }
  }, 60_000);

  it.each([
    ['the role', 'alter role anteroom_app in database %s set synchronous_commit = off'],
    ['the database', 'alter database %s set synchronous_commit = off'],
  ])('are refused where %s does not wait for the disk', async (_, text) => {
    const database = await createTestDatabase();
    try {
      const [name] = await database.query<{ name: string }>('select current_database() as name');
      await database.query(text.replace('%s', name?.name ?? ''));
      await expect(requireSafeDatabase(database.appUrl)).rejects.toThrow(
        'synchronous_commit is off',
      );
    } finally {
      await database.drop();
    }
  });
});
