import type { TestInstallation } from './installation.ts';
import { isAlive } from './processes.ts';
import { type Fault, type Outcome, progress, runUnderLoad, timesUntilNormal } from './rounds.ts';
import { strike } from './strike.ts';

export interface DatabaseKillOptions {
  rounds: number;
  signal: 'SIGKILL' | 'SIGINT';
  /** Done before the first kill. */
  prepare?(installation: TestInstallation): Promise<void>;
}

export interface DatabaseKillOutcome extends Outcome {
  /** For each round the milliseconds until the last call that it spoilt had ended. */
  recoveriesMs: number[];
  /** True when the server's process was the same to the end. */
  isSameServer: boolean;
}

/** Ends PostgreSQL's main process at random moments under 32 writers; nobody starts anything again. */
export async function killDatabaseUnderLoad(
  options: DatabaseKillOptions,
): Promise<DatabaseKillOutcome> {
  const faults: Fault[] = [];
  let isSameServer = false;
  const outcome = await runUnderLoad({
    async disturb({ installation, server, load, random }) {
      await options.prepare?.(installation);
      await progress(load, 200);
      for (let round = 1; round <= options.rounds; round += 1) {
        const [at = 0] = await strike({
          processId: await installation.postmaster(),
          word: installation.dataDirectory,
          deed: options.signal,
          afterMs: Math.floor(random() * 500),
        });
        faults.push({ from: at, to: at });
        await progress(load, 300);
      }
      isSameServer = isAlive(server.processId);
    },
  });
  const recoveriesMs = timesUntilNormal(outcome.failures, faults);
  return { ...outcome, recoveriesMs, isSameServer };
}
