import type { ErrorCode } from '@anteroom/contract';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './database/index.ts';

/**
 * What the service counts of itself, for Prometheus. No metric has a label that could name a person or
 * an organisation, and each label takes few values.
 */
export interface Metrics {
  /** Where others register what they count. */
  readonly registry: Registry;
  /** Counts an answer; `route` is the pattern of the address. */
  answered(method: string, route: string, status: number, milliseconds: number): void;
  /** Counts a refusal by its code. */
  refused(code: ErrorCode): void;
  /** Counts a connection to the database that was lost or could not be opened. */
  databaseFailed(): void;
  /** What has to be looked up for each scrape; must not throw. */
  beforeScrape(look: () => void | Promise<void>): void;
  /** Everything in the text format. */
  scrape(): Promise<string>;
}

/** From an answer out of memory to the deadline, in seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const looks: (() => void | Promise<void>)[] = [];
  const requests = new Histogram({
    name: 'anteroom_request_duration_seconds',
    help: 'Requests answered, by route, method and status, and how long that took.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers,
  });
  const refusals = new Counter({
    name: 'anteroom_refusals_total',
    help: 'Requests refused, by the code of docs/errors.md.',
    labelNames: ['code'],
    registers,
  });
  const failures = new Counter({
    name: 'anteroom_database_failures_total',
    help: 'Connections to the database that were lost or could not be opened.',
    registers,
  });
  return {
    registry,
    answered: (method, route, status, milliseconds) =>
      requests.observe({ method, route, status }, milliseconds / 1000),
    refused: (code) => refusals.inc({ code }),
    databaseFailed: () => failures.inc(),
    beforeScrape: (look) => {
      looks.push(look);
    },
    async scrape() {
      await Promise.all(looks.map((look) => look()));
      return registry.metrics();
    },
  };
}

/** Shows the process itself: event loop, memory, processor, garbage. For the one that serves. */
export function showProcess({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry });
}

/** Shows how busy the connections to the database are. */
export function showDatabase({ registry, beforeScrape }: Metrics, database: Database): void {
  const registers = [registry];
  const connections = new Gauge({
    name: 'anteroom_database_connections',
    help: 'Open connections to the database: the pipeline’s for statements, the pool’s for transactions.',
    labelNames: ['kind'],
    registers,
  });
  const waiting = new Gauge({
    name: 'anteroom_database_waiting',
    help: 'What waits: statements in the pipeline, commands that gather to share a transaction, work for a connection of the pool.',
    labelNames: ['kind'],
    registers,
  });
  beforeScrape(() => {
    const load = database.load();
    connections.set({ kind: 'pipeline' }, load.pipeline.connections);
    connections.set({ kind: 'pool' }, load.pool.connections);
    waiting.set({ kind: 'pipeline' }, load.pipeline.waiting);
    waiting.set({ kind: 'gathering' }, load.gathering);
    waiting.set({ kind: 'pool' }, load.pool.waiting);
  });
}
