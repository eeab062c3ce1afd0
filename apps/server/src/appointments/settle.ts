import type { Outcome } from '@anteroom/contract';
import type { Runner } from '../platform/database/index.ts';
import { amend, type Target } from './move.ts';
import type { Actor } from './status.ts';

const settleAs = amend({
  name: 'settle',
  by: ['agent'],
  event: 'appointment.settled',
  set: `outcome = case when $5::boolean then $6::text else outcome end,
    notes = case when $7::boolean then $8::text else notes end`,
  when: '($5::boolean and outcome is distinct from $6::text) or ($7::boolean and notes is distinct from $8::text)',
  data: `jsonb_build_object('outcome', outcome)`,
  isDone: () => true,
});

/**
 * Notes how the appointment turned out, and what the agent wants to remember: in any status, the final
 * ones included (contract section 4). What is left out stays. The event holds the outcome, not the notes.
 */
export const settle = (
  database: Runner,
  actor: Actor,
  target: Target,
  { outcome, notes }: { outcome?: Outcome | null | undefined; notes?: string | null | undefined },
) =>
  settleAs(database, actor, target, [
    outcome !== undefined,
    outcome ?? null,
    notes !== undefined,
    notes ?? null,
  ]);
