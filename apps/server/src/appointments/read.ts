import type { EventAnswer } from '@anteroom/contract';
import { isoFromDatabase } from '../platform/clock.ts';
import { type OrganisationDatabase, statement } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';

export const byId = statement<AppointmentRow>(
  'appointment_by_id',
  `select ${appointmentColumns} from appointments where organisation_id = current_organisation() and id = $1`,
);

/** The appointment; throws `not_found`, for another organisation's as for an unknown one. */
export async function read(database: OrganisationDatabase, id: string): Promise<AppointmentRow> {
  const row = await database.one(byId, [id]);
  if (!row) throw refuse('not_found');
  return row;
}

interface EventRow {
  version: number;
  type: EventAnswer['type'];
  occurred_at: string;
  actor_kind: EventAnswer['actor']['kind'];
  actor_id: string | null;
  data: Record<string, unknown>;
}

const eventsOf = statement<EventRow>(
  'events_of_appointment',
  `select version, type, occurred_at, actor_kind, actor_id, data from events
   where organisation_id = current_organisation() and appointment_id = $1
   order by version limit $2 offset $3`,
);
const countEvents = statement<{ total: number }>(
  'count_events',
  `select count(*)::integer as total from events
   where organisation_id = current_organisation() and appointment_id = $1`,
);

/** A page of the appointment's timeline, oldest first; throws `not_found`. */
export async function readEvents(
  database: OrganisationDatabase,
  id: string,
  page: number,
  perPage: number,
): Promise<{ items: EventAnswer[]; total: number }> {
  await read(database, id);
  const [rows, count] = await Promise.all([
    database.many(eventsOf, [id, perPage, (page - 1) * perPage]),
    database.one(countEvents, [id]),
  ]);
  const items = rows.map((row) => ({
    version: row.version,
    type: row.type,
    occurred_at: isoFromDatabase(row.occurred_at),
    actor: { kind: row.actor_kind, id: row.actor_id },
    data: row.data,
  }));
  return { items, total: count?.total ?? 0 };
}

const recent = statement<AppointmentRow>(
  'recently_changed_appointments',
  `select ${appointmentColumns} from appointments where organisation_id = current_organisation()
   order by updated_at desc, id desc limit $1`,
);

/** Those that changed last, the latest first. */
export const recentlyChanged = (database: OrganisationDatabase, count: number) =>
  database.many(recent, [count]);
