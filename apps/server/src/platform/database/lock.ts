import { Client } from 'pg';
import { connectionSettings } from './connection.ts';

const retryLockMs = 500;

/**
 * Makes sure that one process alone serves an embedded database: a lock in the database itself,
 * which ends with the process however it ends. Throws a sentence when another one serves it;
 * `onTaken` is called with it when another one took the lock while the database was away.
 */
export async function lockServing(
  ownerUrl: string,
  dataDirectory: string,
  onTaken: (error: Error) => void,
): Promise<() => Promise<void>> {
  const taken = () =>
    new Error(`Another Anteroom is already running on the data in ${dataDirectory}.`);
  let client: Client;
  let retry: NodeJS.Timeout | undefined;
  let isReleased = false;
  async function take(): Promise<boolean> {
    client = new Client(connectionSettings(ownerUrl));
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query(
      "select pg_try_advisory_lock(hashtext('anteroom.serve')) as is_ours",
    );
    client.once('end', takeAgain);
    return rows[0].is_ours;
  }
  // The lock went with the database's connections; the database comes back, and so does the lock.
  function takeAgain(): void {
    if (isReleased) return;
    retry = setTimeout(() => {
      take().then((isOurs) => {
        if (!isOurs) onTaken(taken());
      }, takeAgain);
    }, retryLockMs);
    retry.unref();
  }
  async function release(): Promise<void> {
    isReleased = true;
    clearTimeout(retry);
    await client.end();
  }
  if (!(await take())) {
    await release();
    throw taken();
  }
  return release;
}
