import { randomUUID } from 'node:crypto';
import type { Forgotten } from './database/forgetting.ts';
import { type Database, statement } from './database/index.ts';

/**
 * After a silence of more than a minute (the process or the database stood still) a new stretch
 * begins, and the one before is kept under an id of its own: else the gap would be gone.
 */
const wasSilent = `beat_at < clock_timestamp() - interval '1 minute'`;

const beat = statement(
  'beat',
  `with earlier as (
    insert into heartbeats (process_id, started_at, beat_at)
    select gen_random_uuid(), started_at, beat_at from heartbeats
    where process_id = $1 and ${wasSilent})
   insert into heartbeats (process_id) values ($1)
   on conflict (process_id) do update set beat_at = clock_timestamp(),
     started_at = case when heartbeats.${wasSilent} then clock_timestamp() else heartbeats.started_at end`,
);

/** Deletes heartbeats that no decision can need any more. */
export const forgetHeartbeats = statement<Forgotten>(
  'forget_heartbeats',
  'select forget_heartbeats($1) as rows',
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
