import { hash, randomBytes } from 'node:crypto';
import { type CallRole, socketLimits, type TicketAnswer } from '@anteroom/contract';
import type { Forgotten } from '../platform/database/forgetting.ts';
import { type Database, listText, type Runner, statement } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';

/** Who may open a socket, and to what. */
export type Pass = {
  /** Of the staff member or claimant: stays the same over reloads. */
  personId: string;
  /** What the others in the room see. */
  name: string;
  /**
   * The hash of the session that asks, in base64url (`staff_sessions`, `visit_sessions`): it
   * has three sockets, and all of them close when it ends.
   */
  sessionId: string;
} /** A day shows these departments; null: all of them. */ & (
  | { kind: 'day'; departments: readonly number[] | null }
  | { kind: 'room'; appointmentId: string; role: CallRole }
);

/** A pass as it was handed in: a room's is for one revision. */
export type Redeemed = { organisationId: string } & (
  | (Pass & { kind: 'day' })
  | (Pass & { kind: 'room'; revision: number })
);

const insertTicket = statement<{ kind: string }>(
  'issue_ticket',
  `insert into tickets (organisation_id, ticket_hash, kind, appointment_id, revision, role, person_id, name, department_ids, session_hash, expires_at)
   select current_organisation(), $1, $2, a.id, a.revision, $4, $5, $6, $7::integer[], $8::bytea, clock_timestamp() + $9 * interval '1 second'
   from (select) as one left join appointments a on a.organisation_id = current_organisation() and a.id = $3
   where $2 = 'day' or a.id is not null
   returning kind`,
);
const redeem = statement<{
  organisation_id: string;
  kind: 'day' | 'room';
  appointment_id: string | null;
  revision: number | null;
  role: CallRole | 'day';
  person_id: string;
  name: string;
  department_ids: number[] | null;
  session_hash: Buffer;
}>('redeem_ticket', 'select * from redeem_ticket($1)');

/** Deletes tickets that nobody used. */
export const forgetTickets = statement<Forgotten>(
  'forget_tickets',
  'select forget_tickets($1) as rows',
);

const hashOf = (ticket: string) => hash('sha256', ticket, 'buffer');

/**
 * Makes a ticket for the socket, good once and for thirty seconds. The caller has checked that this
 * person may have it. Throws `not_found` when the organisation has no such appointment.
 */
export async function issueTicket(database: Runner, pass: Pass): Promise<TicketAnswer> {
  const ticket = randomBytes(32).toString('base64url');
  const isRoom = pass.kind === 'room';
  const departments = isRoom ? null : pass.departments;
  const issued = await database.one(insertTicket, [
    hashOf(ticket),
    pass.kind,
    isRoom ? pass.appointmentId : null,
    isRoom ? pass.role : 'day',
    pass.personId,
    pass.name,
    departments && listText(departments),
    Buffer.from(pass.sessionId, 'base64url'),
    socketLimits.ticketSeconds,
  ]);
  if (!issued) throw refuse('not_found');
  return { ticket, expires_in: socketLimits.ticketSeconds };
}

/** Uses a ticket up and says what it was good for; null when it was used before, is old or unknown. */
export async function redeemTicket(database: Database, ticket: string): Promise<Redeemed | null> {
  const row = await database.anywhere.one(redeem, [hashOf(ticket)]);
  if (!row) return null;
  const person = {
    organisationId: row.organisation_id,
    personId: row.person_id,
    name: row.name,
    sessionId: row.session_hash.toString('base64url'),
  };
  if (row.role === 'day') return { ...person, kind: 'day', departments: row.department_ids };
  if (row.appointment_id === null || row.revision === null) {
    throw new Error('a ticket of a room names no appointment');
  }
  return {
    ...person,
    kind: 'room',
    appointmentId: row.appointment_id,
    revision: row.revision,
    role: row.role,
  };
}
