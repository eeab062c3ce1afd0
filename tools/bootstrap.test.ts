import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 20_000 });

const broughtNode = `node_modules/node-${process.platform}-${process.arch}`;
const lock = {
  packages: {
    '': {},
    'node_modules/needed': { version: '1.2.3' },
    'node_modules/tool': { version: '2.0.0', dev: true },
    [broughtNode]: {
      version: '24.0.0',
      optional: true,
      os: [process.platform],
      cpu: [process.arch],
    },
    'node_modules/elsewhere': { version: '1.0.0', optional: true, os: ['abacus'], cpu: ['beads'] },
  },
};
const lockText = JSON.stringify(lock);

let root: string;
let children: ChildProcess[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'anteroom bootstrap '));
  children = [];
  mkdirSync(join(root, 'tools'));
  copyFileSync(join(import.meta.dirname, 'bootstrap.mjs'), join(root, 'tools', 'bootstrap.mjs'));
  write('package.json', '{"type":"module"}');
  write('package-lock.json', lockText);
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function writeProgram(text: string): void {
  write('apps/server/src/main.ts', text);
}

function markInstalled(): void {
  write('node_modules/.anteroom-installed', createHash('sha256').update(lockText).digest('hex'));
}

/** An npm that notes how it was called. */
function writeNpm(text: string): void {
  write(
    'npm/npm-cli.js',
    `import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
    appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
    ${text}`,
  );
}

interface Started {
  child: ChildProcess;
  output(): string;
  errors(): string;
  ended: Promise<number | null>;
}

function start(words: string[], { nodeOptions = [] as string[], env = {} } = {}): Started {
  const script = join(root, 'tools', 'bootstrap.mjs');
  const child = spawn(process.execPath, [...nodeOptions, script, ...words], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, npm_execpath: join(root, 'npm', 'npm-cli.js'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const texts = { output: '', errors: '' };
  child.stdout.on('data', (chunk) => {
    texts.output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    texts.errors += chunk;
  });
  return {
    child,
    output: () => texts.output,
    errors: () => texts.errors,
    ended: once(child, 'close').then(([code]) => code),
  };
}

async function shows(started: Started, text: string): Promise<void> {
  await vi.waitFor(() => expect(started.output() + started.errors()).toContain(text), {
    timeout: 10_000,
    interval: 10,
  });
}

describe('the program', () => {
  beforeEach(markInstalled);

  test('gets its words, runs in the root of the project, and decides the exit code', async () => {
    writeProgram(`
      console.log(JSON.stringify([process.argv.slice(2), process.cwd()]));
      process.exitCode = 7;
    `);
    const started = start(['anteroom', 'clients', 'list', 'a b']);
    expect(await started.ended).toBe(7);
    expect(JSON.parse(started.output())).toEqual([['clients', 'list', 'a b'], root]);
    expect(started.errors()).toBe('');
  });

  test('finds the programs of node_modules first', async () => {
    writeProgram(`console.log(process.env.PATH.split(':')[0]);`);
    const started = start(['serve']);
    await started.ended;
    expect(started.output().trim()).toBe(join(root, 'node_modules', '.bin'));
  });

  test('gives 128 and the number of the signal that ended it', async () => {
    writeProgram(`process.kill(process.pid, 'SIGKILL');`);
    expect(await start(['serve']).ended).toBe(137);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'gets %s and takes its time',
    async (signal) => {
      writeProgram(`
      const clock = setInterval(() => {}, 1000);
      process.once('${signal}', () => {
        clearInterval(clock);
        setTimeout(() => console.log('done'), 100);
        process.exitCode = 3;
      });
      console.log('ready');
    `);
      const started = start(['serve']);
      await shows(started, 'ready');
      started.child.kill(signal);
      expect(await started.ended).toBe(3);
      expect(started.output()).toContain('done');
    },
  );

  test('notices that its parent was killed', async () => {
    writeProgram(`
      process.on('disconnect', () => console.log('alone'));
      console.log('ready');
    `);
    const started = start(['serve']);
    await shows(started, 'ready');
    started.child.kill('SIGKILL');
    await shows(started, 'alone');
  });

  test('is refused by a sentence when there is no such command', async () => {
    const started = start(['dance']);
    expect(await started.ended).toBe(1);
    expect(started.errors()).toMatch(/^Say what to run: serve, .*\.\n$/);
  });
});

describe('under an old Node', () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } });`;
  const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`];

  function bringNode(firstLine: string): void {
    const path = `${broughtNode}/bin/node`;
    write(path, `#!/bin/sh\n${firstLine}\nexec '${process.execPath}' "$@"\n`);
    chmodSync(join(root, path), 0o755);
  }

  test('the one that npm brought runs the program', async () => {
    markInstalled();
    bringNode('echo brought');
    writeProgram(`console.log('ran');`);
    const started = start(['serve'], { nodeOptions });
    expect(await started.ended).toBe(0);
    expect(started.output()).toBe('brought\nran\n');
  });

  test('options it does not take are left out, and that is said', async () => {
    markInstalled();
    bringNode('test -z "$NODE_OPTIONS" || exit 9');
    writeProgram(`console.log('ran');`);
    const started = start(['serve'], { nodeOptions, env: { NODE_OPTIONS: '--no-warnings' } });
    expect(await started.ended).toBe(0);
    expect(started.errors()).toContain('NODE_OPTIONS is left out');
  });

  test('without another one the start says what is needed, before it installs', async () => {
    write('package-lock.json', '{"packages":{}}');
    const started = start(['serve'], { nodeOptions });
    expect(await started.ended).toBe(1);
    expect(started.errors()).toMatch(/^Node 24 or later is needed and this is 20\.1\.0: .*\.\n$/);
  });
});

describe('what is missing', () => {
  const calls = () => readFileSync(join(root, 'npm-calls'), 'utf8').trim().split('\n');

  beforeEach(() => writeProgram(`console.log('ran');`));

  test('is installed once, whole, and without scripts', async () => {
    writeNpm(`mkdirSync('node_modules'); console.log('words of npm');`);
    const first = start(['serve'], { env: { NODE_ENV: 'production' } });
    expect(await first.ended).toBe(0);
    expect(first.errors()).toMatch(
      /^Installing, because .*\nwords of npm\nInstalled in \d+ s\.\n$/,
    );
    expect(first.output()).toBe('ran\n');
    const second = start(['serve']);
    expect(await second.ended).toBe(0);
    expect(second.errors()).toBe('');
    expect(calls()).toEqual([
      'ci --ignore-scripts --include=dev --include=optional --loglevel=error',
    ]);
  });

  test('is installed again when the lock file asks for something else', async () => {
    writeNpm(`mkdirSync('node_modules', { recursive: true });`);
    await start(['serve']).ended;
    write('package-lock.json', `${lockText}\n`);
    await start(['serve']).ended;
    expect(calls()).toHaveLength(2);
  });

  test('is nothing after an install by hand, for which npm keeps a record', async () => {
    writeNpm(`mkdirSync('node_modules', { recursive: true });`);
    const { elsewhere: _, ...packages } = { ...lock.packages, elsewhere: undefined };
    const record = (without: string) =>
      JSON.stringify({
        packages: Object.fromEntries(
          Object.entries(packages).filter(([path]) => path !== '' && path !== without),
        ),
      });
    write('node_modules/.package-lock.json', record('node_modules/elsewhere'));
    await start(['serve']).ended;
    write('node_modules/.package-lock.json', record('node_modules/tool'));
    await start(['serve']).ended;
    expect(existsSync(join(root, 'npm-calls'))).toBe(false);

    await start(['check']).ended;
    expect(calls()).toHaveLength(1);
  });

  test('is installed by one of two that start at once; the other waits', async () => {
    writeNpm(`
      const wait = setInterval(() => {
        if (!existsSync('go')) return;
        clearInterval(wait);
        mkdirSync('node_modules');
      }, 10);
    `);
    const both = [start(['serve']), start(['serve'])] as const;
    await vi.waitFor(
      () => {
        const said = both.map((each) => each.errors()).join();
        expect(said).toContain('Installing');
        expect(said).toContain('Waiting');
      },
      { timeout: 10_000 },
    );
    write('go', '');
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(calls()).toHaveLength(1);
  });

  test('is installed although somebody died over it', async () => {
    writeNpm(`mkdirSync('node_modules');`);
    const dead = spawn(process.execPath, ['--version']);
    await once(dead, 'exit');
    write('.cache/installing/processes', `${dead.pid}\n`);
    expect(await start(['serve']).ended).toBe(0);
    expect(existsSync(join(root, '.cache', 'installing'))).toBe(false);
  });

  test('waits for an npm that outlives the one who started it', async () => {
    writeNpm(`setInterval(() => {}, 1000);`);
    const first = start(['serve']);
    const holders = join(root, '.cache', 'installing', 'processes');
    await vi.waitFor(() => expect(readFileSync(holders, 'utf8').match(/\d+/g)).toHaveLength(2), {
      timeout: 10_000,
    });
    const npm = Number(readFileSync(holders, 'utf8').split('\n')[1]);
    first.child.kill('SIGKILL');
    const second = start(['serve']);
    await shows(second, 'Waiting');
    writeNpm(`mkdirSync('node_modules');`);
    process.kill(npm, 'SIGKILL');
    expect(await second.ended).toBe(0);
  });

  test('is said when it cannot be installed, and how to go on', async () => {
    writeNpm(`console.error('no way'); process.exitCode = 5;`);
    const started = start(['serve']);
    expect(await started.ended).toBe(1);
    expect(started.errors()).toMatch(/no way\nThe installation failed \(npm ended with 5, .*\n$/);
    expect(existsSync(join(root, '.cache', 'installing'))).toBe(false);
  });

  test('stays missing after Ctrl-C', async () => {
    writeNpm(`
      process.on('SIGINT', () => process.exit(1));
      setInterval(() => {}, 1000);
      console.log('words of npm');
    `);
    const started = start(['serve']);
    await shows(started, 'words of npm');
    started.child.kill('SIGINT');
    expect(await started.ended).toBe(130);
    expect(started.errors()).not.toContain('failed');
  });
});

describe('the pages', () => {
  const builds = () => readFileSync(join(root, 'builds'), 'utf8').trim().split('\n');

  beforeEach(() => {
    markInstalled();
    writeProgram(`console.log('ran');`);
  });

  test('are built before the program serves, and its words stay its own', async () => {
    write('tools/build-pages.ts', `console.log('built');`);
    const started = start(['serve']);
    expect(await started.ended).toBe(0);
    expect(started.output()).toBe('ran\n');
    expect(started.errors()).toBe('built\n');
  });

  test('are no concern of commands that show none', async () => {
    write('tools/build-pages.ts', `console.log('built');`);
    const started = start(['anteroom']);
    expect(await started.ended).toBe(0);
    expect(started.errors()).toBe('');
  });

  test('stop the start when they cannot be built', async () => {
    write('tools/build-pages.ts', `console.error('no way'); process.exitCode = 4;`);
    const started = start(['serve']);
    expect(await started.ended).toBe(4);
    expect(started.output()).toBe('');
  });

  test('are built by one of two that start at once; the other waits', async () => {
    write(
      'tools/build-pages.ts',
      `import { appendFileSync, existsSync } from 'node:fs';
      appendFileSync('builds', 'begun\\n');
      const wait = setInterval(() => {
        if (!existsSync('go')) return;
        clearInterval(wait);
        appendFileSync('builds', 'done\\n');
      }, 10);`,
    );
    const both = [start(['serve']), start(['serve'])] as const;
    await vi.waitFor(
      () => expect(both.map((each) => each.errors()).join()).toContain('builds the pages'),
      { timeout: 10_000 },
    );
    write('go', '');
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(builds()).toEqual(['begun', 'done', 'begun', 'done']);
  });
});
