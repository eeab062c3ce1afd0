import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${processId}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The words of a process's command line; blank when it is gone. */
export function commandLineOf(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** The processes that this one has started and that still are. */
export function childrenOf(processId: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === processId);
}

function parentOf(processId: number): number | undefined {
  try {
    const line = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'));
    return Number(line?.[1]);
  } catch {
    return undefined;
  }
}

/** Memory that a process has in use, in MiB. */
export function memoryOf(processId: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, 'utf8'));
  return Number(line?.[1]) / 1024;
}
