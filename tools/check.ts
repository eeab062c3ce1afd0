// The gate before every commit: all checks that need no running product, two at a time.
//
//   npm run check            one line per check, and the end of what a failing one said
//   npm run check -- --fix   first write whatever can be written: generated files, formatting
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Check {
  name: string;
  command: string[];
  /** Writes what the check would otherwise complain about. */
  fix?: string[];
}

const root = join(import.meta.dirname, '..');
const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
const deadlineMilliseconds = 300_000;
const linesShown = 40;

const checks: Check[] = [
  {
    name: 'types',
    command: ['tsc', '--noEmit'],
  },
  ...[
    'apps/server/src/manual/browser',
    'packages/call',
    'packages/call/test',
    'packages/ui',
    'apps/claimant',
    'apps/portal',
  ].map((folder) => ({
    name: `types in browsers: ${folder}`,
    command: ['tsc', '--noEmit', '-p', folder],
  })),
  {
    name: 'dead code',
    command: ['knip', '--no-progress'],
  },
  {
    name: 'imports',
    command: ['node', 'tools/check-imports.ts'],
    fix: ['node', 'tools/check-imports.ts', '--write'],
  },
  {
    name: 'dependencies',
    command: ['node', 'tools/check-dependencies.ts'],
    fix: ['node', 'tools/check-dependencies.ts', '--write'],
  },
  {
    name: 'generated files',
    command: ['node', 'tools/generate.ts', '--check'],
    fix: ['node', 'tools/generate.ts'],
  },
  {
    name: 'format and lint',
    command: ['biome', 'check', '--error-on-warnings'],
    fix: ['biome', 'check', '--write'],
  },
].filter(({ command }) => command[0] !== 'node' || existsSync(join(root, command[1] ?? '')));

/** Runs one command to its end, and says how it went. */
function run([file = '', ...parameters]: string[]): Promise<{ passed: boolean; output: string }> {
  const options = { cwd: root, env: { ...process.env, PATH: path }, timeout: deadlineMilliseconds };
  return new Promise((resolve) => {
    execFile(file, parameters, options, (error, stdout, stderr) => {
      const ending = error && typeof error.code !== 'number' ? `${error.message}\n` : '';
      resolve({ passed: !error, output: `${stdout}${stderr}${ending}` });
    });
  });
}

if (process.argv.includes('--fix')) {
  for (const { fix } of checks) if (fix) await run(fix);
}

let failed = 0;
const waiting = checks.values();

async function work(): Promise<void> {
  for (const { name, command } of waiting) {
    const startedAt = performance.now();
    const { passed, output } = await run(command);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${passed ? 'pass' : 'FAIL'}  ${name} (${command.join(' ')}, ${seconds} s)`);
    if (passed) continue;
    failed += 1;
    const lines = output.trimEnd().split('\n').slice(-linesShown);
    console.log(lines.map((line) => `      ${line}`).join('\n'));
  }
}

await Promise.all([work(), work()]);
console.log(`${checks.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
