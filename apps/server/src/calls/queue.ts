import type { RoomSnapshot } from '@anteroom/contract';
import { type Runner, statement } from '../platform/database/index.ts';

/** Waits are told in steps of five minutes, and only once so many people have waited today. */
const stepMinutes = 5;
const fewestWaits = 3;

/** Everyone who waits and has not been let in, and how long that took those who went before them today. */
const readWaiting = statement<{
  id: string;
  before: number;
  waited_minutes: number;
  waits: number;
  short_minutes: number | null;
  long_minutes: number | null;
}>(
  'read_queue',
  `with waiting as (
     select id, department_id, appointment_at,
       extract(epoch from domain_now() - greatest(arrived_at, appointment_at))::double precision / 60 as waited_minutes,
       (rank() over (partition by department_id order by appointment_at, arrived_at) - 1)::integer as before
     from appointments
     where organisation_id = current_organisation() and status = 'waiting' and admitted_at is null and not is_practice),
   today as (
     select date_trunc('day', domain_now() at time zone time_zone) at time zone time_zone as began_at
     from organisations where id = current_organisation()),
   waits as (
     select a.department_id, count(*)::integer as waits,
       percentile_cont(array[0.2, 0.8]) within group (
         order by greatest(0, extract(epoch from a.session_started_at - greatest(a.arrived_at, a.appointment_at)) / 60)) as minutes
     from appointments a, today
     where a.organisation_id = current_organisation() and a.appointment_at >= today.began_at
       and a.appointment_at < today.began_at + interval '1 day'
       and a.arrived_at is not null and a.session_started_at is not null and not a.is_practice
     group by a.department_id)
   select w.id, w.before, w.waited_minutes, coalesce(d.waits, 0) as waits,
     d.minutes[1]::double precision as short_minutes, d.minutes[2]::double precision as long_minutes
   from waiting w left join waits d on d.department_id is not distinct from w.department_id`,
);

/**
 * Each waiting claimant's place in their department today, and a range of minutes that most of those
 * before them have really waited, counted from their arrival or their time, whichever was later. No
 * range where too few have been seen today, nor once somebody has waited longer than it says.
 */
export async function readQueue(database: Runner): Promise<Map<string, RoomSnapshot['queue']>> {
  const rows = await database.many(readWaiting, []);
  return new Map(
    rows.map((row) => {
      const { short_minutes: short, long_minutes: long } = row;
      if (short === null || long === null || row.waits < fewestWaits) {
        return [row.id, { before: row.before, wait_minutes: null }];
      }
      const from = Math.floor(short / stepMinutes) * stepMinutes;
      const until = Math.max(Math.ceil(long / stepMinutes) * stepMinutes, from + stepMinutes);
      const isTrue = row.waited_minutes <= until;
      return [row.id, { before: row.before, wait_minutes: isTrue ? [from, until] : null }];
    }),
  );
}
