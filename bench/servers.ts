/** The servers that are measured, each a process of its own, all on one PostgreSQL. */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Processes } from './processes.ts';

export interface Server {
  name: string;
  url: string;
  headers: Record<string, string>;
  processes: Processes;
  stop(): Promise<void>;
}

/** Where PostgreSQL is reached, by its superuser, over its Unix socket. */
export interface Database {
  postmaster: number;
  host: string;
  port: number;
}

export interface Anteroom extends Server {
  database: Database;
  /** From the start of the process to the first 200 of /readyz. */
  startMilliseconds: number;
}

export const clientCredentials = {
  clientId: 'bench-client',
  clientSecret: 'bench-secret-that-is-long-enough-for-any-rule',
};
const startDeadlineMilliseconds = 60_000;

/** Starts the real server on its own embedded database; its log goes to a file. */
export async function startAnteroom(
  folder: string,
  environment: Record<string, string> = {},
): Promise<Anteroom> {
  const main = join(import.meta.dirname, '../apps/server/src/main.ts');
  const dataFolder = join(folder, 'data');
  const logFile = join(folder, 'anteroom.log');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = openSync(logFile, 'a');
  const startedAt = performance.now();
  // As npm start starts it.
  const child = spawn(process.execPath, ['--max-semi-space-size=32', main, 'serve'], {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: dataFolder,
      LOG_LEVEL: 'info',
      // The limiter is on and does its work; it only never says no.
      RATE_LIMIT_PER_MINUTE: '100000000',
      BOOTSTRAP_CLIENT_ID: clientCredentials.clientId,
      BOOTSTRAP_CLIENT_SECRET: clientCredentials.clientSecret,
      ...environment,
    },
  });
  closeSync(log);
  try {
    await ready(child, url);
    const startMilliseconds = performance.now() - startedAt;
    const database = embeddedDatabase(dataFolder);
    return {
      name: 'anteroom',
      url,
      headers: { authorization: `Bearer ${await accessToken(url)}` },
      processes: { server: child.pid as number, postmaster: database.postmaster },
      stop: () => stop(child),
      database,
      startMilliseconds,
    };
  } catch (error) {
    await stop(child);
    const log = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
    throw new Error(`the server did not start: ${error}\nThe end of its log:\n${log}`);
  }
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + startDeadlineMilliseconds;
  while (performance.now() < deadline && child.exitCode === null) {
    const status = await fetch(`${url}/readyz`).then(
      async (answer) => (await answer.arrayBuffer()) && answer.status,
      () => undefined,
    );
    if (status === 200) return;
    await sleep(5);
  }
  throw new Error(child.exitCode === null ? 'not ready in time' : `exit code ${child.exitCode}`);
}

/** A token of the first client, or of the one given. */
export async function accessToken(
  url: string,
  [id, secret] = [clientCredentials.clientId, clientCredentials.clientSecret],
): Promise<string> {
  const answer = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  if (answer.status !== 200) throw new Error(`no token: ${await answer.text()}`);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** PostgreSQL writes where it is into its data folder: process, folder, start, port, socket. */
function embeddedDatabase(dataFolder: string): Database {
  const lines = readFileSync(join(dataFolder, 'postgresql', 'postmaster.pid'), 'utf8').split('\n');
  return { postmaster: Number(lines[0]), port: Number(lines[3]), host: lines[4] as string };
}

/** A connection as the database's superuser. */
export async function superuser({ host, port }: Database, database: string): Promise<pg.Client> {
  const client = new pg.Client({ host, port, database, user: 'postgres' });
  await client.connect();
  return client;
}

/** The real server's database, and the plain server's beside it in the same PostgreSQL. */
export const anteroomDatabase = 'anteroom';
const plainDatabase = 'plain';

export async function startPlain(database: Database): Promise<Server> {
  const client = await superuser(database, 'postgres');
  await client.query(`create database ${plainDatabase}`);
  await client.end();
  const { host, port } = database;
  return startYardstick('plain', database, [host, String(port), plainDatabase]);
}

export function startBare(database: Database): Promise<Server> {
  return startYardstick('bare', database, []);
}

/** Starts `<name>-server.ts`, which says where it listens. */
async function startYardstick(
  name: string,
  { postmaster }: Database,
  parameters: string[],
): Promise<Server> {
  const child = fork(join(import.meta.dirname, `${name}-server.ts`), parameters);
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (typeof message !== 'object') throw new Error(`the ${name} server did not start`);
  return {
    name,
    url: message.url,
    headers: {},
    processes: { server: child.pid as number, postmaster },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 25_000);
  await ended;
  clearTimeout(timer);
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return (address as { port: number }).port;
}
