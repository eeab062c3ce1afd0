import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';
import type { TestDatabase } from '../harness.ts';

const folder = new URL('../../migrations/', import.meta.url);

/** Takes the database back to how it was before its appointments got their look-up functions. */
export async function takeBack(database: TestDatabase): Promise<void> {
  await database.query('drop schema public cascade');
  await database.query('create schema public authorization anteroom_owner');
  await database.query('grant usage on schema public to public');
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query(`create table migrations (name text primary key, checksum text not null,
    applied_at timestamptz not null default now()); grant select on migrations to anteroom_app`);
  for (const name of (await readdir(folder)).sort().slice(0, 2)) {
    const text = await readFile(new URL(name, folder), 'utf8');
    await owner.query(text);
    const checksum = createHash('sha256').update(text).digest('hex');
    await owner.query('insert into migrations (name, checksum) values ($1, $2)', [name, checksum]);
  }
  await owner.end();
}
