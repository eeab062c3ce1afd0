// Sends signals, in a process of its own: a killer inside the load would pause the load, and the
// kill would land in silence. Each process is checked by its command line first.
//
//   node killer.ts AFTER_MS WORD SIGNAL PROCESS_ID
//   node killer.ts AFTER_MS WORD pause:MS PROCESS_ID     stops it and its children, then continues
//
// Says on its output when it struck: monotonic nanoseconds, which are the same for all processes.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const [afterMs = '', word = '', deed = '', target = ''] = process.argv.slice(2);

function strike(processId: number, signal: NodeJS.Signals): void {
  const commandLine = readFileSync(`/proc/${processId}/cmdline`, 'utf8').replaceAll('\0', ' ');
  if (!commandLine.includes(word)) {
    throw new Error(`process ${processId} is no ${word}: ${commandLine}`);
  }
  process.kill(processId, signal);
}

const main = Number(target);
await delay(Number(afterMs));
if (deed.startsWith('pause:')) {
  strike(main, 'SIGSTOP');
  // Stopped, it starts no more children.
  const children = readFileSync(`/proc/${main}/task/${main}/children`, 'utf8');
  const stopped = children.trim().split(' ').filter(Boolean).map(Number);
  for (const child of stopped) strike(child, 'SIGSTOP');
  process.stdout.write(`${process.hrtime.bigint()}\n`);
  await delay(Number(deed.slice('pause:'.length)));
  for (const processId of [...stopped, main]) strike(processId, 'SIGCONT');
} else {
  strike(main, deed as NodeJS.Signals);
}
process.stdout.write(`${process.hrtime.bigint()}\n`);
