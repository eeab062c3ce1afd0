import process from 'node:process';
import { eventually } from '../harness.ts';
import { install } from './installation.ts';
import { childrenOf, isAlive } from './processes.ts';
import { now } from './strike.ts';

export interface Stop {
  /** What each accepted request was answered: a status, or why there was none. */
  answers: (number | string)[];
  ended: { code: number | null; signal: NodeJS.Signals | null };
  /** True when the server was still there once it had stopped to be ready. */
  isWaiting: boolean;
  /** From the signal to the end of the process. */
  lastedMs: number;
  /** Of the server and its database. */
  processesLeft: number[];
}

/** Tells a server to stop that has accepted so many changes, all of which wait for the database. */
export async function stopUnderRequests(
  requests: number,
  nodeOptions: string[] = [],
): Promise<Stop> {
  const installation = await install(nodeOptions);
  try {
    const { url, token, server } = installation;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const address = `${url}/api/v1/appointments`;
    const ids: string[] = [];
    for (let count = 0; count < requests; count++) {
      const body = JSON.stringify({
        reference: `stop-${count}`,
        appointment_at: new Date(Date.now() + 86_400_000).toISOString(),
        duration_in_minutes: 30,
        claimant: { name: 'Ada Example' },
      });
      const answer = await fetch(address, { method: 'POST', headers, body });
      ids.push(((await answer.json()) as { data: { id: string } }).data.id);
    }
    const postmaster = await installation.postmaster();
    const processes = [server.processId, postmaster, ...childrenOf(postmaster)];

    // Every change waits for a row that somebody else holds.
    const outside = await installation.connect();
    await outside.query('begin; select from appointments for update');
    const body = JSON.stringify({ duration_in_minutes: 45 });
    const slow = ids.map((id) => fetch(`${address}/${id}`, { method: 'PATCH', headers, body }));
    const settled = Promise.allSettled(slow);
    await eventually(async () => {
      const { rows } = await outside.query(
        `select from pg_stat_activity where usename = 'anteroom_app' and wait_event_type = 'Lock'`,
      );
      return rows.length >= 4;
    });

    // What came before an answer has been read: from here on all of them count as accepted.
    for (let count = 0; count < 5; count++) await fetch(`${url}/healthz`);

    const stoppedAt = now();
    process.kill(server.processId, 'SIGTERM');
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      );
    await eventually(async () => !(await isReady()), 500);
    // Still no answer: it waits for them.
    const isWaiting = isAlive(server.processId);
    // In a build that has ended, the database may be gone as well.
    await outside.query('rollback').catch(() => {});
    await outside.end().catch(() => {});

    const answers = (await settled).map((result) =>
      result.status === 'fulfilled' ? result.value.status : String(result.reason.cause),
    );
    const ended = await server.ended;
    const lastedMs = now() - stoppedAt;
    return { answers, ended, isWaiting, lastedMs, processesLeft: processes.filter(isAlive) };
  } finally {
    await installation.remove();
  }
}
