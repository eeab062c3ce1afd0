/** What a thousand slow clients do to everyone else, and what becomes of them. */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSlowClients } from '../apps/server/test/faults/slow-clients.ts';
import { type Answer, Connection, requestText } from './connection.ts';
import { appointmentsPath, createBodies, freshReference } from './example.ts';
import { memoryMegabytes } from './processes.ts';
import { print, printVerdicts } from './report.ts';
import { type Anteroom, startAnteroom } from './servers.ts';

const appointments = 100;
const connectionCount = 8;
const aloneMilliseconds = 10_000;
/** The longest that a client may stay, and some patience. */
const besideMilliseconds = 150_000;

/** Measures gets without and beside them, until the last one is cut; true when limits are kept. */
export async function measureSlow(
  folder: string,
  defer: (close: () => unknown) => void,
  quick: boolean,
): Promise<boolean> {
  const anteroom = await startAnteroom(folder);
  defer(anteroom.stop);
  const { url, headers, processes } = anteroom;
  const ids: string[] = [];
  for (let number = 0; number < appointments; number++) ids.push(await create(anteroom, number));
  const openFiles = () => readdirSync(`/proc/${processes.server}/fd`).length;

  const alone = await measureGets(anteroom, ids, quick ? 500 : aloneMilliseconds, () => false);
  const filesBefore = openFiles();
  const memoryBefore = memoryMegabytes([processes.server]);
  const token = headers.authorization?.replace('Bearer ', '') ?? '';
  const slow = await openSlowClients(url, token);
  defer(slow.stop);
  let most = 0;
  const beside = await measureGets(anteroom, ids, quick ? 500 : besideMilliseconds, () => {
    most = Math.max(most, memoryMegabytes([processes.server]));
    return openFiles() <= filesBefore + connectionCount;
  });
  await sleep(quick ? 0 : 1_000);
  const left = Math.max(0, openFiles() - filesBefore);

  print(
    `${slow.count} slow clients, the last cut after ${(beside.milliseconds / 1000).toFixed(0)} s`,
  );
  print(`gets alone: ${alone.count}, p99 ${alone.percentile99.toFixed(1)} ms`);
  print(`gets beside them: ${beside.count}, p99 ${beside.percentile99.toFixed(1)} ms`);
  print(`memory of the server: ${memoryBefore.toFixed(0)} MB, at most ${most.toFixed(0)} MB`);
  return printVerdicts([
    {
      name: 'p99 of gets beside, s',
      value: beside.percentile99 / 1000,
      limit: 0.5,
      want: 'at most',
    },
    { name: 'connections left', value: left, limit: 1, want: 'at most' },
  ]);
}

async function create({ url, headers }: Anteroom, number: number): Promise<string> {
  const { before, after } = createBodies.json;
  const answer = await fetch(url + appointmentsPath, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: before + freshReference(number) + after,
  });
  if (answer.status !== 201) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { data: { id: string } }).data.id;
}

/** Gets on a few connections, each after the other, for so long or until `isDone`, asked every second. */
async function measureGets(
  { url, headers }: Anteroom,
  ids: string[],
  longest: number,
  isDone: () => boolean,
): Promise<{ count: number; percentile99: number; milliseconds: number }> {
  const startedAt = performance.now();
  const times: number[] = [];
  let isOver = false;
  const work = async () => {
    const connection = await Connection.open(url);
    while (!isOver) {
      const id = ids[times.length % ids.length];
      const request = requestText('GET', `${appointmentsPath}/${id}`, { host: 'x', ...headers });
      const answer = await new Promise<Answer>((done, failed) => {
        connection.send(request, done, failed);
      });
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      times.push(answer.milliseconds);
      await sleep(10);
    }
    connection.close();
  };
  const working = Promise.all(Array.from({ length: connectionCount }, work));
  while (!isOver) {
    await Promise.race([sleep(Math.min(1_000, longest)), working]);
    isOver = isDone() || performance.now() - startedAt > longest;
  }
  const milliseconds = performance.now() - startedAt;
  await working;
  const sorted = times.toSorted((one, other) => one - other);
  const percentile99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  return { count: times.length, percentile99, milliseconds };
}
