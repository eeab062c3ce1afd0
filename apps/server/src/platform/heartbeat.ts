import { randomUUID } from 'node:crypto';
import { type Database, statement } from './database/index.ts';

const beat = statement(
  'beat',
  `insert into heartbeats (process_id) values ($1)
   on conflict (process_id) do update set beat_at = clock_timestamp()`,
);

const betweenBeatsMs = 5_000;

/**
 * Leaves a trace in the database while this process runs, in real time: its gaps are when nobody
 * could have arrived (contract section 4), and whose connections are lost.
 */
export async function startHeartbeat(database: Database) {
  const processId = randomUUID();
  await database.anywhere.one(beat, [processId]);
  const timer = setInterval(() => {
    // A missed beat is what a gap is.
    database.anywhere.one(beat, [processId]).catch(() => {});
  }, betweenBeatsMs);
  timer.unref();
  return { processId, stop: () => clearInterval(timer) };
}
