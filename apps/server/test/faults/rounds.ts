// The course of every fault under load: a healthy start, disturbances, a healthy end, the judgement.

import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { eventually } from '../harness.ts';
import { type Call, findViolations, readStored, type StoredAppointment } from './history.ts';
import { install, type ServerProcess, type TestInstallation } from './installation.ts';
import { type Failure, type Load, startLoad } from './load.ts';
import { now, randomFrom } from './strike.ts';

interface Disturbance {
  installation: TestInstallation;
  /** The server as it was started first. */
  server: ServerProcess;
  load: Load;
  random: () => number;
}

export interface Outcome {
  seed: number;
  calls: Call[];
  failures: Failure[];
  /** What `findViolations` found, and what the API shows otherwise than the database. */
  violations: string[];
  /** Creates and cancels of unknown outcome, and the digests of two repetitions of each. */
  repeated: { call: Call; digests: (string | null)[] }[];
  /** How often each status was answered; 0 is no answer. */
  statuses: Record<number, number>;
  slowestMs: number;
}

export interface Course {
  seed?: number;
  writers?: number;
  /** Stand before the program on the server's command line. */
  nodeOptions?: string[];
  disturb(disturbance: Disturbance): Promise<void>;
}

/** Runs a load from before the first disturbance until after the last, and judges it. */
export async function runUnderLoad(course: Course): Promise<Outcome> {
  const seed = course.seed ?? Math.floor(Math.random() * 2 ** 31);
  const random = randomFrom(seed);
  const installation = await install(course.nodeOptions);
  const { url, token, server } = installation;
  const load = startLoad({ url, token, writers: course.writers ?? 32, random });
  try {
    await progress(load, 100);
    await course.disturb({ installation, server, load, random });
    await progress(load, 100);
    await load.stop();
    const stored = await readStored(installation.query);
    const violations = findViolations(load.calls, stored);
    violations.push(...(await compareWithApi(installation, stored.appointments)));
    const repeated = await load.repeatUnknown();
    violations.push(...findViolations(load.calls, await readStored(installation.query)));
    return summarise(seed, load, violations, repeated);
  } catch (error) {
    throw new Error(`seed ${seed}; the server wrote:\n${installation.output()}`, { cause: error });
  } finally {
    await load.stop();
    await installation.remove();
  }
}

/** Resolves when so many further calls were acknowledged. */
export async function progress(load: Load, further: number): Promise<void> {
  const wanted = load.acknowledged() + further;
  await eventually(() => load.acknowledged() >= wanted, 30_000);
}

/** Resolves with the moment at which a request was answered with 2xx. */
export async function firstGoodReply({ url, token }: TestInstallation): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const deadline = now() + 30_000;
  while (now() < deadline) {
    const signal = AbortSignal.timeout(15_000);
    const isGood = await fetch(`${url}/api/v1/appointments?per_page=1&cursor=`, { headers, signal })
      .then(async (response) => (await response.text()) !== '' && response.ok)
      .catch(() => false);
    if (isGood) return now();
    await delay(10);
  }
  throw new Error('there was no good reply within 30 seconds');
}

/** When a fault began and, for those that last, when it was over; milliseconds of `now`. */
export interface Fault {
  from: number;
  to: number;
}

/** For each fault the milliseconds from its end to that of the last call that it spoilt. */
export function timesUntilNormal(failures: readonly Failure[], faults: readonly Fault[]): number[] {
  return faults.map(({ to }, index) => {
    const next = faults[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const spoilt = failures.filter(({ endedAt }) => endedAt > to && endedAt < next);
    return Math.max(0, ...spoilt.map(({ endedAt }) => endedAt - to));
  });
}

/** Reads every appointment through the API and names those that it shows otherwise than stored. */
async function compareWithApi(
  { url, token }: TestInstallation,
  stored: StoredAppointment[],
): Promise<string[]> {
  const rows = new Map(stored.map((row) => [row.id, row]));
  const violations: string[] = [];
  let address = `${url}/api/v1/appointments?per_page=100&cursor=`;
  while (address) {
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
    const page = (await response.json()) as {
      data: (Pick<StoredAppointment, 'id' | 'status' | 'reference' | 'appointment_at'> & {
        claimant: { name: string };
      })[];
      meta: { next_cursor: string | null };
    };
    for (const shown of page.data) {
      const row = rows.get(shown.id);
      rows.delete(shown.id);
      const isSame =
        row?.status === shown.status &&
        row.reference === shown.reference &&
        row.appointment_at === shown.appointment_at &&
        row.name === shown.claimant.name;
      if (!isSame) violations.push(`H1: the API shows ${shown.reference} otherwise than stored`);
    }
    const cursor = page.meta.next_cursor;
    address = cursor ? `${url}/api/v1/appointments?per_page=100&cursor=${cursor}` : '';
  }
  for (const { reference } of rows.values()) {
    violations.push(`H1: the API does not show ${reference}`);
  }
  return violations;
}

function summarise(
  seed: number,
  { calls, failures }: Load,
  violations: string[],
  repeated: Outcome['repeated'],
): Outcome {
  const statuses: Record<number, number> = {};
  let slowestMs = 0;
  const count = (status: number | null) => {
    statuses[status ?? 0] = (statuses[status ?? 0] ?? 0) + 1;
  };
  for (const call of calls) {
    if (call.outcome !== 'unknown') count(call.status);
    slowestMs = Math.max(slowestMs, call.slowestMs);
  }
  for (const { status } of failures) count(status);
  return { seed, calls, failures, violations, repeated, statuses, slowestMs };
}

/**
 * Fails unless every promise was kept. A red run leaves its history, so that it can be read and run
 * again from its seed.
 */
export async function expectSound({ seed, calls, violations }: Outcome): Promise<void> {
  if (violations.length > 0) {
    const path = join(tmpdir(), `anteroom-history-${seed}.json`);
    await writeFile(path, JSON.stringify({ seed, violations, calls }));
    expect.fail(
      `${violations.length} promises were broken (seed ${seed}, the whole history is in ${path}):\n` +
        violations.slice(0, 20).join('\n'),
    );
  }
}

/** The deadline of every call, and what two busy cores with 32 writers need on top. */
export const answerDeadlineMs = 5_000 + 500;

/** Failures that are no orderly 503: another status, no answer, no word on when to come back. */
export const findDisorderly = ({ failures }: Outcome): Failure[] =>
  failures.filter(({ status, retryAfter }) => status !== 503 || !/^\d+$/.test(retryAfter ?? ''));

/** Prints a figure of a run; those who read the log compare them. */
export function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `3 of …` times as a line: least, median, most. */
export function describeTimes(name: string, timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return `${name}: ${sorted.length} times, ${at(0)} to ${at(1)} ms, median ${at(0.5)}`;
}
