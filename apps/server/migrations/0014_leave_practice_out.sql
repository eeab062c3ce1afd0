-- compatible
-- Practice appointments have no real person: figures leave them out.

create or replace function count_appointments() returns table (status text, count bigint)
  language plpgsql stable security definer set search_path = pg_catalog, public
  as $$
declare
  percent real := least(100, 100.0 * 1000 * 8192 / greatest(pg_relation_size('appointments'), 1));
begin
  return query
    select a.status, (count(*) * 100 / percent)::bigint
    from appointments a tablesample system (percent)
    where a.status not in ('waiting', 'in_progress', 'on_hold') and not a.is_practice group by a.status
    union all
    select a.status, count(*) from appointments a where a.status = 'waiting' and not a.is_practice group by a.status
    union all
    select a.status, count(*) from appointments a where a.status in ('in_progress', 'on_hold') and not a.is_practice
    group by a.status;
end $$;

create or replace function find_oldest_waits() returns table (due_seconds double precision, waiting_seconds double precision)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select
      (select extract(epoch from domain_now() - min(room_closes_at))::double precision from appointments
       where status in ('scheduled', 'waiting') and room_closes_at <= domain_now()),
      (select extract(epoch from domain_now() - min(arrived_at))::double precision from appointments
       where status = 'waiting' and session_started_at is null and not is_practice)
  $$;
