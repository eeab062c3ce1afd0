/**
 * For scale: how often PostgreSQL alone can run the statement behind a create, driven by its own
 * tool, which speaks no HTTP, reads no JSON and answers nobody.
 */

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { insertAppointment } from '../apps/server/src/appointments/schedule.ts';
import { family, processorMicroseconds } from './processes.ts';
import { anteroomDatabase, type Database, superuser } from './servers.ts';

const run = promisify(execFile);

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

/**
 * The create as pgbench runs it: the server's own statement with the values of an appointment that
 * the server has made, new only where they must be; the organisation is set before it, both in one
 * pipeline with one Sync, as the server does it.
 */
async function createScript(database: Database): Promise<string> {
  const client = await superuser(database, anteroomDatabase);
  const { rows } = await client.query<{ appointment: Row; event: Row; kept: Row }>(
    `select to_jsonb(a) as appointment, to_jsonb(e) as event, to_jsonb(k) as kept
     from appointments a
     join events e on e.organisation_id = a.organisation_id and e.appointment_id = a.id
     join idempotency_keys k on k.organisation_id = a.organisation_id
     where e.version = 1 limit 1`,
  );
  await client.end();
  const [row] = rows;
  if (row === undefined) throw new Error('the server has made no appointment yet');
  const { appointment, event, kept } = row;
  const inserted = /insert into appointments \(organisation_id, ([^)]+), search_text\)/.exec(
    insertAppointment.text,
  )?.[1];
  if (inserted === undefined) throw new Error('the statement of a create has another form');
  const fresh: Record<string, string> = {
    id: 'uuidv7()',
    reference: 'uuidv7()::text',
    entry_code: 'gen_random_uuid()::text',
    // A list in jsonb, where other lists are arrays.
    claimant_data: `'[]'`,
  };
  const values = [
    literal(event.actor_kind),
    literal(event.actor_id),
    literal(event.data),
    ...inserted.split(', ').map((column) => fresh[column] ?? literal(appointment[column])),
    literal(kept.client_id),
    literal(kept.route),
    'gen_random_uuid()::text',
    ...['fingerprint', 'status', 'headers', 'body'].map((column) => literal(kept[column])),
    literal(appointment.search_text),
  ];
  const create = insertAppointment.text.replace(
    /\$(\d+)/g,
    (_parameter, number) => values[Number(number) - 1] ?? 'null',
  );
  const organisation = literal(appointment.organisation_id);
  return [
    '\\startpipeline',
    `select where set_config('app.organisation', ${organisation}, true) is null;`,
    `${create.replaceAll('\n', ' ')};`,
    '\\endpipeline',
  ].join('\n');
}

type Row = Record<string, unknown>;

/** A value as SQL text, without colons, in which pgbench would look for variables. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  const isList = Array.isArray(value);
  const json = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const text = isList ? `{${json.slice(1, -1)}}` : json;
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll(':', '\\x3a');
  return `E'${escaped}'`;
}

/** 32 clients, prepared statements, for so many whole seconds. */
export async function pgbench(
  database: Database,
  folder: string,
  seconds: number,
): Promise<PgbenchFigures> {
  const file = join(folder, 'create.sql');
  await writeFile(file, await createScript(database));
  const before = processorMicroseconds(family(database.postmaster));
  const { stdout } = await run('pgbench', [
    ...['--host', database.host, '--port', String(database.port), '--username', 'anteroom_app'],
    ...['--no-vacuum', '--protocol', 'prepared', '--client', '32', '--jobs', '1'],
    ...['--time', String(seconds), '--file', file, anteroomDatabase],
  ]);
  const spent = processorMicroseconds(family(database.postmaster)) - before;
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1]);
  return {
    requestsPerSecond: number(/tps = ([\d.]+)/),
    databaseMicroseconds: spent / number(/transactions actually processed: (\d+)/),
  };
}
