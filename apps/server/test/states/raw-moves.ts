// All pairs of statuses as plain updates by the role that the server uses: what the database itself
// lets through.

import { randomUUID } from 'node:crypto';
import { Client, DatabaseError } from 'pg';
import type { TestDatabase } from '../harness.ts';
import { closesAt, isAllowed, type Status, statuses } from './model.ts';

const at = (time: string) => `2026-03-02T${time}:00Z`;

/** What the database wants of a row in each status, so that only the move can be refused. */
const columnsOf: Record<Status, Record<string, string | null>> = {
  scheduled: {},
  waiting: { arrived_at: at('09:50') },
  in_progress: { session_started_at: at('10:00') },
  on_hold: { session_started_at: at('10:00'), on_hold_started_at: at('10:10') },
  completed: { session_started_at: at('10:00'), session_ended_at: at('10:30') },
  cancelled: { cancelled_at: at('09:00') },
  no_show: {},
};

const hadCall: readonly Status[] = ['in_progress', 'on_hold', 'completed'];

const blank = {
  arrived_at: null,
  session_started_at: null,
  session_ended_at: null,
  on_hold_started_at: null,
  on_hold_ended_at: null,
  cancelled_at: null,
};

const rowOf = (status: Status) => ({ ...blank, ...columnsOf[status], status });

/**
 * Puts an appointment into the database as the superuser, past every trigger: in any status, at any
 * time, with these columns besides. Answers its id.
 */
export async function plant(
  { query }: TestDatabase,
  organisationId: string,
  status: Status,
  more: Record<string, unknown> = {},
): Promise<string> {
  const id = randomUUID();
  const { appointment_at: startsAt = at('10:00'), duration_in_minutes: minutes = 30 } = more;
  const columns: Record<string, unknown> = {
    organisation_id: organisationId,
    id,
    reference: id,
    appointment_at: startsAt,
    duration_in_minutes: minutes,
    room_closes_at: new Date(
      closesAt({ startsAt: Date.parse(String(startsAt)), minutes: Number(minutes) }),
    ).toISOString(),
    is_interpreter_needed: false,
    claimant_name: 'Ada Example',
    features: '{}',
    use_custom_post_call_redirect: false,
    claimant_token: id,
    entry_code: id,
    meeting_id: 1,
    room_name: id,
    room_key: 'key',
    created_at: at('08:00'),
    updated_at: at('08:00'),
    ...rowOf(status),
    ...more,
  };
  const names = Object.keys(columns);
  await query('set session_replication_role = replica');
  await query(
    `insert into appointments (${names.join(', ')})
     values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(columns),
  );
  await query('reset session_replication_role');
  return id;
}

/** Every pair, in order; staying where one is counts as allowed. */
export const pairs: readonly (readonly [Status, Status])[] = statuses.flatMap((from) =>
  statuses.map((to) => [from, to] as const),
);

/** Columns that do not fit the status they come with, each on a move that would be allowed. */
export const misfits: readonly (readonly [Status, Status, Record<string, string | null>])[] = [
  ['scheduled', 'waiting', { arrived_at: null }],
  ['waiting', 'in_progress', { session_started_at: null }],
  ['in_progress', 'on_hold', { session_started_at: null, on_hold_started_at: null }],
  ['waiting', 'completed', { session_started_at: null }],
  ['waiting', 'scheduled', { session_started_at: at('10:00') }],
  ['waiting', 'cancelled', { session_started_at: at('10:00') }],
  ['scheduled', 'no_show', { session_started_at: at('10:00') }],
  ['in_progress', 'completed', { session_ended_at: null }],
  ['in_progress', 'waiting', { session_started_at: at('10:00'), session_ended_at: at('10:30') }],
  ['waiting', 'cancelled', { cancelled_at: null }],
  ['scheduled', 'no_show', { cancelled_at: at('09:00') }],
  ['in_progress', 'on_hold', { on_hold_started_at: null }],
  ['in_progress', 'completed', { on_hold_started_at: at('10:10') }],
  ['in_progress', 'completed', { session_ended_at: at('09:59') }],
  ['in_progress', 'on_hold', { on_hold_started_at: at('09:59') }],
  ['on_hold', 'in_progress', { on_hold_started_at: at('10:10'), on_hold_ended_at: at('10:09') }],
  ['on_hold', 'completed', { on_hold_started_at: at('10:10'), on_hold_ended_at: at('10:31') }],
  ['in_progress', 'waiting', { session_started_at: null }],
  ['in_progress', 'completed', { session_started_at: at('10:01') }],
];

/**
 * Tries all 49 pairs, and columns that do not fit; answers what the database decides otherwise than
 * the model, or refuses for another reason. Changes no row for good.
 */
export async function findMismatches(
  database: TestDatabase,
  organisationId: string,
): Promise<string[]> {
  const ids = new Map<Status, string>();
  for (const status of statuses) ids.set(status, await plant(database, organisationId, status));
  const client = new Client({ connectionString: database.appUrl });
  await client.connect();
  const mismatches: string[] = [];
  const attempt = async (from: Status, to: Status, more: object, wanted: string | null) => {
    const columns = { ...rowOf(to), ...more };
    const refusedBy = await tryMove(client, organisationId, ids.get(from) ?? '', columns);
    if (refusedBy === wanted) return;
    mismatches.push(`${from} -> ${to} was ${refusedBy ? `refused by ${refusedBy}` : 'accepted'}`);
  };
  try {
    for (const [from, to] of pairs) {
      // Whoever waits after a call keeps its start.
      const more = to === 'waiting' && hadCall.includes(from) ? columnsOf.in_progress : {};
      await attempt(from, to, more, from === to || isAllowed(from, to) ? null : 'allowed_moves');
    }
    for (const [from, to, more] of misfits) await attempt(from, to, more, 'times_fit_status');
  } finally {
    await client.end();
  }
  return mismatches;
}

/** The constraint that refuses this update, or null when it is accepted. */
async function tryMove(
  client: Client,
  organisationId: string,
  id: string,
  columns: Record<string, string | null>,
): Promise<string | null> {
  const wanted = Object.entries(columns);
  const assignments = wanted.map(([name], index) => `${name} = $${index + 2}`);
  await client.query('begin');
  try {
    await client.query(`select set_config('app.organisation', $1, true)`, [organisationId]);
    const updated = await client.query(
      `update appointments set ${assignments.join(', ')} where id = $1`,
      [id, ...wanted.map(([, value]) => value)],
    );
    return updated.rowCount === 1 ? null : 'nothing';
  } catch (error) {
    if (error instanceof DatabaseError) return error.constraint ?? error.message;
    throw error;
  } finally {
    await client.query('rollback');
  }
}
