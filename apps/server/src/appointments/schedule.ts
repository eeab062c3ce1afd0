import type { KeyObject } from 'node:crypto';
import type { ScheduleRequest } from '@anteroom/contract';
import type { Clock } from '../platform/clock.ts';
import {
  command,
  type OrganisationDatabase,
  statement,
  violatedConstraint,
} from '../platform/database/index.ts';
import type { Faults } from '../platform/errors.ts';
import {
  type Answer,
  answerOfClash,
  keepingAnswer,
  keptValues,
  type Repeatable,
} from '../platform/idempotency.ts';
import { answerAppointment, type View } from './answer.ts';
import { assign } from './assign.ts';
import {
  eventOfNew,
  makeAppointment,
  newColumns,
  referenceTaken,
  valueOfNew,
} from './new-appointment.ts';
import { recorded } from './recorded.ts';
import type { AppointmentRow } from './row.ts';
import { plainSearchText, searchTextOf, termsWritten } from './search-text.ts';
import type { Actor } from './status.ts';

const firstColumn = 4;
const firstKept = firstColumn + newColumns.length;
const parameter = (column: (typeof newColumns)[number]) =>
  `$${firstColumn + newColumns.indexOf(column)}`;

export const insertAppointment = command(
  'schedule',
  `with appointment as (
    insert into appointments (organisation_id, ${newColumns.join(', ')}, search_text)
    values (current_organisation(), ${newColumns.map(parameter).join(', ')},
      coalesce($${firstKept + 7}::text, ${searchTextOf(parameter)}))
    returning organisation_id, id, version, updated_at, search_text),
  ${termsWritten()},
  ${recorded(`'appointment.scheduled'`, '$3::jsonb')}
  ${keepingAnswer(firstKept)}`,
);

const findByReference = statement<{ id: string }>(
  'find_by_reference',
  `select id from appointments where organisation_id = current_organisation() and reference = $1`,
);

export interface ScheduleContext {
  database: OrganisationDatabase;
  clock: Clock;
  roomKeySecret: KeyObject;
  view: View;
  actor: Actor;
  repeatable: Repeatable | null;
  /** What reading the request found wrong already. */
  faults: Faults | null;
  /** How the new appointment is answered; as the API does, unless it is given. */
  answer?: (row: AppointmentRow) => Answer;
}

/**
 * Schedules an appointment: the row, its event and the answer for a repetition are one statement,
 * and the answer is given after its commit. Every value is known beforehand, so the answer is made
 * once. Throws `validation_failed` with all faults, `reference_taken`, `idempotency_key_reused`,
 * `idempotency_in_progress`.
 */
export async function schedule(
  context: ScheduleContext,
  request: ScheduleRequest,
): Promise<Answer> {
  const { database, view, actor, repeatable } = context;
  const createdAt = await context.clock.now();
  const { organisation } = view;
  const made = makeAppointment(request, { ...context, organisation }, createdAt);
  const { agent_id: agentId } = made;
  // To be assigned is a change of its own, so that an appointment without an agent pays nothing for it.
  const row = agentId === null ? made : { ...made, version: made.version + 1 };
  const answer = context.answer?.(row) ?? answerAppointment(row, view, 201);
  try {
    const values = [
      actor.kind,
      actor.id ?? null,
      eventOfNew(row),
      ...newColumns.map((column) => valueOfNew(row, column)),
      ...keptValues(repeatable, answer),
      plainSearchText(row),
    ];
    if (agentId === null) await database.one(insertAppointment, values);
    else {
      await database.transaction(async (transaction) => {
        await transaction.one(insertAppointment, values);
        await assign(transaction, actor, { id: row.id }, agentId, 'extensions.agent');
      });
    }
    return answer;
  } catch (error) {
    // The key is looked up first: a repetition meets its own reference as well.
    return answerOfClash(database, repeatable, error, () => schedule(context, request)).catch(
      (failure) => explainClash(context, request, failure),
    );
  }
}

/** Says which unique value was taken; throws the failure itself when it was none. */
async function explainClash(
  context: ScheduleContext,
  request: ScheduleRequest,
  failure: unknown,
): Promise<Answer> {
  const constraint = violatedConstraint(failure);
  if (constraint === 'appointments_organisation_id_reference_key') {
    const existing = await context.database.one(findByReference, [request.reference]);
    throw referenceTaken(existing?.id ?? null, failure);
  }
  // Two random entry codes met, once in a very long while: made up anew, they will not again.
  if (constraint === 'appointments_organisation_id_entry_code_key')
    return schedule(context, request);
  throw failure;
}
