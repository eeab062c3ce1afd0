import { because, move } from './move.ts';

/** When the last side left the call of this revision; null when nobody ever was in it. */
const lastLeftAt = `(
  select greatest(c.agent_left_at, c.claimant_left_at) from calls c
  where c.organisation_id = appointments.organisation_id and c.appointment_id = appointments.id
    and c.revision = appointments.revision)`;

/** A session ends with everything in it: never before its start or an open or finished hold. */
const endedAt = (time: string) =>
  `greatest(${time}, session_started_at, on_hold_started_at, on_hold_ended_at)`;

const closing = (time: string) => `session_ended_at = ${endedAt(time)},
  on_hold_ended_at = case when status = 'on_hold' then ${endedAt(time)} else on_hold_ended_at end`;

const data = `jsonb_build_object('session_ended_at', session_ended_at, 'outcome', outcome)`;

/** The agent ends the call, or an appointment whose claimant waits again after a session. */
export const end = move({
  name: 'end',
  by: ['agent'],
  from: ['in_progress', 'on_hold', 'waiting'],
  to: 'completed',
  event: 'appointment.completed',
  set: closing('domain_now()'),
  when: 'session_started_at is not null',
  data,
  explain: because('ended'),
});

/**
 * Ends a call that its people have left: nobody connected for ten minutes, or one side alone for
 * sixty. It ended when the last of them left.
 */
export const endDeserted = move({
  name: 'end_deserted',
  by: ['sweeper'],
  from: ['in_progress', 'on_hold'],
  to: 'completed',
  event: 'appointment.completed',
  set: closing(lastLeftAt),
  when: `exists (
    select from calls c
    where c.organisation_id = appointments.organisation_id and c.appointment_id = appointments.id
      and c.revision = appointments.revision
      and greatest(c.agent_left_at, c.claimant_left_at) <= domain_now() - case
        when c.agent_left_at is null or c.claimant_left_at is null
        then interval '60 minutes' else interval '10 minutes' end)`,
  data,
  explain: because('ended'),
});

/** Ends, when the room closes, an appointment whose claimant was put back and not seen again. */
export const endAbandoned = move({
  name: 'end_abandoned',
  by: ['sweeper'],
  from: ['waiting'],
  to: 'completed',
  event: 'appointment.completed',
  set: `${closing(`coalesce(${lastLeftAt}, domain_now())`)}, outcome = 'abandoned'`,
  when: 'session_started_at is not null and domain_now() >= room_closes_at',
  data,
  explain: because('ended'),
});
