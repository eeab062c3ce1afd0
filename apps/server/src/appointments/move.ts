import { type ActorKind, type EventType, type Status, statuses } from '@anteroom/contract';
import { command, type Runner, type Value } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { byId } from './read.ts';
import { recorded } from './recorded.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';
import type { Actor } from './status.ts';

/** Which appointment, and which version of it when the caller insists on one (If-Match). */
export interface Target {
  id: string;
  version?: number | null;
}

interface MoveRule {
  /** Names the statement. */
  name: string;
  by: readonly ActorKind[];
  from: readonly Status[];
  /** Null: the status stays. */
  to: Status | null;
  event: EventType;
  /** Further assignments of the update, in SQL; $5 and up are the command's own values. */
  set?: string;
  /** What must hold besides, in SQL. Decided by the database, at its own time. */
  when?: string;
  /** What the event says, in SQL. */
  data?: string;
  /** Why the rule did not hold for this row, for the caller to read. */
  explain(row: AppointmentRow): string;
  /** True when the row is already as the command wants it: nothing happens, and that is well. */
  isDone?(row: AppointmentRow): boolean;
}

/**
 * Makes a command that moves an appointment (contract section 4): one compare-and-set with its
 * event. It answers the row as it now is. When the row is already as wanted, nothing changes.
 *
 * The command throws `not_found`, `version_mismatch`, `transition_not_allowed`.
 */
export function move(rule: MoveRule) {
  const { name, by, from, to, event, set, when = 'true', data } = rule;
  const isDone = rule.isDone ?? ((row: AppointmentRow) => row.status === to);
  const update = command<AppointmentRow>(
    name,
    `with appointment as (
      update appointments set version = version + 1, updated_at = domain_now()
        ${to ? `, status = '${to}'` : ''} ${set ? `, ${set}` : ''}
      where organisation_id = current_organisation() and id = $3
        and ($4::integer is null or version = $4)
        and status in (${from.map((status) => `'${status}'`).join(', ')}) and (${when})
      returning *),
    ${recorded(`'${event}'`, data)}
    select ${appointmentColumns} from appointment`,
  );

  return async (
    database: Runner,
    actor: Actor,
    target: Target,
    values: readonly Value[] = [],
  ): Promise<AppointmentRow> => {
    if (!by.includes(actor.kind)) {
      throw refuse('transition_not_allowed', {
        message: `The ${actor.kind} cannot ${name.replaceAll('_', ' ')} an appointment.`,
      });
    }
    const { id, version = null } = target;
    const moved = await database.one(update, [
      actor.kind,
      actor.id ?? null,
      id,
      version,
      ...values,
    ]);
    if (moved) return moved;
    const row = await requireVersion(database, target);
    if (isDone(row)) return row;
    throw refuse('transition_not_allowed', { message: rule.explain(row) });
  };
}

/**
 * Makes a command that changes something about an appointment and leaves its status: in any status,
 * unless the rule says otherwise.
 */
export const amend = (
  rule: Omit<MoveRule, 'from' | 'to' | 'isDone' | 'explain'> &
    Partial<Pick<MoveRule, 'from' | 'explain'>> &
    Required<Pick<MoveRule, 'isDone'>>,
) => move({ from: statuses, explain: because('changed'), ...rule, to: null });

/** The row as it is now; throws `not_found`, or `version_mismatch` when it is not the one meant. */
export async function requireVersion(database: Runner, target: Target): Promise<AppointmentRow> {
  const row = await database.one(byId, [target.id]);
  if (!row) throw refuse('not_found');
  if (target.version != null && row.version !== target.version) throw refuse('version_mismatch');
  return row;
}

const inWords = (status: Status) =>
  status === 'no_show' ? 'a no-show' : status.replaceAll('_', ' ');

/** The plain reason: the state itself forbids it. */
export function because(action: string) {
  return (row: AppointmentRow) =>
    `The appointment is ${inWords(row.status)}; it cannot be ${action}.`;
}
