/** Ten minutes of everything at once, through the SDK: what has grown by the end, and what is left over. */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Anteroom, AnteroomError } from '../packages/sdk/src/index.ts';
import { createFields, freshReference } from './example.ts';
import { family, memoryMegabytes } from './processes.ts';
import { median, print, printTable, printVerdicts } from './report.ts';
import { clientCredentials, freePort, startAnteroom } from './servers.ts';

const workers = 16;
/** Between two deeds of one integrator: the machine is busy, not full. */
const longestPauseMs = 30;
const sampleEveryMs = 2_000;
/** Memory is warm after this share of the time. */
const warmShare = 0.3;

interface Sample {
  serverMegabytes: number;
  heapMegabytes: number;
  databaseMegabytes: number;
}

/** Measures and prints; true when every limit is kept. */
export async function measureSoak(
  folder: string,
  defer: (close: () => unknown) => void,
  seconds: number,
): Promise<boolean> {
  const metricsPort = await freePort();
  const anteroom = await startAnteroom(folder, { METRICS_PORT: String(metricsPort) });
  defer(anteroom.stop);
  const { server, postmaster } = anteroom.processes;
  const openFiles = () => readdirSync(`/proc/${server}/fd`).length;
  const scrape = async () => {
    const text = await (await fetch(`http://localhost:${metricsPort}/metrics`)).text();
    const value = (name: string) =>
      Number(new RegExp(`^${name} ([\\d.e+]+)$`, 'm').exec(text)?.[1] ?? 0);
    return {
      heapMegabytes: value('nodejs_heap_size_used_bytes') / 2 ** 20,
      timers: value('nodejs_active_resources\\{type="Timeout"\\}'),
    };
  };

  const client = () => new Anteroom({ url: anteroom.url, ...clientCredentials });
  // Whatever is opened once is open before the count.
  await mixedLoad(client(), () => true, new Map());
  await settle(openFiles);
  const before = {
    files: openFiles(),
    backends: family(postmaster).length,
    timers: (await scrape()).timers,
  };

  const counts = new Map<string, number>();
  const samples: Sample[] = [];
  const endsAt = performance.now() + seconds * 1000;
  const isOver = () => performance.now() >= endsAt;
  const working = Promise.all(
    Array.from({ length: workers }, () => mixedLoad(client(), isOver, counts)),
  );
  while (!isOver()) {
    await Promise.race([sleep(Math.min(sampleEveryMs, endsAt - performance.now())), working]);
    samples.push({
      serverMegabytes: memoryMegabytes([server]),
      heapMegabytes: (await scrape()).heapMegabytes,
      databaseMegabytes: memoryMegabytes(family(postmaster)),
    });
  }
  await working;
  await settle(openFiles, before.files);
  const after = { files: openFiles(), backends: family(postmaster).length, ...(await scrape()) };
  const stopping = performance.now();
  await anteroom.stop();
  const stopSeconds = (performance.now() - stopping) / 1000;

  const warm = samples.slice(Math.floor(samples.length * warmShare));
  const half = warm.length >> 1;
  // Of the heap the least, which is what garbage collection leaves.
  const typical = (part: Sample[], name: keyof Sample) => {
    const values = part.map((sample) => sample[name]);
    return name === 'heapMegabytes' ? Math.min(...values) : median(values);
  };
  const early = (name: keyof Sample) => typical(warm.slice(0, half), name);
  const late = (name: keyof Sample) => typical(warm.slice(half), name);
  printTable([
    ['asked for', 'times'],
    ...[...counts].toSorted().map(([name, count]) => [name, String(count)]),
  ]);
  print();
  printTable([
    ['megabytes, once warm', 'first half', 'second half'],
    ...(['serverMegabytes', 'heapMegabytes', 'databaseMegabytes'] as const).map((name) => [
      name.replace('Megabytes', ''),
      early(name).toFixed(1),
      late(name).toFixed(1),
    ]),
  ]);
  print();
  return printVerdicts([
    growth('memory of the server, second half against first', early, late, 'serverMegabytes'),
    growth('its heap, second half against first', early, late, 'heapMegabytes'),
    { name: 'files left open', value: after.files - before.files, limit: 1, want: 'at most' },
    {
      name: 'database processes left',
      value: after.backends - before.backends,
      limit: 1,
      want: 'at most',
    },
    { name: 'timers left', value: after.timers - before.timers, limit: 1, want: 'at most' },
    { name: 'seconds to stop', value: stopSeconds, limit: 5, want: 'at most' },
  ]);
}

const growth = (
  name: string,
  early: (name: keyof Sample) => number,
  late: (name: keyof Sample) => number,
  of: keyof Sample,
) => ({ name, value: late(of) / early(of), limit: 1.1, want: 'at most' as const });

/** Waits until no more files are closed: idle connections go after a while. */
async function settle(openFiles: () => number, wanted = 0): Promise<void> {
  const patience = performance.now() + 90_000;
  for (let last = -1; performance.now() < patience; ) {
    const now = openFiles();
    if (wanted > 0 ? now <= wanted : now === last) return;
    last = now;
    await sleep(1_000);
  }
}

/** One integrator who does whatever integrators do, one thing after the other. */
async function mixedLoad(
  { appointments }: Anteroom,
  isOver: () => boolean,
  counts: Map<string, number>,
): Promise<void> {
  const known: string[] = [];
  const any = () => known[Math.floor(Math.random() * known.length)] as string;
  const fresh = () => ({
    ...createFields,
    reference: freshReference(Math.floor(Math.random() * 1e10)),
  });
  const schedule = async () => {
    const { data } = await appointments.schedule(fresh());
    known.push(data.id);
    if (known.length > 500) known.shift();
  };
  const deeds: [name: string, share: number, deed: () => Promise<unknown>][] = [
    ['schedule', 30, schedule],
    ['read', 25, () => appointments.read(any())],
    ['list', 10, () => appointments.page({ per_page: 25 })],
    [
      'change',
      10,
      () => appointments.change(any(), { duration_in_minutes: 15 + (known.length % 60) }),
    ],
    ['events', 5, () => firstPage(appointments.events(any()))],
    ['search', 8, () => firstPage(appointments.search({ q: 'john doe' }))],
    ['links', 3, () => appointments.links(any())],
    ['cancel', 3, () => appointments.cancel(any(), { cancellation_reason: 'soak' })],
    ['bulk of 20', 1, () => appointments.scheduleBulk(Array.from({ length: 20 }, fresh))],
    ['refused', 5, () => appointments.schedule({ ...fresh(), duration_in_minutes: 0 })],
  ];
  const shares = deeds.reduce((sum, [, share]) => sum + share, 0);
  await schedule();
  do {
    let place = Math.random() * shares;
    const drawn = deeds.find(([, share]) => {
      place -= share;
      return place < 0;
    });
    if (!drawn) continue;
    const [name, , deed] = drawn;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await deed().catch((error: unknown) => {
      // What has been cancelled cannot be changed, and a faulty one is refused; all else ends the run.
      if (!(error instanceof AnteroomError) || ![409, 422].includes(error.status ?? 0)) throw error;
    });
    await sleep(Math.random() * longestPauseMs);
  } while (!isOver());
}

const firstPage = (list: { pages(): AsyncIterable<unknown> }) =>
  list.pages()[Symbol.asyncIterator]().next();
