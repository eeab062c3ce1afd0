import type { Database } from './index.ts';
import type { Statement } from './statement.ts';

/** What a forgetting statement answers: how many rows it deleted, at most as many as it was told. */
export interface Forgotten {
  rows: number;
}

/** So many rows are deleted in one transaction, which takes milliseconds. */
const batchRows = 1_000;
/** So many batches follow one another; the next sweep goes on. */
const mostBatches = 20;

/**
 * Deletes what has had its time, a batch after another, apart from the connections that requests use.
 * Answers how many rows; less than all of them when there are very many, or when another server is at it.
 */
export async function forget(
  database: Database,
  forgetting: Statement<Forgotten>,
  isStopped: () => boolean = () => false,
): Promise<number> {
  let forgotten = 0;
  for (let batch = 0; batch < mostBatches && !isStopped(); batch++) {
    const rows = (await database.apart.one(forgetting, [batchRows]))?.rows ?? 0;
    forgotten += rows;
    if (rows < batchRows) break;
  }
  return forgotten;
}
