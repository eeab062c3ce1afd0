import { expect, it } from 'vitest';
import { openDatabase, statement } from '../../src/platform/database/index.ts';
import { createTestDatabase } from '../harness.ts';

const readSettings = statement<{ zone: string; memory: string }>(
  'test_settings',
  `select current_setting('TimeZone') as zone, current_setting('work_mem') as memory`,
);

it('keeps times in UTC whatever options the address of the database brings', async () => {
  const testDatabase = await createTestDatabase();
  const options = encodeURIComponent('-c TimeZone=Asia/Tokyo -c work_mem=5MB');
  const separator = testDatabase.appUrl.includes('?') ? '&' : '?';
  const database = await openDatabase({
    url: `${testDatabase.appUrl}${separator}options=${options}`,
    pipelinedConnections: 1,
  });
  try {
    const expected = { zone: 'UTC', memory: '5MB' };
    expect(await database.anywhere.one(readSettings, [])).toEqual(expected);
    const organisation = database.in('0198c2c4-2820-7002-8533-ab1b86d419da');
    const settings = await organisation.transaction((transaction) =>
      transaction.one(readSettings, []),
    );
    expect(settings).toEqual(expected);
  } finally {
    await database.close();
    await testDatabase.drop();
  }
});
