// Sends signals, in a process of its own: a killer inside the load would pause the load, and the
// kill would land in silence. Each process is checked by its command line first.
//
//   node killer.ts AFTER_MS WORD SIGNAL PROCESS_ID
//   node killer.ts AFTER_MS WORD pause:MS PROCESS_ID     stops it and its children, then continues
//
// Says on its output when it struck: monotonic nanoseconds, which are the same for all processes.

import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf, commandLineOf } from './processes.ts';

const [afterMs = '', word = '', deed = '', target = ''] = process.argv.slice(2);

function strike(processId: number, signal: NodeJS.Signals): void {
  const commandLine = commandLineOf(processId);
  if (!commandLine.includes(word)) {
    throw new Error(`process ${processId} is no ${word}: ${commandLine}`);
  }
  process.kill(processId, signal);
}

const tellTime = () => process.stdout.write(`${process.hrtime.bigint()}\n`);

const main = Number(target);
await delay(Number(afterMs));
if (deed.startsWith('pause:')) {
  strike(main, 'SIGSTOP');
  // Stopped, it starts no more children.
  const children = childrenOf(main);
  for (const child of children) strike(child, 'SIGSTOP');
  tellTime();
  await delay(Number(deed.slice('pause:'.length)));
  for (const processId of [...children, main]) strike(processId, 'SIGCONT');
} else {
  strike(main, deed as NodeJS.Signals);
}
tellTime();
