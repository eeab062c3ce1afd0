import type { Runner } from '../platform/database/index.ts';
import { violatedConstraint } from '../platform/database/index.ts';
import { refuseFaults } from '../platform/errors.ts';
import { amend, because, type Target } from './move.ts';
import type { AppointmentRow } from './row.ts';
import type { Actor } from './status.ts';

const assignTo = amend({
  name: 'assign',
  by: ['agent', 'api'],
  from: ['scheduled', 'waiting', 'in_progress', 'on_hold'],
  event: 'appointment.assigned',
  set: 'agent_id = $5::uuid',
  when: 'agent_id is distinct from $5::uuid',
  data: `jsonb_build_object('agent_id', agent_id)`,
  isDone: (row) =>
    row.status !== 'cancelled' && row.status !== 'completed' && row.status !== 'no_show',
  explain: because('assigned'),
});

/** Throws the failure, or what it means where an agent would have two appointments at a time. */
export function explainOverlap(failure: unknown, field: string, isOfAgent: boolean): never {
  if (violatedConstraint(failure) !== 'one_appointment_at_a_time') throw failure;
  const wanted = isOfAgent
    ? 'an agent who is free at that time'
    : 'a time at which its agent is free';
  throw refuseFaults({
    [field]: [`${field} must be ${wanted}; the agent has another appointment then.`],
  });
}

/**
 * Gives the appointment to an agent, or with null to nobody. The caller knows that there is such an
 * agent and that they may take it. Throws `validation_failed` when another appointment of theirs
 * overlaps (threats, T15), and what a move throws.
 */
export async function assign(
  database: Runner,
  actor: Actor,
  target: Target,
  agentId: string | null,
): Promise<AppointmentRow> {
  try {
    return await assignTo(database, actor, target, [agentId]);
  } catch (error) {
    return explainOverlap(error, 'agent_id', true);
  }
}
