import type { WaitingMessage } from '@anteroom/contract';
import { type Runner, statement } from '../platform/database/index.ts';
import { amend, because } from './move.ts';
import { inScope, type Scope, scopeValue } from './scope.ts';
import type { Actor } from './status.ts';

const tellOne = amend({
  name: 'tell',
  by: ['agent'],
  from: ['scheduled', 'waiting'],
  event: 'appointment.told',
  set: `waiting_message = jsonb_build_object('kind', $5::text, 'minutes', $6::integer, 'at',
    to_char(domain_now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))`,
  data: `jsonb_build_object('message', waiting_message)`,
  isDone: () => false,
  explain: because('told anything'),
});

const findWaiting = statement<{ id: string }>(
  'find_waiting',
  `select id from appointments
   where organisation_id = current_organisation() and status = 'waiting' and session_started_at is null
     and ${inScope('$1')} order by arrived_at limit 1000`,
);

type Message = Pick<WaitingMessage, 'kind' | 'minutes'>;

/** Tells the claimant of one appointment something while they wait. */
export const tell = (database: Runner, actor: Actor, id: string, { kind, minutes }: Message) =>
  tellOne(database, actor, { id }, [kind, minutes]);

/** Tells everyone who waits in these departments; answers how many. */
export async function tellWaiting(
  database: Runner,
  actor: Actor,
  scope: Scope,
  message: Message,
): Promise<number> {
  const waiting = await database.many(findWaiting, [scopeValue(scope)]);
  for (const { id } of waiting) await tell(database, actor, id, message);
  return waiting.length;
}
