// What stands behind every npm script: installs what is missing, finds a Node that can run
// TypeScript, starts the program once, hands signals on and ends with its exit code.
// Runs under Node 18 and later, where nothing is installed yet: plain JavaScript, no dependency.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { constants } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const commands = {
  // What a request leaves behind dies young: room for it spares its being moved about (MiB).
  serve: ['--max-semi-space-size=32', 'apps/server/src/main.ts', 'serve'],
  anteroom: ['apps/server/src/main.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  check: ['tools/check.ts'],
  generate: ['tools/generate.ts'],
  bench: ['bench/run.ts'],
  sdk: ['tools/build-sdk.ts'],
};
/** What shows pages to people, and so wants them as their sources are. */
const commandsWithPages = ['serve', 'test'];
const neededMajor = 24;
// Longer than any install takes, in case a number of a process is used again.
const turnLimitMs = 15 * 60_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const marker = join(modules, '.anteroom-installed');
const broughtNode = `node-${process.platform}-${process.arch}`;

/** A fault whose message says all that whoever started this needs. */
class Refusal extends Error {}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function main([command = '', ...rest]) {
  if (!Object.hasOwn(commands, command)) {
    throw new Refusal(`Say what to run: ${Object.keys(commands).join(', ')}.`);
  }
  const lockText = fs.readFileSync(join(root, 'package-lock.json'), 'utf8');
  const lock = {
    hash: createHash('sha256').update(lockText).digest('hex'),
    ...JSON.parse(lockText),
  };
  if (!isNewEnough() && !lock.packages[`node_modules/${broughtNode}`]) throw tooOld();
  const withTools = command !== 'serve' && command !== 'anteroom';
  const code = await installMissing(lock, withTools);
  if (code !== 0) return code;
  const node = findNode();
  if (commandsWithPages.includes(command)) {
    const built = await buildPages(node);
    if (built !== 0) return built;
  }
  const { exitCode } = await run(node, [...commands[command], ...rest], {
    // The channel ends when this process does, which tells the program that its parent is gone.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: environmentFor(node),
  });
  return exitCode;
}

/** Leaves `node_modules` as the lock file wants it; gives the exit code, 0 when all is there. */
async function installMissing(lock, withTools) {
  if (whyInstall(lock, withTools) === undefined) return 0;
  if (fs.existsSync(modules) && !(isWritable(root) && isWritable(modules))) {
    say('node_modules differs from package-lock.json and cannot be written: going on with it.');
    return 0;
  }
  const turn = await takeTurn('installing', 'installs what is missing');
  try {
    const reason = whyInstall(lock, withTools);
    return reason === undefined ? 0 : await install(lock, reason, turn);
  } finally {
    fs.rmSync(turn, { recursive: true, force: true });
  }
}

/** Undefined when nothing is to be done. */
function whyInstall(lock, withTools) {
  if (readOr(marker, '') === lock.hash) return undefined;
  // npm's own record, written when an install by hand was complete.
  const record = readOr(join(modules, '.package-lock.json'), undefined);
  if (record === undefined) {
    return fs.existsSync(modules) ? 'the last time did not get to its end' : 'nothing is here yet';
  }
  const installed = JSON.parse(record).packages;
  const missing = Object.entries(lock.packages).some(([path, { version, ...wanted }]) => {
    if (path === '' || (wanted.dev && !withTools)) return false;
    if (wanted.optional && !isForThisMachine(wanted)) return false;
    return installed[path] === undefined || installed[path].version !== version;
  });
  return missing ? 'package-lock.json asks for more than is installed' : undefined;
}

// Optional packages without these are at npm's discretion.
function isForThisMachine({ os = [], cpu = [], libc }) {
  return os.includes(process.platform) && cpu.includes(process.arch) && libc === undefined;
}

async function install(lock, reason, turn) {
  say(`Installing, because ${reason}; this needs the network, and takes a minute or two, once.`);
  const since = Date.now();
  const seconds = () => Math.round((Date.now() - since) / 1000);
  const progress = setInterval(() => say(`Still installing, ${seconds()} s so far.`), 10_000);
  // Tools included, whatever NODE_ENV or npm's settings say: one install serves every command.
  // Warnings are left out: they are of engines, and the Node that counts comes with the packages.
  const options = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ];
  // Whoever started us may be another package manager.
  const npm = process.env.npm_execpath ?? '';
  const [program, ...first] = basename(npm) === 'npm-cli.js' ? [process.execPath, npm] : ['npm'];
  // What the program itself prints stays alone on the standard output.
  const outcome = run(program, [...first, ...options], { stdio: ['inherit', 2, 2] }, (pid) => {
    // Should this process be killed, the next one has to wait for the npm that goes on.
    fs.appendFileSync(join(turn, 'processes'), `${pid}\n`);
  });
  const { exitCode, signal } = await outcome.finally(() => clearInterval(progress));
  if (signal) return 128 + constants.signals[signal];
  if (exitCode !== 0) {
    throw new Refusal(
      `The installation failed (npm ended with ${exitCode}, its reason is above): check the ` +
        'network and the space on the disk, then start again.',
    );
  }
  fs.writeFileSync(marker, lock.hash);
  say(`Installed in ${seconds()} s.`);
  return 0;
}

/** Builds the pages whose sources changed, one process at a time; gives the exit code. */
async function buildPages(node) {
  const program = 'tools/build-pages.ts';
  if (!fs.existsSync(join(root, program)) || !isWritable(root)) return 0;
  const turn = await takeTurn('building-pages', 'builds the pages');
  try {
    const options = { stdio: ['ignore', 2, 2], env: environmentFor(node) };
    const { exitCode } = await run(node, [program], options, (pid) => {
      fs.appendFileSync(join(turn, 'processes'), `${pid}\n`);
    });
    return exitCode;
  } finally {
    fs.rmSync(turn, { recursive: true, force: true });
  }
}

/**
 * Waits while another process does the same work here; gives the folder that stands for the turn,
 * to be removed afterwards. It lies outside `node_modules`, which npm removes.
 */
async function takeTurn(name, work) {
  const turn = join(root, '.cache', name);
  let hasSaid = false;
  for (;;) {
    try {
      fs.mkdirSync(dirname(turn), { recursive: true });
      fs.mkdirSync(turn);
      fs.writeFileSync(join(turn, 'processes'), `${process.pid}\n`);
      return turn;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new Refusal(
          `Nothing can be written in ${root} (${error.message}): ` +
            'start once as the user it belongs to.',
        );
      }
    }
    const holders = readOr(join(turn, 'processes'), '');
    const since = fs.statSync(turn, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (isAbandoned(holders, Date.now() - since)) {
      removeAbandoned(turn, holders);
      continue;
    }
    if (!hasSaid) say(`Waiting for another process that ${work}.`);
    hasSaid = true;
    await delay(100);
  }
}

function isAbandoned(holders, ageMs) {
  // Between making the folder and writing the number lie a few milliseconds.
  if (holders === '') return ageMs > 5_000;
  return (
    ageMs > turnLimitMs ||
    !holders
      .trim()
      .split('\n')
      .some((pid) => isAlive(Number(pid)))
  );
}

/** Of those who wait only one can rename it; should that be a new one by now, it goes back. */
function removeAbandoned(turn, holders) {
  const aside = `${turn}-${process.pid}`;
  try {
    fs.renameSync(turn, aside);
    if (readOr(join(aside, 'processes'), '') === holders) fs.rmSync(aside, { recursive: true });
    else fs.renameSync(aside, turn);
  } catch (error) {
    if (!['ENOENT', 'EEXIST', 'ENOTEMPTY'].includes(error.code)) throw error;
  }
}

function findNode() {
  if (isNewEnough()) return process.execPath;
  const node = join(modules, broughtNode, 'bin', 'node');
  if (!fs.existsSync(node)) throw tooOld();
  return node;
}

function isNewEnough() {
  return Number.parseInt(process.versions.node, 10) >= neededMajor;
}

function tooOld() {
  return new Refusal(
    `Node ${neededMajor} or later is needed and this is ${process.versions.node}: ` +
      'install it from https://nodejs.org and start again.',
  );
}

function environmentFor(node) {
  const path = [join(modules, '.bin'), process.env.PATH].filter(Boolean).join(delimiter);
  const env = { ...process.env, PATH: path };
  // Options meant for the Node that was started may be unknown to the one that runs.
  if (env.NODE_OPTIONS && spawnSync(node, ['--version'], { env }).status !== 0) {
    say(`NODE_OPTIONS is left out, because Node ${neededMajor} does not take it.`);
    delete env.NODE_OPTIONS;
  }
  return env;
}

/**
 * Runs a program to its end. Gives its exit code, 128 and more when a signal ended it, and the
 * signal that was handed on to it, if any. `started` hears the number of its process.
 */
async function run(program, words, options, started = () => {}) {
  const child = spawn(program, words, { cwd: root, ...options });
  let signal;
  const handOn = (received) => {
    signal = received;
    child.kill(received);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of signals) process.on(name, handOn);
  // Of a signal sent to npm only the shell between npm and us may hear, and dies of it in silence.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (!process.env.npm_lifecycle_event || process.ppid === parent) return;
    clearInterval(watch);
    handOn('SIGTERM');
  }, 500);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', (error) => {
        reject(new Refusal(`${program} cannot be started (${error.message}): is it installed?`));
      });
      child.on('spawn', () => started(child.pid));
      child.on('exit', (code, ending) => {
        resolve({ exitCode: code ?? 128 + constants.signals[ending], signal });
      });
    });
  } finally {
    clearInterval(watch);
    for (const name of signals) process.off(name, handOn);
  }
}

function isWritable(path) {
  try {
    fs.accessSync(path, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readOr(path, otherwise) {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
