/** What processes cost, as Linux counts it under /proc. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Linux shows processor time in ticks of 10 ms to every program, whatever the kernel's own. */
const microsecondsPerTick = 10_000;

/** The processes whose cost belongs to one server. */
export interface Processes {
  server: number;
  /** The parent of every process of the database. */
  postmaster: number;
}

/** The words of /proc/<id>/stat after the command's name; undefined when the process is gone. */
function stat(id: number): string[] | undefined {
  try {
    const line = readFileSync(`/proc/${id}/stat`, 'latin1');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The process and its children. */
export function family(parent: number): number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((id) => id > 0 && Number(stat(id)?.[1]) === parent);
  return [parent, ...children];
}

/**
 * Processor time used so far, user and system, including the children that have ended (which the
 * parent's own line counts; the parent is read last so that none falls between).
 */
export function processorMicroseconds(processes: number[]): number {
  return processes
    .toReversed()
    .flatMap((id) => stat(id)?.slice(11, 15) ?? [])
    .reduce((sum, ticks) => sum + Number(ticks) * microsecondsPerTick, 0);
}

/** Memory in use in megabytes; what processes share is divided among them (PSS). */
export function memoryMegabytes(processes: number[]): number {
  const kilobytes = processes
    .filter((id) => existsSync(`/proc/${id}`))
    .map((id) => readFileSync(`/proc/${id}/smaps_rollup`, 'latin1'))
    .reduce((sum, text) => sum + Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0), 0);
  return kilobytes / 1024;
}
