// The program as an operator runs it: a process of its own, on a data folder of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { eventually } from '../harness.ts';
import { commandLineOf, isAlive } from './processes.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const clientId = 'fault-test';
const clientSecret = 'fault-test-secret-of-32-characters';

export interface ServerProcess {
  processId: number;
  /** Resolves with how it ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface TestInstallation {
  /** The server as it was started first. */
  server: ServerProcess;
  url: string;
  /** A token of the first client, good across restarts. */
  token: string;
  dataDirectory: string;
  /** Starts the server; resolves when the process exists, not when it answers. */
  serve(): ServerProcess;
  /** The end of what all its servers wrote to both outputs so far. */
  output(): string;
  /** The embedded PostgreSQL's main process as it is now. */
  postmaster(): Promise<number>;
  /** A superuser's connection, for looking and for disturbing from outside. The caller ends it. */
  connect(): Promise<Client>;
  /** Runs SQL as the superuser, on a connection of its own. */
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Stops whatever still runs and removes the folder. */
  remove(): Promise<void>;
}

/** Makes a fresh installation and starts it once; `nodeOptions` stand before the program. */
export async function install(nodeOptions: string[] = []): Promise<TestInstallation> {
  const home = await mkdtemp(join(tmpdir(), 'anteroom-faults-'));
  // As root PostgreSQL runs as somebody else, who has to get in.
  await chmod(home, 0o755);
  const dataDirectory = join(home, 'data');
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const children = new Set<ChildProcess>();
  let output = '';

  function serve(): ServerProcess {
    const child = spawn(execPath, [...nodeOptions, main, 'serve'], {
      cwd: home,
      // The channel ends when this process does, and the server with it.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: dataDirectory,
        BOOTSTRAP_CLIENT_ID: clientId,
        BOOTSTRAP_CLIENT_SECRET: clientSecret,
        LOG_LEVEL: 'warn',
        RATE_LIMIT_PER_MINUTE: '0',
      },
    });
    children.add(child);
    const keep = (chunk: Buffer) => {
      output = (output + chunk).slice(-200_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const ended = once(child, 'exit').then(([code, signal]) => {
      children.delete(child);
      return { code, signal };
    });
    return { processId: child.pid ?? 0, ended };
  }

  async function postmaster(): Promise<number> {
    const lock = await readFile(join(dataDirectory, 'postgresql', 'postmaster.pid'), 'utf8');
    return Number.parseInt(lock, 10);
  }

  async function connect(): Promise<Client> {
    const client = new Client({
      host: join(dataDirectory, 'postgresql'),
      port: 5432,
      user: 'postgres',
      database: 'anteroom',
      application_name: 'fault test',
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async function remove(): Promise<void> {
    for (const child of children) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    const left = await postmaster().catch(() => 0);
    if (left > 0 && commandLineOf(left).includes(dataDirectory)) {
      process.kill(left, 'SIGINT');
      await eventually(() => !isAlive(left), 20_000);
    }
    await rm(home, { recursive: true, force: true });
  }

  const first = serve();
  try {
    const early = first.ended.then(({ code }) => {
      throw new Error(`it ended with ${code}`);
    });
    // Later ends are no news.
    early.catch(() => {});
    await Promise.race([untilReady(url), early]);
    return {
      server: first,
      url,
      token: await fetchToken(url),
      dataDirectory,
      serve,
      output: () => output,
      postmaster,
      connect,
      async query<Row>(text: string, values: unknown[] = []) {
        const client = await connect();
        try {
          return (await client.query(text, values)).rows as Row[];
        } finally {
          await client.end();
        }
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw new Error(`the server did not start; it wrote:\n${output}`, { cause: error });
  }
}

/** Resolves when the server says that it is ready. */
async function untilReady(url: string): Promise<void> {
  await eventually(async () => {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    await answer?.arrayBuffer();
    return answer?.status === 200;
  }, 30_000);
}

async function fetchToken(url: string): Promise<string> {
  const answer = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was found');
  return address.port;
}
