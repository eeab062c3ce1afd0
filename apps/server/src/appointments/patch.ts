import type { ChangeRequest } from '@anteroom/contract';
import type { OrganisationDatabase, Runner } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { arrive } from './arrive.ts';
import { cancel } from './cancel.ts';
import { type ChangeContext, change } from './change.ts';
import { markNoShow } from './mark-no-show.ts';
import type { Target } from './move.ts';
import type { AppointmentRow } from './row.ts';
import { isRequestable, type RequestedStatus } from './status.ts';

const commands = {
  waiting: arrive,
  cancelled: (database: Runner, actor: ChangeContext['actor'], target: Target) =>
    cancel(database, actor, target, [null]),
  no_show: markNoShow,
} satisfies Record<RequestedStatus, unknown>;

/**
 * A PATCH: changes fields, and makes the move that `status` asks for when it names another than
 * the present one. Both happen or neither. Throws what `change` and the move throw.
 */
export async function patch(
  database: OrganisationDatabase,
  context: ChangeContext,
  target: Target,
  { status, ...fields }: ChangeRequest,
): Promise<AppointmentRow> {
  if (status === undefined || status === null || context.faults?.status) {
    return change(database, context, target, fields);
  }
  return database.transaction(async (transaction) => {
    const changed = await change(transaction, context, target, fields);
    if (changed.status === status) return changed;
    if (!isRequestable(status)) {
      throw refuse('transition_not_allowed', {
        message: `The API cannot set the status ${status}; it can set waiting, cancelled and no_show.`,
      });
    }
    // Where nothing else changed, no lock is held yet: If-Match is for the move to see to.
    const version = target.version == null ? null : changed.version;
    return commands[status](transaction, context.actor, { id: changed.id, version });
  });
}
