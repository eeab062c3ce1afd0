// What the database holds of one appointment, seen from outside, and how it differs from the model.

import type { TestServer } from '../harness.ts';
import { closesAt, type Modelled } from './model.ts';

export interface StoredEvent {
  version: number;
  type: string;
  appointment_id: string;
  actor_kind: string;
  occurred_at: string;
  data: Record<string, unknown>;
}

export type StoredRow = Record<string, unknown>;

export interface Stored {
  row: StoredRow;
  events: StoredEvent[];
  /** The row and its events as text; equal when nothing at all has changed. */
  bytes: string;
}

export const lookText = `
  select to_jsonb(a) as row, e.events, a::text || e.bytes as bytes
  from appointments a, lateral (
    select coalesce(jsonb_agg(to_jsonb(e) order by e.version), '[]') as events,
      coalesce(string_agg(e::text, ' ' order by e.version), '') as bytes
    from events e where e.organisation_id = a.organisation_id and e.appointment_id = a.id) e
  where a.id = $1`;

export async function look(anteroom: TestServer, id: string): Promise<Stored> {
  const [stored] = await anteroom.testDatabase.query<Stored>(lookText, [id]);
  if (!stored) throw new Error(`there is no appointment ${id}`);
  return stored;
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

/** An instant of the database's JSON, in whatever zone, to the millisecond. */
export const instant = (value: unknown) =>
  typeof value === 'string' ? new Date(value).toISOString() : null;

const instantColumns = [
  'appointment_at',
  'room_closes_at',
  'updated_at',
  'arrived_at',
  'left_at',
  'admitted_at',
  'session_started_at',
  'session_ended_at',
  'on_hold_started_at',
  'on_hold_ended_at',
  'corrected_at',
  'cancelled_at',
] as const;

/** The row as the model would have it. */
function expectedRow(a: Modelled): StoredRow {
  const hold = a.holds.at(-1);
  return {
    status: a.status,
    version: a.version,
    revision: a.revision,
    claimant_name: a.name,
    duration_in_minutes: a.minutes,
    cancellation_reason: a.reason,
    outcome: a.outcome,
    appointment_at: iso(a.startsAt),
    room_closes_at: iso(closesAt(a)),
    updated_at: iso(a.updatedAt),
    arrived_at: iso(a.arrivedAt),
    left_at: iso(a.leftAt),
    admitted_at: iso(a.admittedAt),
    session_started_at: iso(a.startedAt),
    session_ended_at: iso(a.endedAt),
    on_hold_started_at: iso(hold?.from ?? null),
    on_hold_ended_at: iso(hold?.until ?? null),
    corrected_at: iso(a.correctedAt),
    cancelled_at: iso(a.cancelledAt),
  };
}

/** Each column that is not as the model has it, as a sentence. */
export function differences(row: StoredRow, a: Modelled): string[] {
  const instants: readonly string[] = instantColumns;
  return Object.entries(expectedRow(a)).flatMap(([column, wanted]) => {
    const stored = instants.includes(column) ? instant(row[column]) : row[column];
    return stored === wanted ? [] : [`${column} is ${stored} and should be ${wanted}`];
  });
}
