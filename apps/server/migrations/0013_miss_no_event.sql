-- compatible
-- Readers of events took a stretch of positions as settled too early: a snapshot's xmax is one past the
-- last transaction that has ended, not the next to begin, so that one which was running could lie behind
-- it and be missed. A transaction number drawn after the position was read lies behind all of them.

-- Draws a number only when there are positions after the known one: nothing happens while nothing happens.
-- In three statements, since their order matters; the caller's transaction must have no number yet.
create function find_events_horizon_after(known_position bigint)
  returns table (last_position bigint, oldest_running xid8, next_to_begin xid8)
  language plpgsql volatile security definer set search_path = pg_catalog, public
  as $$
begin
  oldest_running := pg_snapshot_xmin(pg_current_snapshot());
  select case when s.is_called then s.last_value else 0 end into last_position from events_position_seq s;
  if last_position > known_position then next_to_begin := pg_current_xact_id(); end if;
  return next;
end $$;

create or replace function find_events_horizon()
  returns table (last_position bigint, oldest_running xid8, next_to_begin xid8)
  language sql volatile security definer set search_path = pg_catalog, public
  as $$ select * from find_events_horizon_after(-1) $$;

-- As before, but the horizon comes first: the lock gives this transaction its number.
create or replace function queue_messages() returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  progress message_progress;
  horizon record;
  is_over boolean;
  queued integer;
begin
  select h.* into horizon from message_progress p, find_events_horizon_after(p.settled_position) h;
  if horizon.next_to_begin is null then return 0; end if;
  select * into progress from message_progress for update skip locked;
  if not found then return 0; end if;
  is_over := progress.mark_next <= horizon.oldest_running;
  insert into messages (organisation_id, appointment_id, revision, kind, occasion)
  select e.organisation_id, e.appointment_id, a.revision, message_kind(e.type, e.data),
    case when e.type in ('appointment.scheduled', 'appointment.rescheduled', 'appointment.cancelled') then 0 else e.version end
  from events e
  join appointments a on a.organisation_id = e.organisation_id and a.id = e.appointment_id
  where e.position > progress.settled_position and message_kind(e.type, e.data) is not null and not a.is_practice
  on conflict do nothing;
  get diagnostics queued = row_count;
  update message_progress set
    settled_position = case when is_over then mark_position else settled_position end,
    mark_position = case when is_over or mark_position is null then horizon.last_position else mark_position end,
    mark_next = case when is_over or mark_position is null then horizon.next_to_begin else mark_next end;
  return queued;
end $$;

grant create on schema public to anteroom_lookup;
alter function find_events_horizon_after owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;
revoke execute on function find_events_horizon_after from public;
grant execute on function find_events_horizon_after to anteroom_app;
