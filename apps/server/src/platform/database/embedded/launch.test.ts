import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process, { execPath, geteuid, kill, pid } from 'node:process';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type EmbeddedDatabase, type EmbeddedOptions, startEmbeddedDatabase } from './launch.ts';

vi.setConfig({ testTimeout: 30_000 });

// A data folder as good as new, since making one takes longer than most of these tests.
let pattern: string;
let home: string;
let lines: string[];
let started: EmbeddedDatabase[];
let children: ChildProcess[];

function makeHome(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'anteroom-test-'));
  // As root PostgreSQL runs as somebody else, who has to get in.
  fs.chmodSync(folder, 0o755);
  return folder;
}

beforeAll(async () => {
  pattern = join(makeHome(), 'data');
  const database = await startEmbeddedDatabase({ dataDirectory: pattern, log: () => {} });
  await database.stop();
});

afterAll(() => fs.rmSync(dirname(pattern), { recursive: true }));

beforeEach(() => {
  home = makeHome();
  lines = [];
  started = [];
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const database of started) await database.stop();
  fs.rmSync(home, { recursive: true, force: true });
});

/** Without a folder of its own it starts on the copy of the pattern, made the first time. */
async function start(
  folder?: string,
  options: Partial<EmbeddedOptions> = {},
): Promise<EmbeddedDatabase> {
  const dataDirectory = folder ?? join(home, 'data');
  if (!folder && !fs.existsSync(dataDirectory)) spawnSync('cp', ['-a', pattern, dataDirectory]);
  const log = (line: string) => lines.push(line);
  const database = await startEmbeddedDatabase({ dataDirectory, log, ...options });
  started.push(database);
  stopWithUs(database.dataDirectory);
  return database;
}

/** An interrupted test run has no time to clean up: a shell does, once its input from us ends. */
function stopWithUs(dataDirectory: string): void {
  const script = 'read -r _; kill -INT "$(head -n 1 "$0/postmaster.pid")"';
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  children.push(
    spawn('/bin/sh', ['-c', script, dataDirectory], { detached: true, stdio: [...stdio] }),
  );
}

async function query(database: Pick<EmbeddedDatabase, 'connection'>, text: string) {
  const client = new Client(database.connection);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

interface Other {
  child: ChildProcess;
  connection: EmbeddedDatabase['connection'];
  processId: number;
}

/** Another program of ours on the same data; it stops its database when its input ends. */
function spawnOther(dataDirectory: string, account: { uid?: number; gid?: number } = {}) {
  const script = `
    import { startEmbeddedDatabase } from ${JSON.stringify(join(import.meta.dirname, 'launch.ts'))};
    const database = await startEmbeddedDatabase({
      dataDirectory: ${JSON.stringify(dataDirectory)},
      log: () => {},
    });
    const { connection } = database;
    console.log(JSON.stringify({ connection, processId: database.processId() }));
    process.stdin.on('end', () => database.stop()).resume();
  `;
  const child = spawn(execPath, ['--input-type=module', '--eval', script], {
    ...account,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function startOther(...given: Parameters<typeof spawnOther>): Promise<Other> {
  const child = spawnOther(...given);
  if (child.stdout === null) throw new Error('no output to read');
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, ...JSON.parse(line) };
}

function isAlive(processId: number): boolean {
  try {
    kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process that says it serves the data folder; 0 when none does. */
function readLock(): number {
  const lock = join(home, 'data', 'postmaster.pid');
  return fs.existsSync(lock) ? Number.parseInt(fs.readFileSync(lock, 'utf8'), 10) : 0;
}

describe('the embedded database', () => {
  test('starts from nothing, keeps its data, and leaves no process', async () => {
    const first = await start(join(home, 'data'));
    await query(first, 'create table kept as select 42 as answer');
    await first.stop();
    expect(isAlive(first.processId())).toBe(false);
    expect(fs.readdirSync(home)).toEqual(['data']);

    const second = await start();
    expect(await query(second, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('writes durably, and can be reached through its own folder only', async () => {
    const database = await start();
    const names = `'fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'TimeZone'`;
    const select = `select name, setting from pg_settings where name in (${names}) order by 1`;
    expect(await query(database, select)).toEqual([
      { name: 'TimeZone', setting: 'UTC' },
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
    expect(fs.statSync(database.connection.host).mode & 0o777).toBe(0o700);
  });

  test('knows letters beyond ASCII and sorts by code point', async () => {
    const database = await start();
    expect(await query(database, `select lower('ÉÜ') as lower, 'Z' < 'a' as sorted`)).toEqual([
      { lower: 'éü', sorted: true },
    ]);
  });

  test('takes settings on top of its own', async () => {
    const database = await start(undefined, { settings: { work_mem: '7MB' } });
    expect(await query(database, 'show work_mem')).toEqual([{ work_mem: '7MB' }]);
  });

  test.each([
    ['a space', 'a folder'],
    ['quotes and a comma', `it's "mine", he said`],
    ['more bytes than the address of a socket has', 'long'.repeat(30)],
  ])('lives in a path with %s', async (_, name) => {
    const database = await start(join(home, name, 'data'));
    expect(await query(database, 'select 1 as one')).toEqual([{ one: 1 }]);
    const processId = database.processId();
    const again = await start(join(home, name, 'data'));
    expect(again.processId()).toBe(processId);
    expect(again.connection.host).toBe(database.connection.host);
    await database.stop();
    await again.stop();
    expect(fs.existsSync(join(again.connection.host, '.s.PGSQL.5432'))).toBe(false);
  });

  test('comes back by itself when its main process is killed, with all that was committed', async () => {
    const onRestart = vi.fn();
    const database = await start(undefined, { onRestart });
    await query(database, 'create table kept as select 42 as answer');
    for (let round = 1; round <= 3; round += 1) {
      const before = database.processId();
      const killedAt = performance.now();
      kill(before, 'SIGKILL');
      await vi.waitFor(() => expect(onRestart).toHaveBeenCalledTimes(round), {
        timeout: 3_000,
        interval: 5,
      });
      expect(await query(database, 'select answer from kept')).toEqual([{ answer: 42 }]);
      expect(performance.now() - killedAt).toBeLessThan(3_000);
      expect(database.processId()).not.toBe(before);
    }
  });

  test('stays the same server when one of its workers is killed', async () => {
    const onRestart = vi.fn();
    const database = await start(undefined, { onRestart });
    const [worker] = await query(
      database,
      `select pid from pg_stat_activity where backend_type = 'walwriter'`,
    );
    kill(worker.pid, 'SIGKILL');
    await vi.waitFor(() => query(database, 'select 1'), { timeout: 3_000 });
    expect(onRestart).not.toHaveBeenCalled();
  });

  test('stays down after a stop that meets a restart', async () => {
    const database = await start();
    kill(database.processId(), 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(database.processId())).toBe(false));
    await Promise.all([database.stop(), database.stop()]);
    await expect(query(database, 'select 1')).rejects.toThrow();
    const left = readLock();
    expect(left !== 0 && isAlive(left)).toBe(false);
  });

  test('is taken over, and watched, after its first owner was killed', async () => {
    const owner = await startOther(join(home, 'data'));
    await query(owner, 'create table kept as select 42 as answer');
    owner.child.kill('SIGKILL');
    await once(owner.child, 'exit');
    expect(isAlive(owner.processId)).toBe(true);

    const heir = await start();
    expect(heir.processId()).toBe(owner.processId);
    kill(owner.processId, 'SIGKILL');
    await vi.waitFor(() => query(heir, 'select answer from kept'), { timeout: 3_000 });
    const successor = readLock();
    expect(successor).not.toBe(owner.processId);
    await heir.stop();
    expect(isAlive(successor)).toBe(false);
  });

  test('stays for other programs, and goes with the last of them', async () => {
    const database = await start();
    const other = await startOther(join(home, 'data'));
    expect(other.processId).toBe(database.processId());
    await database.stop();
    expect(await query(other, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(lines.at(-1)).toContain('keeps running');
    other.child.stdin?.end();
    await once(other.child, 'exit');
    expect(isAlive(other.processId)).toBe(false);
  });

  test('goes when two programs leave at the same moment', async () => {
    const both = await Promise.all([start(), start()]);
    await Promise.all(both.map((database) => database.stop()));
    // Node may still have to collect a child that has ended.
    await vi.waitFor(() => expect(isAlive(both[0].processId())).toBe(false));
  });

  test('is one server when several programs start on a fresh folder at once', async () => {
    const folder = join(home, 'data');
    const [one, two, three] = await Promise.all([
      startOther(folder),
      startOther(folder),
      start(folder),
    ]);
    expect(one.processId).toBe(three.processId());
    expect(two.processId).toBe(three.processId());
    expect(fs.readdirSync(home)).toEqual(['data']);
  });

  test('starts over a lock file whose process number belongs to a stranger by now', async () => {
    const first = await start();
    await first.stop();
    const lock = [pid, first.dataDirectory, 1, 5432, first.connection.host, '', '', ''].join('\n');
    fs.writeFileSync(join(home, 'data', 'postmaster.pid'), lock);
    fs.writeFileSync(join(home, 'data', '.s.PGSQL.5432.lock'), lock);
    const second = await start();
    expect(second.processId()).not.toBe(pid);
    expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('recovers when it is killed while making the data folder', async () => {
    const child = spawnOther(join(home, 'data'));
    const making = () => fs.readdirSync(home).filter((name) => name.includes('making'));
    await vi.waitFor(
      () => {
        const [name = ''] = making();
        expect(fs.existsSync(join(home, name, 'data', 'base', '1', 'pg_filenode.map'))).toBe(true);
      },
      { timeout: 10_000, interval: 1 },
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(fs.existsSync(join(home, 'data'))).toBe(false);
    const database = await start(join(home, 'data'));
    expect(await query(database, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('begins a new log when the old one is long', async () => {
    const first = await start();
    await first.stop();
    const log = join(home, 'data', 'postgres.log');
    fs.appendFileSync(log, 'x'.repeat(5 * 1024 * 1024));
    await start();
    expect(fs.statSync(log).size).toBeLessThan(10_000);
    expect(fs.statSync(`${log}.1`).size).toBeGreaterThan(5_000_000);
  });

  test('keeps what people typed out of its log', async () => {
    const database = await start();
    await expect(query(database, `select 'Maria Muster'::int`)).rejects.toThrow();
    await database.stop();
    expect(fs.readFileSync(join(home, 'data', 'postgres.log'), 'utf8')).not.toContain('Muster');
  });
});

describe('what stands in the way is said in one sentence:', () => {
  test('data of another version', async () => {
    fs.mkdirSync(join(home, 'data'));
    fs.writeFileSync(join(home, 'data', 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(/is of PostgreSQL 17 .* choose another DATA_DIR\.$/);
  });

  test('a folder with other things in it', async () => {
    fs.mkdirSync(join(home, 'data'));
    fs.writeFileSync(join(home, 'data', 'thesis.txt'), 'mine');
    await expect(start()).rejects.toThrow('holds files that are no database');
    expect(fs.readdirSync(home)).toEqual(['data']);
    expect(fs.readdirSync(join(home, 'data'))).toEqual(['thesis.txt']);
  });

  test('a setting PostgreSQL refuses', async () => {
    const settings = { shared_buffers: 'plenty' };
    await expect(start(undefined, { settings })).rejects.toThrow(
      /does not start \(invalid value for parameter "shared_buffers".*\): see .*postgres\.log\.$/,
    );
  });

  test('a machine without a built-in PostgreSQL', async () => {
    const { arch } = process;
    const pretend = (value: string) => {
      Object.defineProperty(process, 'arch', { value });
      syncBuiltinESMExports();
    };
    pretend('abacus');
    try {
      await expect(start()).rejects.toThrow(/no built-in PostgreSQL for .*: set DATABASE_URL/);
    } finally {
      pretend(arch);
    }
  });
});

describe.skipIf(geteuid?.() !== 0)('started as root', () => {
  const stranger = { uid: 12_345, gid: 12_345 };

  test('the data lies elsewhere when the folder is closed to others, and the start says so', async () => {
    fs.chmodSync(home, 0o700);
    const database = await start(join(home, 'data'));
    try {
      expect(database.dataDirectory).toMatch(/^\/var\/lib\/anteroom\/[0-9a-f]{12}$/);
      expect(lines).toEqual([expect.stringContaining(database.dataDirectory)]);
      await query(database, 'create table kept as select 42 as answer');
      await database.stop();
      fs.chmodSync(home, 0o755);
      const again = await start(join(home, 'data'));
      expect(await query(again, 'select answer from kept')).toEqual([{ answer: 42 }]);
      await again.stop();
    } finally {
      fs.rmSync(database.dataDirectory, { recursive: true, force: true });
    }
  });

  test('the data of an ordinary user stays that user’s, even of one without a name', async () => {
    fs.chownSync(home, stranger.uid, stranger.gid);
    const other = await startOther(join(home, 'data'), stranger);
    await query(other, 'create table kept as select 42 as answer');
    other.child.stdin?.end();
    await once(other.child, 'exit');

    const database = await start();
    expect(await query(database, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await database.stop();
    expect(fs.statSync(join(home, 'data')).uid).toBe(stranger.uid);
  });

  test('data that root restored is given to the user PostgreSQL runs as', async () => {
    const first = await start();
    await first.stop();
    const folder = join(home, 'data');
    for (const name of ['', ...fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
      fs.lchownSync(join(folder, name), 0, 0);
    }
    const second = await start();
    expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(dirname(second.dataDirectory)).toBe(home);
  });

  test('an ordinary user who may not use the data hears why', async () => {
    const first = await start();
    await first.stop();
    const child = spawn(
      execPath,
      [
        '--input-type=module',
        '--eval',
        `
        import { install } from ${JSON.stringify(join(import.meta.dirname, 'install.ts'))};
        await install(${JSON.stringify(join(home, 'data'))}, () => {}).catch((error) => {
          process.stdout.write(error.message);
        });
      `,
      ],
      { ...stranger, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const chunks = await child.stdout.toArray();
    expect(Buffer.concat(chunks).toString()).toMatch(/^This user may not use the data folder /);
  });
});
