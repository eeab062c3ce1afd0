import { start } from '../appointments/index.ts';
import { type Database, type Runner, statement } from '../platform/database/index.ts';
import { Refusal } from '../platform/errors.ts';

/** The two sides whose connection decides about a call; interpreters and guests never do. */
export type Side = 'agent' | 'claimant';

/** One of a process's connections; numbers rise within a process. */
export interface NumberedConnection {
  processId: string;
  number: number;
}

const connected = (side: Side) =>
  statement<{ revision: number }>(
    `${side}_connected`,
    `insert into calls (organisation_id, appointment_id, revision, ${side}_connected_at, ${side}_process_id, ${side}_connection)
     select organisation_id, id, revision, domain_now(), $2::uuid, $3::bigint from appointments
     where organisation_id = current_organisation() and id = $1
     on conflict (organisation_id, appointment_id, revision) do update
       set ${side}_connected_at = excluded.${side}_connected_at, ${side}_left_at = null,
         ${side}_process_id = excluded.${side}_process_id, ${side}_connection = excluded.${side}_connection
     returning revision`,
  );

/** $3 and $4 the connection that it was: when the side has come back by a newer one, nothing happens. */
const disconnected = (side: Side) =>
  statement(
    `${side}_disconnected`,
    `update calls set ${side}_left_at = greatest(domain_now(), ${side}_connected_at)
     where organisation_id = current_organisation() and appointment_id = $1 and revision = $2
       and ${side}_process_id = $3 and ${side}_connection = $4::bigint and ${side}_left_at is null`,
  );

/**
 * $2 revision, $3 silent process, $4 its last beat in real time: with it the connection ended. A
 * sandbox's time is another than the beat's; there it ends now.
 */
const lost = (side: Side) =>
  statement(
    `${side}_lost`,
    `update calls set ${side}_left_at = greatest(${side}_connected_at, case
       when (select sandbox_at from installation) is null then coalesce($4::timestamptz, domain_now()) else domain_now() end)
     where organisation_id = current_organisation() and appointment_id = $1 and revision = $2
       and ${side}_process_id is not distinct from $3::uuid and ${side}_left_at is null`,
  );

const connectedStatements = { agent: connected('agent'), claimant: connected('claimant') };
const disconnectedStatements = { agent: disconnected('agent'), claimant: disconnected('claimant') };
const lostStatements = { agent: lost('agent'), claimant: lost('claimant') };

/** A side reports media; the call starts when that was the last thing missing. */
export async function connect(
  database: Runner,
  side: Side,
  appointmentId: string,
  { processId, number }: NumberedConnection,
): Promise<{ revision: number; hasStarted: boolean }> {
  const call = await database.one(connectedStatements[side], [appointmentId, processId, number]);
  if (!call) throw new Error('a connection reported for an appointment that is not there');
  return { revision: call.revision, hasStarted: await startIfReady(database, appointmentId) };
}

/** This connection's media have ended; a newer one of its side is not touched. */
export async function disconnect(
  database: Runner,
  side: Side,
  appointmentId: string,
  revision: number,
  { processId, number }: NumberedConnection,
): Promise<void> {
  await database.one(disconnectedStatements[side], [appointmentId, revision, processId, number]);
}

/**
 * Starts the call when the claimant was let in and both sides are connected; to be asked after
 * each of the three, in whatever order they come. False when something is still missing.
 */
export async function startIfReady(database: Runner, appointmentId: string): Promise<boolean> {
  try {
    await start(database, { kind: 'connection' }, { id: appointmentId });
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'transition_not_allowed') return false;
    throw error;
  }
}

const findLost = statement<{
  organisation_id: string;
  appointment_id: string;
  revision: number;
  side: Side;
  process_id: string | null;
  last_beat_at: string | null;
}>('find_lost_connections', 'select * from find_lost_connections($1, $2)');

/** A process that has been silent for this long is gone, and its connections with it. */
const silenceSeconds = 60;

/** Marks the connections of processes that are gone as left, and says how many; a restart counts as leaving. */
export async function sweepConnections(database: Database): Promise<number> {
  const rows = await database.anywhere.many(findLost, [silenceSeconds, 1_000]);
  for (const row of rows) {
    await database
      .in(row.organisation_id)
      .one(lostStatements[row.side], [
        row.appointment_id,
        row.revision,
        row.process_id,
        row.last_beat_at,
      ]);
  }
  return rows.length;
}
