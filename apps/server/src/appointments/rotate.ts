import type { KeyObject } from 'node:crypto';
import { isoFromDatabase } from '../platform/clock.ts';
import {
  command,
  type OrganisationDatabase,
  type Runner,
  violatedConstraint,
} from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import { type Answer, answerOnce, type Repeatable } from '../platform/idempotency.ts';
import type { View } from './answer.ts';
import { makeLinks } from './identifiers.ts';
import { answerLinks } from './links.ts';
import { because, requireVersion, type Target } from './move.ts';
import { recorded } from './recorded.ts';
import { type AppointmentRow, appointmentColumns } from './row.ts';
import type { Actor } from './status.ts';

const update = command<AppointmentRow>(
  'rotate_links',
  `with appointment as (
    update appointments set claimant_token = $5, entry_code = $6, room_key = $7,
      knocked_at = null, knocked_by = null, vouched_at = null, version = version + 1, updated_at = domain_now()
    where organisation_id = current_organisation() and id = $3
      and ($4::integer is null or version = $4)
      and status in ('scheduled', 'waiting', 'in_progress', 'on_hold')
    returning *),
  ${recorded(`'appointment.links_rotated'`)}
  select ${appointmentColumns} from appointment`,
);

export interface RotateContext {
  database: OrganisationDatabase;
  roomKeySecret: KeyObject;
  view: View;
  actor: Actor;
  repeatable: Repeatable | null;
}

/**
 * Gives an appointment new links and answers them: the claimant's token, the entry code and the
 * host's key before them open nothing any more. The meeting and its room stay. In a final state only
 * notes and outcome can change (contract section 4), so there the links stay as they are.
 *
 * Throws `not_found`, `version_mismatch`, `transition_not_allowed`, `idempotency_key_reused`,
 * `idempotency_in_progress`.
 */
export async function rotateLinks(context: RotateContext, target: Target): Promise<Answer> {
  const { database, repeatable, view } = context;
  try {
    return await answerOnce(database, repeatable, async (runner) =>
      answerLinks(await rotate(runner, context, target), view),
    );
  } catch (error) {
    // Two random entry codes met, once in a very long while: made up anew, they will not again.
    if (violatedConstraint(error) === 'appointments_organisation_id_entry_code_key')
      return rotateLinks(context, target);
    throw error;
  }
}

async function rotate(
  database: Runner,
  { actor, roomKeySecret }: RotateContext,
  target: Target,
): Promise<AppointmentRow> {
  // Read beforehand is only what never changes: the meeting that the host's key names, and when the
  // appointment was made, by which the key's room is found.
  const { meeting_id: meetingId, created_at: createdAt } = await requireVersion(database, target);
  const made = makeLinks(meetingId, isoFromDatabase(createdAt), roomKeySecret);
  const rotated = await database.one(update, [
    actor.kind,
    actor.id ?? null,
    target.id,
    target.version ?? null,
    made.claimant_token,
    made.entry_code,
    made.room_key,
  ]);
  if (rotated) return rotated;
  const row = await requireVersion(database, target);
  throw refuse('transition_not_allowed', { message: because('given new links')(row) });
}
