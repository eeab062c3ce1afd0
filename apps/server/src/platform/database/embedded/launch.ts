// Starts PostgreSQL, keeps it running, stops it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill, pid, platform } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { environment, type Installation, install } from './install.ts';

/** How the superuser connects; hand it to `pg` as it is. */
interface EmbeddedConnection {
  /** The folder of the Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly ssl: false;
  /** Tells the connections of this process from those of others on the same data. */
  readonly application_name: string;
}

export interface EmbeddedDatabase {
  /** The folder that really holds the data. */
  readonly dataDirectory: string;
  readonly connection: EmbeddedConnection;
  /** PostgreSQL's main process as it is now; another one after a restart. */
  processId(): number;
  /**
   * Shuts PostgreSQL down and waits for its end, unless clients with another `application_name`
   * than ours are connected: then it stays, and whoever leaves last stops it. Calling it again
   * gives the same promise. Never throws.
   */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Made when missing; its parent folder must be writable then. */
  readonly dataDirectory: string;
  readonly log: (line: string) => void;
  /** Called once connections succeed again after PostgreSQL had died. */
  readonly onRestart?: (reason: string) => void;
  /** Settings of PostgreSQL on top of ours; they reach a server that is started, not a found one. */
  readonly settings?: Readonly<Record<string, string>>;
}

const port = 5432;
const ownSettings = {
  listen_addresses: '',
  port: String(port),
  max_connections: '60',
  shared_buffers: '64MB',
  max_wal_size: '1GB',
  min_wal_size: '256MB',
  wal_buffers: '8MB',
  jit: 'off',
  // No helper processes for reading: everything that is read often is in memory.
  io_method: 'sync',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // A failed statement quotes what people typed, and whoever sent it has been told already.
  log_min_messages: 'log',
};

const logLimitBytes = 4 * 1024 * 1024;
const startDeadlineMs = 60_000;
const stopDeadlineMs = 10_000;
const hardStopDeadlineMs = 2_000;
const patientFailures = 20;

/**
 * PostgreSQL on `dataDirectory`, answering: a new data folder is made, a server that already runs
 * there is used. Should it die, it is started again until `stop`; connections that were open then
 * are gone. Throws an `Error` with one sentence on what to do.
 */
export async function startEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const installation = await install(options.dataDirectory, options.log);
  const { dataDirectory } = installation;
  const { log } = options;
  const settings = { ...ownSettings, ...options.settings };
  const applicationName = `anteroom-${pid}-${randomBytes(4).toString('hex')}`;
  const stopping = new AbortController();
  let socketFolder: string | undefined;
  let launched: Launch | undefined;
  let postmaster = 0;
  let watcher: Client;
  let supervision = Promise.resolve();
  let stopped: Promise<void> | undefined;

  function connection(host: string): EmbeddedConnection {
    const user = 'postgres';
    return { host, port, user, database: user, ssl: false, application_name: applicationName };
  }

  /** Until a connection stands. `giveUp` hears why it does not, and throws to end the attempts. */
  async function reach(giveUp: (fault: string, isPassing: boolean) => void): Promise<void> {
    let failures = 0;
    for (;;) {
      stopping.signal.throwIfAborted();
      const found = readLockFile(dataDirectory);
      const isAlive = found !== undefined && isPostmaster(found.processId, dataDirectory);
      if (isAlive && found.socketFolder !== undefined) {
        const answer = await connect(connection(found.socketFolder));
        if (answer instanceof Client) {
          if (socketFolder !== found.socketFolder) forgetSocketFolder();
          socketFolder = found.socketFolder;
          postmaster = found.processId;
          watch(answer);
          return;
        }
        giveUp(answer.message, true);
      }
      if (isAlive || launched?.isRunning()) {
        await delay(10, undefined, { signal: stopping.signal });
      } else if (launched === undefined) {
        socketFolder ??= chooseSocketFolder(installation);
        launched = launch(installation, socketFolder, settings, found?.processId);
      } else {
        const fault = launched.lastWords();
        launched = undefined;
        failures += 1;
        // What is left of a killed server holds its memory for a moment; a rival may be faster.
        giveUp(fault, /shared memory|lock file/.test(fault));
        if (failures === patientFailures) {
          log(`PostgreSQL does not start (${fault}); trying again every 5 seconds.`);
        }
        const pause = failures < patientFailures ? Math.min(50 * failures, 500) : 5_000;
        await delay(pause, undefined, { signal: stopping.signal });
      }
    }
  }

  function watch(client: Client): void {
    watcher = client;
    holdProcess(client, false);
    client.on('end', () => {
      if (!stopping.signal.aborted) supervision = supervise();
    });
  }

  async function supervise(): Promise<void> {
    const before = postmaster;
    const since = performance.now();
    try {
      await reach(() => {});
    } catch (error) {
      if (!stopping.signal.aborted) log(`PostgreSQL is no longer watched: ${error}`);
      return;
    }
    if (postmaster === before) return;
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    const reason = `PostgreSQL (process ${before}) had died and runs again after ${seconds} s`;
    log(`${reason}, as process ${postmaster}.`);
    options.onRestart?.(reason);
  }

  function forgetSocketFolder(): void {
    if (socketFolder === undefined || socketFolder === dataDirectory) return;
    fs.rmSync(socketFolder, { recursive: true, force: true });
  }

  async function shutDown(): Promise<void> {
    stopping.abort();
    await supervision;
    holdProcess(watcher, true);
    const others = await countOthers(watcher, applicationName);
    await watcher.end().catch(() => {});
    if (others > 0) {
      log(`PostgreSQL keeps running for ${others} connections of other programs.`);
      return;
    }
    const found = readLockFile(dataDirectory)?.processId;
    const last = launched?.isRunning() ? launched.processId : found;
    const isAlive = () =>
      last !== undefined && (launched?.isRunning() || isPostmaster(last, dataDirectory));
    if (last !== undefined && isAlive()) {
      signalProcess(last, 'SIGINT');
      if (!(await waitUntil(() => !isAlive(), stopDeadlineMs))) {
        log('PostgreSQL did not stop in time: it is ended hard, and recovers at its next start.');
        signalProcess(last, 'SIGQUIT');
        await waitUntil(() => !isAlive(), hardStopDeadlineMs);
      }
    }
    forgetSocketFolder();
  }

  let deadline = performance.now() + startDeadlineMs;
  await reach((fault, isPassing) => {
    if (/starting up|recovery|shutting down/.test(fault)) {
      deadline = performance.now() + startDeadlineMs;
    }
    if (isPassing && performance.now() < deadline) return;
    throw new Error(
      `PostgreSQL does not start (${fault}): see ${join(dataDirectory, 'postgres.log')}.`,
    );
  });
  return {
    dataDirectory,
    connection: connection(socketFolder ?? dataDirectory),
    processId: () => postmaster,
    stop: () => {
      stopped ??= shutDown();
      return stopped;
    },
  };
}

interface Launch {
  readonly processId: number | undefined;
  isRunning(): boolean;
  /** Why it ended, as its log tells it. */
  lastWords(): string;
}

function launch(
  { program, dataDirectory, account }: Installation,
  socketFolder: string,
  settings: Readonly<Record<string, string>>,
  staleProcessId: number | undefined,
): Launch {
  const logFile = join(dataDirectory, 'postgres.log');
  let logStart = fs.statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (logStart > logLimitBytes) {
    fs.renameSync(logFile, `${logFile}.1`);
    logStart = 0;
  }
  const list = `"${socketFolder.replaceAll('"', '""')}"`;
  const all = Object.entries({ ...settings, unix_socket_directories: list });
  const parameters = all.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // The shell opens the log as the account: root must not write into a folder others can change.
  const script = 'umask 077; exec "$0" "$@" >>postgres.log 2>&1';
  const child = spawn('/bin/sh', ['-c', script, program, '-D', dataDirectory, ...parameters], {
    ...account,
    cwd: dataDirectory,
    // A group of its own, so that Ctrl-C in a terminal reaches us and not the database.
    detached: true,
    stdio: 'ignore',
    // An unrelated process may have got the number in the lock file: PostgreSQL takes this one for
    // its own. The file stays, since it leads to memory that survivors of a crash still use.
    env: { ...environment, PG_GRANDPARENT_PID: String(staleProcessId ?? '') },
  });
  let failure = 'no reason given';
  child.on('error', (error) => {
    failure = error.message;
  });
  child.unref();
  return {
    processId: child.pid,
    isRunning: () => isRunning(child),
    lastWords: () => readFault(logFile, logStart) ?? failure,
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function readFault(logFile: string, start: number): string | undefined {
  try {
    const lines = fs.readFileSync(logFile).subarray(start).toString();
    return [...lines.matchAll(/(?:FATAL|PANIC|ERROR): +(.*)/g)].at(-1)?.[1];
  } catch {
    return undefined;
  }
}

function chooseSocketFolder({ dataDirectory, account }: Installation): string {
  // An address of a Unix socket has 107 bytes on Linux, 103 on macOS.
  const isShort = Buffer.byteLength(join(dataDirectory, `.s.PGSQL.${port}`)) <= 103;
  if (isShort) return dataDirectory;
  const folder = fs.mkdtempSync(join(tmpdir(), 'anteroom-'));
  if (account) fs.chownSync(folder, account.uid, account.gid);
  return folder;
}

/** What the running server says of itself; the folder is missing while it starts. */
function readLockFile(
  dataDirectory: string,
): { processId: number; socketFolder: string | undefined } | undefined {
  let text: string;
  try {
    text = fs.readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.split('\n');
  const processId = Number.parseInt(lines[0] ?? '', 10);
  if (!(processId > 1)) return undefined;
  return { processId, socketFolder: lines[4] || undefined };
}

/**
 * Whether this process is the main process of PostgreSQL on this very folder, and no other one that
 * got its number. Its command line tells: unlike its working folder anybody may read it.
 */
function isPostmaster(processId: number, dataDirectory: string): boolean {
  try {
    if (platform !== 'linux') {
      const options = ['-ww', '-o', 'command=', '-p', String(processId)];
      return spawnSync('ps', options).stdout.includes(`postgres -D ${dataDirectory} `);
    }
    const words = fs.readFileSync(`/proc/${processId}/cmdline`, 'utf8').split('\0');
    return words[0]?.endsWith('/postgres') === true && words[2] === dataDirectory;
  } catch {
    return false;
  }
}

/** A connection, or why there is none. */
async function connect(connection: EmbeddedConnection): Promise<Client | Error> {
  const client = new Client({
    ...connection,
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
  });
  // 'end' follows and says as much.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether this connection keeps Node alive. The types of `pg` do not know that it can choose. */
function holdProcess(client: Client, isHeld: boolean): void {
  const held = client as Client & { ref(): void; unref(): void };
  if (isHeld) held.ref();
  else held.unref();
}

const leaving = 'anteroom, leaving';

async function countOthers(client: Client, applicationName: string): Promise<number> {
  const count = `select count(*)::int as others from pg_stat_activity
    where backend_type = 'client backend'
      and application_name <> $1 and application_name <> '${leaving}'`;
  try {
    // Said before the others are counted: of two that stop at once, at least the one that says it
    // later sees the other leave, so that they never leave it to each other.
    await client.query(`set application_name = '${leaving}'`);
    let others = 0;
    // A client that has just left is listed a moment longer.
    const readings = 10;
    for (let reading = 0; reading < readings; reading += 1) {
      others =
        (await client.query<{ others: number }>(count, [applicationName])).rows[0]?.others ?? 0;
      if (others === 0) break;
      await delay(20);
    }
    return others;
  } catch {
    // It is down, or hangs.
    return 0;
  }
}

function signalProcess(processId: number, signal: NodeJS.Signals): void {
  try {
    kill(processId, signal);
  } catch {
    // It ended by itself.
  }
}

async function waitUntil(isTrue: () => boolean, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (!isTrue()) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
}
