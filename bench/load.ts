/**
 * The generator of load, a process of its own: connections that each send the next request as soon
 * as the last is answered. Told by its parent what to do, one heat after the other.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { type Answer, Connection, requestText } from './connection.ts';
import { appointmentsPath, createBodies, freshReference } from './example.ts';
import { family, type Processes, processorMicroseconds } from './processes.ts';

export const operations = ['create json', 'create form', 'get', 'list 25', 'update'] as const;
/** 500 appointments in one request; measured by itself. */
type Operation = (typeof operations)[number] | 'bulk';

export const bulkRows = 500;

/** One server that is put under load, and how. */
export interface Target {
  operation: Operation;
  connections: number;
  /** What is asked for beside it by other connections; counted, not timed. */
  beside?: { operation: Operation; connections: number };
  /** Ids and references are remembered under this name. */
  name: string;
  url: string;
  headers: Record<string, string>;
  processes: Processes;
}

/**
 * Several servers, or several loads of one, side by side: they take turns in slices of time, so that
 * what slows the machine for a while slows all of them.
 */
export interface Heat {
  targets: Target[];
  slices: number;
  warmUpMilliseconds: number;
  sliceMilliseconds: number;
}

/** What one server showed in a heat. Latencies in milliseconds, processor time in microseconds a request. */
export interface Figures {
  requestsPerSecond: number;
  median: number;
  percentile99: number;
  serverMicroseconds: number;
  databaseMicroseconds: number;
  answerBytes: number;
  besidePerSecond: number;
}

export const manyConnections = 32;

/** What this process knows of one server between heats. */
interface Memory {
  created: string[];
  sent: number;
}

const memories = new Map<string, Memory>();

/** Makes the requests of an operation, each the next. */
function requester(operation: Operation, headers: Target['headers'], memory: Memory): () => string {
  const target = (id: string | undefined) => `${appointmentsPath}/${id}`;
  const anyId = () => memory.created[Math.floor(Math.random() * memory.created.length)];
  const create = (type: string, { before, after, length }: typeof createBodies.json) => {
    const head = requestText('POST', appointmentsPath, { ...headers, 'content-type': type });
    const start = head.replace('content-length: 0\r\n\r\n', `content-length: ${length}\r\n`);
    return () => {
      memory.sent += 1;
      const reference = freshReference(memory.sent);
      return `${start}idempotency-key: key-${reference}\r\n\r\n${before}${reference}${after}`;
    };
  };
  switch (operation) {
    case 'create json':
      return create('application/json', createBodies.json);
    case 'create form':
      return create('application/x-www-form-urlencoded', createBodies.form);
    case 'bulk': {
      const json = { ...headers, 'content-type': 'application/json' };
      const { before, after } = createBodies.json;
      return () => {
        const references = Array.from({ length: bulkRows }, () => {
          memory.sent += 1;
          return freshReference(memory.sent);
        });
        const rows = references.map((reference) => `${before}${reference}${after}`);
        const key = { 'idempotency-key': `bulk-${references[0]}` };
        const body = `{"appointments":[${rows.join(',')}]}`;
        return requestText('POST', `${appointmentsPath}/bulk`, { ...json, ...key }, body);
      };
    }
    case 'get':
      return () => requestText('GET', target(anyId()), headers);
    case 'list 25': {
      const request = requestText('GET', appointmentsPath, headers);
      return () => request;
    }
    case 'update': {
      const json = { ...headers, 'content-type': 'application/json' };
      return () => {
        memory.sent += 1;
        const minutes = 15 + (memory.sent % 85);
        return requestText('PATCH', target(anyId()), json, `{"duration_in_minutes":${minutes}}`);
      };
    }
  }
}

const idStart = Buffer.from('"id":"');

/** Remembers the id of what was created; the first in the answer is the appointment's. */
function remember(memory: Memory, { bytes }: Answer): void {
  const start = bytes.indexOf(idStart) + idStart.length;
  memory.created.push(bytes.toString('latin1', start, start + 36));
}

/** What is wrong with an answer, or null. */
function faultOf({ status, bytes }: Answer): string | null {
  const isGood = status >= 200 && status <= 299 && !bytes.includes('{"status":422,');
  return isGood ? null : `answered\n${bytes.toString('utf8', 0, 2000)}`;
}

/** What adds up over the slices of one server. */
interface Tally {
  latencies: number[];
  seconds: number;
  server: number;
  database: number;
  answerBytes: number;
  beside: number;
}

async function run(heat: Heat): Promise<Figures[]> {
  const { targets } = heat;
  const tallies = targets.map(
    (): Tally => ({ latencies: [], seconds: 0, server: 0, database: 0, answerBytes: 0, beside: 0 }),
  );
  for (let slice = 0; slice < heat.slices; slice += 1) {
    for (const place of targets.keys()) {
      const turn = (place + slice) % targets.length;
      await runSlice(heat, targets[turn] as Target, tallies[turn] as Tally);
    }
  }
  return tallies.map((tally) => {
    const latencies = tally.latencies.toSorted((one, other) => one - other);
    const count = latencies.length;
    return {
      requestsPerSecond: count / tally.seconds,
      median: latencies[Math.floor(count * 0.5)] ?? Number.NaN,
      percentile99: latencies[Math.floor(count * 0.99)] ?? Number.NaN,
      serverMicroseconds: tally.server / count,
      databaseMicroseconds: tally.database / count,
      answerBytes: tally.answerBytes,
      besidePerSecond: tally.beside / tally.seconds,
    };
  });
}

async function runSlice(heat: Heat, target: Target, tally: Tally): Promise<void> {
  const { name, url, headers, processes, beside } = target;
  const memory = memories.get(name) ?? { created: [], sent: 0 };
  memories.set(name, memory);
  let measuring = false;
  let stopping = false;
  const opened: Connection[] = [];

  const drive = (
    connection: Connection,
    operation: Operation,
    next: () => string,
    note: (answer: Answer) => void,
  ) =>
    new Promise<void>((resolve, reject) => {
      const failed = (error: Error) => reject(new Error(`${name}, ${operation}: ${error.message}`));
      const done = (answer: Answer) => {
        const fault = faultOf(answer);
        if (fault !== null) {
          failed(new Error(fault));
          return;
        }
        if (operation.startsWith('create')) remember(memory, answer);
        if (measuring) note(answer);
        if (stopping) resolve();
        else connection.send(next(), done, failed);
      };
      connection.send(next(), done, failed);
    });

  async function load(
    { operation, connections }: NonNullable<Target['beside']>,
    note: (answer: Answer) => void,
  ) {
    const next = requester(operation, { host: new URL(url).host, ...headers }, memory);
    const own = await Promise.all(Array.from({ length: connections }, () => Connection.open(url)));
    opened.push(...own);
    return () => Promise.all(own.map((connection) => drive(connection, operation, next, note)));
  }

  try {
    const starts = [
      await load(target, ({ milliseconds, bytes }) => {
        tally.latencies.push(milliseconds);
        tally.answerBytes = bytes.length;
      }),
    ];
    if (beside) {
      const count = () => {
        tally.beside += 1;
      };
      starts.push(await load(beside, count));
    }
    const finished = Promise.all(starts.map((start) => start()));
    await orFailure(finished, heat.warmUpMilliseconds);
    const before = spent(processes);
    const startedAt = performance.now();
    measuring = true;
    await orFailure(finished, heat.sliceMilliseconds);
    measuring = false;
    tally.seconds += (performance.now() - startedAt) / 1000;
    const after = spent(processes);
    tally.server += after.server - before.server;
    tally.database += after.database - before.database;
    stopping = true;
    await finished;
  } finally {
    for (const connection of opened) connection.close();
  }
}

/** Waits, unless the load fails first. */
async function orFailure(load: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([load, time]).finally(() => clearTimeout(timer));
}

function spent({ server, postmaster }: Processes) {
  return {
    server: processorMicroseconds([server]),
    database: processorMicroseconds(family(postmaster)),
  };
}

/** Starts the generator; its `measure` runs one heat at a time. */
export function startLoad() {
  const child = fork(import.meta.filename);
  const ended = once(child, 'exit').then(() => [{ failure: 'the generator of load has ended' }]);
  return {
    async measure(heat: Heat): Promise<Figures[]> {
      child.send(heat);
      const [answer] = await Promise.race([once(child, 'message'), ended]);
      if (answer.failure !== undefined) throw new Error(answer.failure);
      return answer;
    },
    stop: () => child.kill(),
  };
}

if (process.argv[1] === import.meta.filename) {
  process.on('message', async (heat: Heat) => {
    try {
      process.send?.(await run(heat));
    } catch (error) {
      process.send?.({ failure: error instanceof Error ? error.message : String(error) });
    }
  });
}
