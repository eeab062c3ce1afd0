-- compatible
-- What the call socket needs: passes for it, numbers for its connections, and a way to follow all events.

-- Single use, thirty seconds. Only the hash is kept, as of every secret.
create table tickets (
  organisation_id uuid not null references organisations,
  ticket_hash bytea not null,
  kind text not null check (kind in ('day', 'room')),
  -- A ticket of a room is for one revision: a reschedule voids it.
  appointment_id uuid,
  revision integer,
  role text not null check (role in ('day', 'agent', 'claimant', 'interpreter', 'guest')),
  person_id text not null,
  name text not null,
  -- Null: of all departments.
  department_ids integer[],
  session_hash bytea not null,
  expires_at timestamptz not null,
  primary key (organisation_id, ticket_hash),
  unique (ticket_hash),
  check ((kind = 'day') = (role = 'day')),
  check ((kind = 'room') = (appointment_id is not null and revision is not null)),
  foreign key (organisation_id, appointment_id) references appointments (organisation_id, id)
);
create index tickets_by_expiry on tickets (expires_at);
alter table tickets enable row level security, force row level security;
create policy separate on tickets using (organisation_id = current_organisation());
grant insert, select (kind) on tickets to anteroom_app;

create policy look_up on tickets for select to anteroom_lookup using (true);
create policy redeem on tickets for delete to anteroom_lookup using (true);
grant select, delete on tickets to anteroom_lookup;

-- Which of a process's connections it is that a side has; null before connections had numbers.
alter table calls
  add column agent_connection bigint,
  add column claimant_connection bigint;

-- Uses a ticket up, and says what it was good for: no row when it was used before, is old or unknown.
create function redeem_ticket(wanted_hash bytea)
  returns table (organisation_id uuid, kind text, appointment_id uuid, revision integer, role text,
    person_id text, name text, department_ids integer[], session_hash bytea)
  language sql security definer set search_path = pg_catalog, public
  as $$
    with redeemed as (delete from tickets where ticket_hash = wanted_hash returning *)
    select r.organisation_id, r.kind, r.appointment_id, r.revision, r.role, r.person_id, r.name,
      r.department_ids, r.session_hash
    from redeemed r where r.expires_at > clock_timestamp()
  $$;

-- Which of these sessions, of staff or of a visit, are still good: their sockets close with them.
create function find_live_sessions(wanted_hashes bytea[]) returns table (session_hash bytea)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select wanted.hash from unnest(wanted_hashes) as wanted (hash)
    where exists (select from find_staff_session(wanted.hash)) or exists (select from find_visit_session(wanted.hash))
  $$;

-- Deletes the oldest tickets that nobody used and says how many; beside one of another server it finds nothing.
create function forget_tickets(at_most integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  forgotten integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('anteroom.forget_tickets')) then return 0; end if;
  delete from tickets where ctid = any (array(
    select ctid from tickets where expires_at <= now() order by expires_at limit at_most));
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

-- Events in the order of their positions. A block-range index says where new ones begin: a create, which
-- adds to the end of the table, has next to nothing to do for it. It covers what has been vacuumed, so
-- the table is vacuumed often; pages that are done are not looked at again.
create index events_by_position on events using brin (position) with (pages_per_range = 16, autosummarize = on);
alter table events set (autovacuum_vacuum_insert_threshold = 5000, autovacuum_vacuum_insert_scale_factor = 0);

create policy look_up on events for select to anteroom_lookup using (true);
grant select (organisation_id, appointment_id, version, type, data, position) on events to anteroom_lookup;
grant select on sequence events_position_seq to anteroom_lookup;

-- The highest position given out so far, the oldest transaction that is still running, and the next one
-- to begin. Once all that were running have ended, no position up to this one can still appear.
create function find_events_horizon()
  returns table (last_position bigint, oldest_running xid8, next_to_begin xid8)
  language sql volatile security definer set search_path = pg_catalog, public
  as $$
    select case when s.is_called then s.last_value else 0 end,
      pg_snapshot_xmin(pg_current_snapshot()), pg_snapshot_xmax(pg_current_snapshot())
    from events_position_seq s
  $$;

-- The events of all organisations after a position, those that can be seen now.
create function find_events_after(after_position bigint, at_most integer)
  returns table (organisation_id uuid, appointment_id uuid, version integer, type text, data jsonb, "position" bigint)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select e.organisation_id, e.appointment_id, e.version, e.type, e.data, e.position
    from events e where e.position > after_position order by e.position limit at_most
  $$;

grant create on schema public to anteroom_lookup;
alter function redeem_ticket owner to anteroom_lookup;
alter function find_live_sessions owner to anteroom_lookup;
alter function forget_tickets owner to anteroom_lookup;
alter function find_events_horizon owner to anteroom_lookup;
alter function find_events_after owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;
revoke execute on function redeem_ticket, find_live_sessions, forget_tickets, find_events_horizon, find_events_after from public;
grant execute on function redeem_ticket, find_live_sessions, forget_tickets, find_events_horizon, find_events_after to anteroom_app;
