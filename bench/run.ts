/** The command line of the measurements: `run.ts [compare | bulk | growth | search | start | hostile | slow | soak | calls | first-frame | claimant | kill] [--quick]`. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureBulk } from './bulk.ts';
import { measureCalls } from './calls.ts';
import { measureClaimant } from './claimant.ts';
import { compare } from './compare.ts';
import { measureFirstFrame } from './first-frame.ts';
import { measureGrowth } from './growth.ts';
import { measureHostile } from './hostile.ts';
import { measureKills } from './kill.ts';
import { print } from './report.ts';
import { measureSearch } from './search.ts';
import { measureSlow } from './slow.ts';
import { measureSoak } from './soak.ts';
import { measureStart } from './start.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const [mode = 'compare'] = positionals;

const folder = mkdtempSync(join(tmpdir(), 'anteroom-bench-'));
// Started by root, the database runs as somebody else and must get in.
chmodSync(folder, 0o755);

const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
const defer = (close: () => unknown) => closers.push(close);

let unwinding: Promise<void> | undefined;

/** Closes in reverse order, each once and after the other; asked again, waits for the same end. */
function unwind(): Promise<void> {
  const closeAll = async () => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  unwinding ??= closeAll();
  return unwinding;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => unwind().finally(() => process.exit(1)));
}

/** The last errors in the server's log, which is about to be removed. */
function faultsInLog(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => /"level":[56]0/.test(line)).slice(-5);
}

/** True when every limit is kept. */
function measure(): Promise<boolean> {
  switch (mode) {
    case 'compare':
      return compare(folder, defer, values.quick);
    case 'bulk':
      return measureBulk(folder, defer, values.quick);
    case 'growth':
      return measureGrowth(folder, defer, values.quick ? 10_000 : 1_000_000);
    case 'search':
      return measureSearch(folder, defer, values.quick ? 10_000 : 1_000_000);
    case 'start':
      return measureStart(folder, defer);
    case 'hostile':
      return measureHostile(folder, defer, values.quick ? 200 : 20_000);
    case 'slow':
      return measureSlow(folder, defer, values.quick);
    case 'calls':
      return measureCalls(folder, defer, values.quick);
    case 'first-frame':
      return measureFirstFrame(folder, defer, values.quick);
    case 'claimant':
      return measureClaimant(folder, defer, values.quick);
    case 'kill':
      return measureKills(folder, defer, values.quick);
    case 'soak':
      return measureSoak(folder, defer, values.quick ? 3 : 600);
    default:
      throw new Error(
        `there is no measurement '${mode}': compare, bulk, growth, search, start, hostile, slow, soak, calls, first-frame, claimant, kill`,
      );
  }
}

try {
  const kept = await measure();
  if (values.quick) print('\nA quick run only proves that the measurement runs.');
  else if (!kept) process.exitCode = 1;
} catch (error) {
  print(error instanceof Error ? error.message : String(error));
  for (const fault of faultsInLog(join(folder, 'anteroom.log'))) print(fault);
  process.exitCode = 1;
} finally {
  await unwind();
}
