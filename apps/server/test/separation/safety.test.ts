import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireMigrated } from '../../src/platform/database/migrate.ts';
import { requireSafeDatabase } from '../../src/platform/database/safety.ts';
import { createTestDatabase, type TestDatabase } from '../harness.ts';

describe('the start', () => {
  let database: TestDatabase;
  const role = `unsafe_${process.pid}`;
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.query(`create role ${role} login in role anteroom_app`);
  });
  afterAll(async () => {
    await database.drop();
  });

  const as = (name: string) => database.appUrl.replace('anteroom_app@', `${name}@`);

  /** Makes the database unsafe, looks what the start says, and mends it again. */
  async function complaintAfter(
    spoil: string,
    mend: string,
    name = 'anteroom_app',
  ): Promise<string> {
    await database.query(spoil);
    try {
      await requireSafeDatabase(as(name));
      return 'nothing';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await database.query(mend);
    }
  }

  it('takes a database as migrated', async () => {
    await expect(requireSafeDatabase(database.appUrl)).resolves.toBeUndefined();
    await expect(requireSafeDatabase(as(role))).resolves.toBeUndefined();
    await expect(requireMigrated(database.appUrl)).resolves.toBeUndefined();
  });

  it('refuses a superuser', async () => {
    await expect(requireSafeDatabase(database.superuserUrl)).rejects.toThrow('is a superuser');
  });

  it('refuses the owner of the tables, and its members', async () => {
    await expect(requireSafeDatabase(database.ownerUrl)).rejects.toThrow('owns tables');
    const spoil = `grant anteroom_owner to ${role}`;
    expect(await complaintAfter(spoil, `revoke anteroom_owner from ${role}`, role)).toContain(
      'owns tables',
    );
  });

  it.each([
    [
      'a role that bypasses row-level security',
      `alter role ${role} bypassrls`,
      `alter role ${role} nobypassrls`,
      'BYPASSRLS',
    ],
    [
      'a member of the look-up role',
      `grant anteroom_lookup to ${role}`,
      `revoke anteroom_lookup from ${role}`,
      'anteroom_lookup',
    ],
    [
      'commits that are not waited for',
      `alter role ${role} set synchronous_commit = off`,
      `alter role ${role} reset synchronous_commit`,
      'synchronous_commit is off',
    ],
    [
      'a table without forced row-level security',
      'alter table events no force row level security',
      'alter table events force row level security',
      'the table events has no forced',
    ],
    [
      'a table without row-level security',
      'alter table calls disable row level security',
      'alter table calls enable row level security',
      'the table calls has no forced',
    ],
    [
      'a new table that nobody thought of',
      'create table forgotten (id integer)',
      'drop table forgotten',
      'the table forgotten has no forced',
    ],
  ])('refuses %s', async (_, spoil, mend, sentence) => {
    expect(await complaintAfter(spoil, mend, role)).toContain(sentence);
  });

  it('names every fault at once', async () => {
    const spoil = `alter table events no force row level security; alter table calls no force row level security; alter role ${role} bypassrls`;
    const mend = `alter table events force row level security; alter table calls force row level security; alter role ${role} nobypassrls`;
    const complaint = await complaintAfter(spoil, mend, role);
    expect(complaint.split('\n')).toHaveLength(4);
  });

  it('refuses a database that lacks migrations, is newer, or was migrated by an edited file', async () => {
    await database.query(`delete from migrations where name like '0003%'`);
    await expect(requireMigrated(database.appUrl)).rejects.toThrow('lacks migrations');
    await database.query(
      `insert into migrations (name, checksum) values ('9999_from_the_future.sql', 'x')`,
    );
    await expect(requireMigrated(database.appUrl)).rejects.toThrow('newer than this program');
    await database.query(
      `delete from migrations where name like '9999%'; update migrations set checksum = 'y' where name like '0001%'`,
    );
    await expect(requireMigrated(database.appUrl)).rejects.toThrow(
      'was changed after it had been applied',
    );
  });
});
