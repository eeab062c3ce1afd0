/** How soon the server answers, and what it takes while nobody asks. */

import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { family, memoryMegabytes } from './processes.ts';
import { median, printVerdicts } from './report.ts';
import { startAnteroom } from './servers.ts';

const starts = 5;
const idleMilliseconds = 5000;

/** Measures and prints; true when every limit is kept. */
export async function measureStart(
  folder: string,
  defer: (close: () => unknown) => void,
): Promise<boolean> {
  const fresh: number[] = [];
  const warm: number[] = [];
  const memory: number[] = [];
  for (let number = 1; number <= starts; number += 1) {
    const own = join(folder, `start-${number}`);
    mkdirSync(own);
    // Whoever the database runs as must get in, whatever this user's umask says.
    chmodSync(own, 0o755);
    for (const times of [fresh, warm]) {
      const anteroom = await startAnteroom(own);
      defer(anteroom.stop);
      times.push(anteroom.startMilliseconds / 1000);
      if (times === warm && number === starts) {
        await sleep(idleMilliseconds);
        const { server, postmaster } = anteroom.processes;
        memory.push(memoryMegabytes([server, ...family(postmaster)]));
      }
      await anteroom.stop();
    }
  }
  return printVerdicts([
    { name: 'first answer, fresh data folder, s', value: median(fresh), limit: 3, want: 'at most' },
    { name: 'first answer, later starts, s', value: median(warm), limit: 1, want: 'at most' },
    { name: 'idle memory, MB', value: median(memory), limit: 250, want: 'at most' },
  ]);
}
