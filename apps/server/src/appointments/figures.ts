import { statuses } from '@anteroom/contract';
import { Gauge } from 'prom-client';
import { type Database, statement } from '../platform/database/index.ts';
import type { Metrics } from '../platform/metrics.ts';

const countAll = statement<{ status: string; count: string }>(
  'count_appointments',
  'select * from count_appointments()',
);
const findOldest = statement<{ due_seconds: number | null; waiting_seconds: number | null }>(
  'find_oldest_waits',
  'select * from find_oldest_waits()',
);

/** Shows how appointments stand, over all organisations; looked up for each scrape at a cost that does not grow. */
export function showAppointments({ registry, beforeScrape }: Metrics, database: Database): void {
  const registers = [registry];
  const appointments = new Gauge({
    name: 'anteroom_appointments',
    help: 'Appointments by state; where there are many, those without a call are estimated by a sample.',
    labelNames: ['status'],
    registers,
  });
  const due = new Gauge({
    name: 'anteroom_oldest_due_seconds',
    help: 'For how long the oldest appointment is due whose room has closed; up to seven days where a person has to decide.',
    registers,
  });
  const waiting = new Gauge({
    name: 'anteroom_longest_wait_seconds',
    help: 'For how long whoever waits longest for a call has waited.',
    registers,
  });
  const answers = new Gauge({
    name: 'anteroom_database_answers',
    help: 'Whether the database answered this scrape.',
    registers,
  });
  beforeScrape(async () => {
    try {
      const counts = await database.apart.many(countAll, []);
      const oldest = await database.apart.one(findOldest, []);
      const byStatus = new Map(counts.map(({ status, count }) => [status, Number(count)]));
      for (const status of statuses) appointments.set({ status }, byStatus.get(status) ?? 0);
      due.set(oldest?.due_seconds ?? 0);
      waiting.set(oldest?.waiting_seconds ?? 0);
      answers.set(1);
    } catch {
      // Old figures would pass for new ones.
      appointments.reset();
      due.remove();
      waiting.remove();
      answers.set(0);
    }
  });
}
