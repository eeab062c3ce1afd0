import { DatabaseError } from 'pg';
import { refuse } from '../errors.ts';
import type { PipelinedConnection } from './connection.ts';
import type { Call } from './statement.ts';

interface Waiting extends Call {
  resolve(rows: unknown[]): void;
  reject(error: unknown): void;
}

const settle = ({ resolve, reject }: Waiting, rows: Promise<unknown[]>) => {
  rows.then(resolve, reject);
};

interface Gathering {
  waiting: Waiting[];
  /** Transactions sent and not answered. */
  underWay: number;
  isDue: boolean;
}

/** More than this many do not travel together. */
const mostTogether = 8;
/** Several, so that one executes while others wait for the disk, or for us to read and to write. */
const mostUnderWay = 3;
/** More than this many of one organisation are refused at once. */
const mostGathered = 500;

/**
 * Lets commands of one organisation that wait at the same time share a transaction: its setting, its
 * commit and its wait for the disk then cost once. While some are under way the next ones gather: the
 * busier it is, the more travel together.
 *
 * The callers do not notice. An answer comes after the commit; should one command fail, or wait for
 * a lock, all were undone and each runs again by itself.
 */
export function shareTransactions(
  /** The connection to use; throws when there is none. */
  choose: () => PipelinedConnection,
  /** Runs a command where nobody waits behind it. */
  runAlone: (organisation: string, call: Call) => Promise<unknown[]>,
) {
  const gatherings = new Map<string, Gathering>();

  function sendSoon(organisation: string, gathering: Gathering): void {
    if (gathering.isDue || gathering.underWay === mostUnderWay) return;
    gathering.isDue = true;
    // What arrives in this turn of the event loop comes along.
    setImmediate(async () => {
      gathering.isDue = false;
      gathering.underWay += 1;
      await runTogether(organisation, gathering.waiting.splice(0, mostTogether));
      gathering.underWay -= 1;
      if (gathering.waiting.length > 0) sendSoon(organisation, gathering);
      else if (gathering.underWay === 0 && !gathering.isDue) gatherings.delete(organisation);
    });
  }

  async function runTogether(organisation: string, all: readonly Waiting[]): Promise<void> {
    let known: Waiting[] = [];
    try {
      const connection = choose();
      // A command that has to be parsed first goes alone: where a failure makes the server skip the
      // parsing, the connection would take the command for known ever after.
      known = all.filter(({ asked }) => connection.knows(asked));
      for (const waiting of all)
        if (!known.includes(waiting))
          settle(
            waiting,
            connection.run(organisation, [waiting]).then(([rows]) => rows as unknown[]),
          );
      if (known.length === 0) return;
      const rows = await connection.run(organisation, known, 'shared');
      for (const [index, { resolve }] of known.entries()) resolve(rows[index] as unknown[]);
    } catch (error) {
      // Only PostgreSQL's own word says that nothing was committed; otherwise nobody knows.
      const isUndone = error instanceof DatabaseError && error.severity === 'ERROR';
      for (const waiting of known.length > 0 ? known : all) {
        if (isUndone) settle(waiting, runAlone(organisation, waiting));
        else waiting.reject(error);
      }
    }
  }

  /** The command's rows, once they are committed. */
  const run = (organisation: string, { asked, values }: Call): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      let gathering = gatherings.get(organisation);
      if (!gathering) {
        gathering = { waiting: [], underWay: 0, isDue: false };
        gatherings.set(organisation, gathering);
      }
      if (gathering.waiting.length >= mostGathered) reject(refuse('unavailable'));
      else {
        gathering.waiting.push({ asked, values, resolve, reject });
        sendSoon(organisation, gathering);
      }
    });
  /** How many commands have not been sent yet. */
  const waiting = () =>
    [...gatherings.values()].reduce((sum, gathering) => sum + gathering.waiting.length, 0);

  return { run, waiting };
}
