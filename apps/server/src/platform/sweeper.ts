import type { Logger } from 'pino';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { describeFailure } from './http/server.ts';

/** Something that time alone calls for. */
export interface Sweep {
  /** What is swept, in one word. */
  name: string;
  /** Does it, and answers how many it settled. Ends early once stopped. */
  run(isStopped: () => boolean): Promise<number>;
}

export interface SweeperOptions {
  sweeps: readonly Sweep[];
  /** 0 is never. */
  everyMs: number;
  log: Logger;
  registry: Registry;
}

/** Sweeps again and again, one after the other; one that fails holds up none of the others. */
export function startSweeper({ sweeps, everyMs, log, registry }: SweeperOptions) {
  const labelNames = ['sweep'] as const;
  const registers = [registry];
  const durations = new Histogram({
    name: 'anteroom_sweep_duration_seconds',
    help: 'Sweeps that were made, by what they sweep, and how long they took.',
    labelNames,
    buckets: [0.005, 0.05, 0.5, 5, 50],
    registers,
  });
  const settled = new Counter({
    name: 'anteroom_sweep_settled_total',
    help: 'What sweeps have settled: connections lost, appointments moved, rows deleted.',
    labelNames,
    registers,
  });
  const failures = new Counter({
    name: 'anteroom_sweep_failures_total',
    help: 'Sweeps that failed; the next one tries again.',
    labelNames,
    registers,
  });
  const finishedAt = new Gauge({
    name: 'anteroom_sweep_finished_timestamp_seconds',
    help: 'When a sweep last ended well, or when the service started.',
    labelNames,
    registers,
  });
  for (const { name: sweep } of sweeps) {
    settled.inc({ sweep }, 0);
    failures.inc({ sweep }, 0);
    finishedAt.setToCurrentTime({ sweep });
  }

  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let isStopped = everyMs === 0;

  async function sweepOne({ name: sweep, run }: Sweep): Promise<void> {
    const startedAt = performance.now();
    try {
      settled.inc({ sweep }, await run(() => isStopped));
      finishedAt.setToCurrentTime({ sweep });
    } catch (error) {
      failures.inc({ sweep });
      const failure = describeFailure(error);
      log.warn({ sweep, failure }, 'sweep failed; the next one tries again');
    }
    durations.observe({ sweep }, (performance.now() - startedAt) / 1000);
  }
  async function sweepAll(): Promise<void> {
    for (const sweep of sweeps) if (!isStopped) await sweepOne(sweep);
    sweepLater();
  }
  function sweepLater(): void {
    if (isStopped) return;
    timer = setTimeout(() => {
      running = sweepAll();
    }, everyMs);
    timer.unref();
  }
  sweepLater();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
