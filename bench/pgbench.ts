/**
 * For scale: how often PostgreSQL alone can run the statement behind a create, driven by its own
 * tool, which speaks no HTTP, reads no JSON and answers nobody.
 */

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { family, processorMicroseconds } from './processes.ts';
import { type Database, plainDatabase } from './servers.ts';

const run = promisify(execFile);

/** What pgbench runs, in which database. */
interface Script {
  database: string;
  text: string;
}

/**
 * The statement of a create, in the plain server's table.
 *
 * TODO: the real one (`schedule` of the server), between \\startpipeline and \\endpipeline with the
 * organisation set before it, which gives the same one Sync; then `database` is the server's own.
 */
const create: Script = {
  database: plainDatabase,
  text: `
    insert into plain_appointments
    values (
      gen_random_uuid(), 'pgbench ' || gen_random_uuid(), now() + interval '7 days', 30, false,
      null, 'scheduled', 'John Doe', '1990-01-01', '+442071234567', 'test@test.com', '[]',
      'MR7FDYAHG8NVQ4ZK2W3X5C6B9T', 108330411, gen_random_uuid(), repeat('k', 240),
      false, false, true, true, false, true, false, false, false,
      null, false, null, 'https://www.sampleurl.co.uk', now(), now(), now() + interval '8 days'
    );`,
};

export interface PgbenchFigures {
  requestsPerSecond: number;
  databaseMicroseconds: number;
}

export async function pgbenchInstalled(): Promise<boolean> {
  return run('pgbench', ['--version']).then(
    () => true,
    () => false,
  );
}

/** 32 clients, prepared, for so many whole seconds. */
export async function pgbench(
  { host, port, postmaster }: Database,
  folder: string,
  seconds: number,
): Promise<PgbenchFigures> {
  const file = join(folder, 'create.sql');
  await writeFile(file, create.text);
  const before = processorMicroseconds(family(postmaster));
  const { stdout } = await run('pgbench', [
    ...['--host', host, '--port', String(port), '--username', 'postgres'],
    ...['--no-vacuum', '--protocol', 'prepared', '--client', '32', '--jobs', '1'],
    ...['--time', String(seconds), '--file', file, create.database],
  ]);
  const spent = processorMicroseconds(family(postmaster)) - before;
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1]);
  return {
    requestsPerSecond: number(/tps = ([\d.]+)/),
    databaseMicroseconds: spent / number(/transactions actually processed: (\d+)/),
  };
}
