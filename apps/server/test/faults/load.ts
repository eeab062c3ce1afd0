// Writers and readers that record what they asked for and what they were told.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from './history.ts';
import { now } from './strike.ts';

export interface LoadOptions {
  url: string;
  token: string;
  writers: number;
  /** Between 0 and 1; decides what is done, on which appointment, and who repeats. */
  random: () => number;
}

/** An attempt that was answered with neither 2xx nor 4xx. */
export interface Failure {
  /** Null when there was no answer. */
  status: number | null;
  retryAfter: string | null;
  startedAt: number;
  endedAt: number;
}

export interface Load {
  /** Every call so far, in the order in which they ended. */
  readonly calls: Call[];
  readonly failures: Failure[];
  /** Calls that were answered with 2xx so far. */
  acknowledged(): number;
  /** Lets every writer finish its call, and ends. */
  stop(): Promise<void>;
  /** Repeats, twice, each create and cancel whose outcome is unknown, and tells what came. */
  repeatUnknown(): Promise<{ call: Call; digests: (string | null)[] }[]>;
}

interface Known {
  reference: string;
  id: string;
}

/** A deadline far beyond the server's own, so that a call that hangs is seen as one. */
const patienceMs = 15_000;
const recentlyMade = 100;

/** Starts the load: half creates, a third changes, cancels, and reads of what was just changed. */
export function startLoad({ url, token, writers, random }: LoadOptions): Load {
  const calls: Call[] = [];
  const failures: Failure[] = [];
  const known: Known[] = [];
  const run = Math.floor(random() * 1e9).toString(36);
  const base = Date.parse(new Date(Date.now() + 86_400_000).toISOString().slice(0, 10));
  let acknowledged = 0;
  let counter = 0;
  let isStopped = false;

  /** A time of day tomorrow that no other call asks for. */
  function nextTime(number: number): string {
    const milliseconds = base + Math.floor(number / 1000);
    const micros = String(number % 1000).padStart(3, '0');
    return `${new Date(milliseconds).toISOString().slice(0, 23)}${micros}Z`;
  }

  async function send(method: string, path: string, key: string | null, body?: object) {
    const response = await fetch(`${url}/api/v1/appointments${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(key ? { 'idempotency-key': key } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(patienceMs),
    });
    return { response, text: await response.text() };
  }

  /** Sends a call once and notes what came; a refused connection was never a call: it waits. */
  async function attempt(call: Call, perform: () => ReturnType<typeof send>): Promise<void> {
    for (;;) {
      const startedAt = now();
      let retryAfter: string | null = null;
      try {
        const { response, text } = await perform();
        call.status = response.status;
        retryAfter = response.headers.get('retry-after');
        if (response.ok) call.outcome = 'ok';
        // A repetition that is refused says nothing of the attempt before it.
        else if (call.slowestMs === 0 && response.status < 500) call.outcome = 'refused';
        else call.outcome = 'unknown';
        if (response.ok) {
          call.id = JSON.parse(text).data.id;
          call.version = Number(/^"(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1]);
          call.digest = createHash('sha256').update(text).digest('hex');
        }
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as { code?: string };
        if (code === 'ECONNREFUSED' && !isStopped) {
          await delay(50);
          if (call.slowestMs === 0) call.startedAt = now();
          continue;
        }
        call.outcome = 'unknown';
        call.status = null;
      }
      call.endedAt = now();
      call.slowestMs = Math.max(call.slowestMs, call.endedAt - startedAt);
      if (call.status === null || call.status >= 500) {
        failures.push({ status: call.status, retryAfter, startedAt, endedAt: call.endedAt });
      }
      return;
    }
  }

  const performs = new WeakMap<Call, () => ReturnType<typeof send>>();

  function begin(
    given: Pick<Call, 'client' | 'operation' | 'reference' | 'key' | 'asked'>,
    perform: () => ReturnType<typeof send>,
  ): Call {
    const startedAt = now();
    const nothing = { status: null, id: null, version: null, digest: null };
    const outcome = 'unknown' as const;
    const call: Call = { ...given, ...nothing, outcome, startedAt, endedAt: 0, slowestMs: 0 };
    performs.set(call, perform);
    return call;
  }

  function next(client: number): Call {
    const number = ++counter;
    const dice = random();
    const place = Math.floor(random() * known.length);
    const target = known[place];
    const asked = { appointmentAt: nextTime(number), name: `Person ${run}-${number}` };
    const fields = { appointment_at: asked.appointmentAt, claimant: { name: asked.name } };
    if (!target || dice < 0.5) {
      const reference = `${run}-${number}`;
      const key = `create-${reference}`;
      const body = { reference, duration_in_minutes: 30, ...fields };
      return begin({ client, operation: 'create', reference, key, asked }, () =>
        send('POST', '', key, body),
      );
    }
    const { id, reference } = target;
    if (dice < 0.8) {
      return begin({ client, operation: 'change', reference, key: null, asked }, () =>
        send('PATCH', `/${id}`, null, fields),
      );
    }
    if (dice < 0.93) {
      return begin({ client, operation: 'read', reference, key: null, asked: null }, () =>
        send('GET', `/${id}`, null),
      );
    }
    known.splice(place, 1);
    const key = `cancel-${reference}`;
    return begin({ client, operation: 'cancel', reference, key, asked: null }, () =>
      send('POST', `/${id}/cancel`, key, {}),
    );
  }

  async function write(client: number): Promise<void> {
    while (!isStopped) {
      const call = next(client);
      const perform = performs.get(call);
      if (!perform) continue;
      await attempt(call, perform);
      // As an integrator does; the other half stays unknown until the end.
      const repeats = call.key !== null && random() < 0.5;
      while (call.outcome === 'unknown' && repeats && !isStopped) {
        await delay(50);
        await attempt(call, perform);
      }
      calls.push(call);
      if (call.outcome === 'ok') acknowledged += 1;
      if (call.outcome === 'unknown') await delay(20);
      if (call.operation === 'create' && call.outcome === 'ok' && call.id) {
        known.push({ reference: call.reference, id: call.id });
        if (known.length > recentlyMade) known.shift();
      }
    }
  }

  const running = Promise.all(Array.from({ length: writers }, (_, client) => write(client)));
  return {
    calls,
    failures,
    acknowledged: () => acknowledged,
    async stop() {
      isStopped = true;
      await running;
    },
    async repeatUnknown() {
      const repeated: { call: Call; digests: (string | null)[] }[] = [];
      for (const call of calls) {
        const perform = performs.get(call);
        if (call.outcome !== 'unknown' || call.key === null || !perform) continue;
        const digests: (string | null)[] = [];
        for (const _ of [1, 2]) {
          await attempt(call, perform);
          digests.push(call.digest);
        }
        repeated.push({ call, digests });
      }
      return repeated;
    },
  };
}
