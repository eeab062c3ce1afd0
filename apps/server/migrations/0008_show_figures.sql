-- compatible
-- Figures for whoever watches the service, over all organisations; no row is read that was not needed.

-- Who waits now, and since when.
create index appointments_waiting on appointments (arrived_at) where status = 'waiting';

-- How many appointments are in each state. The states of a call that goes on are counted exactly, by
-- indexes that hold nothing else; the rest by a sample of a thousand blocks (8 MB), so that the look
-- costs the same whatever the history. A table of up to so many blocks is counted whole.
create function count_appointments() returns table (status text, count bigint)
  language plpgsql stable security definer set search_path = pg_catalog, public
  as $$
declare
  percent real := least(100, 100.0 * 1000 * 8192 / greatest(pg_relation_size('appointments'), 1));
begin
  return query
    select a.status, (count(*) * 100 / percent)::bigint
    from appointments a tablesample system (percent)
    where a.status not in ('waiting', 'in_progress', 'on_hold') group by a.status
    union all
    select a.status, count(*) from appointments a where a.status = 'waiting' group by a.status
    union all
    select a.status, count(*) from appointments a where a.status in ('in_progress', 'on_hold') group by a.status;
end $$;

-- For how long the oldest appointment has been due whose room has closed, and for how long whoever waits
-- longest for a call has waited; null when there is none.
create function find_oldest_waits() returns table (due_seconds double precision, waiting_seconds double precision)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select
      (select extract(epoch from domain_now() - min(room_closes_at))::double precision from appointments
       where status in ('scheduled', 'waiting') and room_closes_at <= domain_now()),
      (select extract(epoch from domain_now() - min(arrived_at))::double precision from appointments
       where status = 'waiting' and session_started_at is null)
  $$;

grant create on schema public to anteroom_lookup;
alter function count_appointments owner to anteroom_lookup;
alter function find_oldest_waits owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;
revoke execute on function count_appointments, find_oldest_waits from public;
grant execute on function count_appointments, find_oldest_waits to anteroom_app;
