import { type Runner, violatedConstraint } from '../platform/database/index.ts';
import { type Refusal, refuseFaults } from '../platform/errors.ts';
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

/** The constraint that keeps an agent's appointments from overlapping (threats, T15). */
export const oneAtATime = 'one_appointment_at_a_time';

export const refuseBusyAgent = (field: string): Refusal =>
  refuseFaults({
    [field]: [`${field} must be an agent who has no other appointment at that time.`],
  });

/**
 * Gives the appointment to an agent, or with null to nobody. The caller knows that there is such an
 * agent and that they may take it, and by which `field` they were named. Throws `validation_failed`
 * when another appointment of theirs overlaps, and what a move throws.
 */
export async function assign(
  database: Runner,
  actor: Actor,
  target: Target,
  agentId: string | null,
  field = 'agent_id',
): Promise<AppointmentRow> {
  try {
    return await assignTo(database, actor, target, [agentId]);
  } catch (error) {
    if (violatedConstraint(error) === oneAtATime) throw refuseBusyAgent(field);
    throw error;
  }
}
