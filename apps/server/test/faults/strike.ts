import { execFile } from 'node:child_process';
import process, { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const killer = fileURLToPath(new URL('./killer.ts', import.meta.url));

export interface Strike {
  processId: number;
  /** Must stand in the command line of every process that is struck. */
  word: string;
  /** A signal, or for how long to stop the process and its children. */
  deed: NodeJS.Signals | { pauseMs: number };
  afterMs?: number;
}

/**
 * Lets the killer strike. Resolves with the moments at which it did, in milliseconds of `now`: one
 * for a signal, both ends of a pause.
 */
export async function strike({ processId, word, deed, afterMs = 0 }: Strike): Promise<number[]> {
  const verb = typeof deed === 'string' ? deed : `pause:${deed.pauseMs}`;
  const words = [killer, String(afterMs), word, verb, String(processId)];
  const { stdout } = await promisify(execFile)(execPath, words);
  return stdout
    .trim()
    .split('\n')
    .map((nanoseconds) => Number(BigInt(nanoseconds) / 1000n) / 1000);
}

/** Monotonic milliseconds, the same for all processes of the machine. */
export const now = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** Random numbers from a seed (mulberry32), so that a red run can be run again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
