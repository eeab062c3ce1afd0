import { type Database, type Runner, statement } from '../platform/database/index.ts';
import { Refusal } from '../platform/errors.ts';
import { cancelClosed } from './cancel.ts';
import { endAbandoned, endDeserted } from './end.ts';
import { markNoShowClosed } from './mark-no-show.ts';

interface DueRow {
  organisation_id: string;
  id: string;
  status: keyof typeof commandsByStatus;
}

const findDue = statement<DueRow>(
  'find_due_appointments',
  'select * from find_due_appointments($1, $2, $3)',
);

/**
 * What time alone may do to an appointment in this state; the first that applies is done. A no-show
 * comes before `undecided`: where it may be, nobody had anything to decide, however late the sweep is.
 */
const commandsByStatus = {
  scheduled: [markNoShowClosed, cancelClosed],
  waiting: [cancelClosed, endAbandoned],
  in_progress: [endDeserted],
  on_hold: [endDeserted],
};

const batch = 500;
const mostFailures = 20;
const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * Makes the moves that are due by time alone, in every organisation: the same commands as anyone
 * else's, so two sweeps at once do no harm. What is due and may not be moved yet (a person should
 * decide) stays. Answers how many were settled, by this sweep or one beside it. One that fails does
 * not hold up the others: its failure is thrown when all have been tried.
 */
export async function sweepAppointments(
  database: Database,
  isStopped: () => boolean = () => false,
): Promise<number> {
  let moved = 0;
  const failures: unknown[] = [];
  let last: Pick<DueRow, 'organisation_id' | 'id'> = { organisation_id: nobody, id: nobody };
  for (;;) {
    const due = await database.anywhere.many(findDue, [last.organisation_id, last.id, batch]);
    for (const row of due) {
      if (isStopped()) return moved;
      try {
        if (await moveDue(database.in(row.organisation_id), row)) moved++;
      } catch (error) {
        failures.push(error);
        // So many at once are not the rows' own doing: the database is away.
        if (failures.length === mostFailures) throw error;
      }
    }
    const lastDue = due.at(-1);
    if (!lastDue || due.length < batch) break;
    last = lastDue;
  }
  if (failures.length > 0) {
    const message = `${failures.length} appointments could not be swept`;
    throw new AggregateError(failures, message, { cause: failures[0] });
  }
  return moved;
}

async function moveDue(database: Runner, { id, status }: DueRow): Promise<boolean> {
  for (const command of commandsByStatus[status]) {
    try {
      await command(database, { kind: 'sweeper' }, { id });
      return true;
    } catch (error) {
      const doesNotApply = error instanceof Refusal && error.code === 'transition_not_allowed';
      if (!doesNotApply) throw error;
    }
  }
  return false;
}
