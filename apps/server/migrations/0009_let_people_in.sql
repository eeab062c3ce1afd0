-- compatible
-- Who may come in: staff by password, claimants and hosts by their links; and what an appointment says of
-- its agent, its claimant's devices and whoever is at the door. Each new column of appointments is null
-- at first, and each index holds only rows that have a value, so that a create pays for none of them.

create extension if not exists btree_gist;

alter table organisations
  add column phone_number text,
  add column privacy_url text,
  add column accessibility_url text,
  add column colour text check (colour ~ '^#[0-9a-f]{6}$');

alter table departments
  add column phone_number text,
  -- What claimants see instead of an agent's own name.
  add column agent_alias text check (char_length(agent_alias) between 1 and 255);

alter table staff
  add column name text not null default '' check (char_length(name) <= 255),
  add column disabled_at timestamptz;

-- Where staff work; a customer administrator works everywhere, whatever stands here.
create table staff_departments (
  organisation_id uuid not null,
  staff_id uuid not null,
  department_id integer not null,
  primary key (organisation_id, staff_id, department_id),
  foreign key (organisation_id, staff_id) references staff (organisation_id, id),
  foreign key (organisation_id, department_id) references departments (organisation_id, id)
);

create table staff_sessions (
  organisation_id uuid not null,
  session_hash bytea not null unique,
  staff_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (organisation_id, session_hash),
  foreign key (organisation_id, staff_id) references staff (organisation_id, id)
);
create index staff_sessions_by_staff on staff_sessions (organisation_id, staff_id);
create index staff_sessions_by_expiry on staff_sessions (expires_at);

-- Sessions that a link of one appointment has opened, the claimant's or the host's. They last as long as
-- that link opens anything: what it held is kept hashed and compared with what the appointment has now.
create table visit_sessions (
  organisation_id uuid not null,
  session_hash bytea not null unique,
  appointment_id uuid not null,
  side text not null check (side in ('claimant', 'host')),
  link_hash bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (organisation_id, session_hash),
  foreign key (organisation_id, appointment_id) references appointments (organisation_id, id)
);
create index visit_sessions_by_expiry on visit_sessions (expires_at);

-- Guesses at passwords and codes, by a keyed hash of what was typed, of where it came from, and of the
-- organisation: what does not exist is counted as what does. Belongs to no organisation, because the
-- guess may not know one; holds nothing that could be read.
create table guesses (
  key bytea primary key,
  count integer not null,
  ends_at timestamptz not null
);
create index guesses_by_end on guesses (ends_at);
grant select, insert, update on guesses to anteroom_app;

-- Counts one guess in each of these windows, in their order, until one of them is full; answers whether
-- the guess may be made. Real time.
create function count_guess(keys bytea[], most integer[], seconds integer[]) returns boolean
  language plpgsql as $$
declare
  counted integer;
begin
  for place in 1 .. cardinality(keys) loop
    insert into guesses as g (key, count, ends_at)
    values (keys[place], 1, clock_timestamp() + seconds[place] * interval '1 second')
    on conflict (key) do update
      set count = case when g.ends_at <= clock_timestamp() then 1 else least(g.count, most[place]) + 1 end,
        ends_at = case when g.ends_at <= clock_timestamp() then excluded.ends_at else g.ends_at end
    returning count into counted;
    if counted > most[place] then return false; end if;
  end loop;
  return true;
end $$;

-- What was right was no guess. In the same order as above, so that the two never wait for each other.
create function forgive_guess(keys bytea[]) returns void
  language plpgsql as $$
begin
  for place in 1 .. cardinality(keys) loop
    update guesses set count = greatest(count - 1, 0) where key = keys[place];
  end loop;
end $$;

revoke execute on function count_guess, forgive_guess from public;
grant execute on function count_guess, forgive_guess to anteroom_app;

alter table appointments
  -- No foreign key, which each new appointment would pay for; staff are disabled, never deleted.
  add column agent_id uuid,
  add column notes text,
  add column device_check jsonb,
  add column call_back_wanted_at timestamptz,
  -- Somebody unverified is at the door; by whose session (hashed), and since when an agent vouches for them.
  add column knocked_at timestamptz,
  add column knocked_by bytea,
  add column vouched_at timestamptz,
  add column hold_reason text,
  add column waiting_message jsonb;

-- The time that an appointment takes. Declared immutable like room_closes_at(): minutes are added to an
-- instant, so no time zone has a say.
create function taken_time(appointment_at timestamptz, duration_in_minutes integer) returns tstzrange
  language sql immutable parallel safe
  as $$ select tstzrange(appointment_at, appointment_at + duration_in_minutes * interval '1 minute') $$;

-- An agent has one appointment at a time (threats, T15). Also serves to find an agent's own.
alter table appointments add constraint one_appointment_at_a_time
  exclude using gist (organisation_id with =, agent_id with =, taken_time(appointment_at, duration_in_minutes) with &&)
  where (agent_id is not null and status in ('scheduled', 'waiting', 'in_progress', 'on_hold'));

alter table staff_departments enable row level security, force row level security;
alter table staff_sessions enable row level security, force row level security;
alter table visit_sessions enable row level security, force row level security;
create policy separate on staff_departments using (organisation_id = current_organisation());
create policy separate on staff_sessions using (organisation_id = current_organisation());
create policy separate on visit_sessions using (organisation_id = current_organisation());
grant select on staff_departments to anteroom_app;
grant select, insert, update on staff_sessions, visit_sessions to anteroom_app;

create policy look_up on staff for select to anteroom_lookup using (true);
create policy look_up on staff_departments for select to anteroom_lookup using (true);
create policy look_up on staff_sessions for select to anteroom_lookup using (true);
create policy look_up on visit_sessions for select to anteroom_lookup using (true);
create policy forget on staff_sessions for delete to anteroom_lookup using (true);
create policy forget_expired_ones_only on staff_sessions as restrictive for delete to anteroom_lookup
  using (expires_at - now() <= interval '0');
create policy forget on visit_sessions for delete to anteroom_lookup using (true);
create policy forget_expired_ones_only on visit_sessions as restrictive for delete to anteroom_lookup
  using (expires_at - now() <= interval '0');
grant select on staff, staff_departments, staff_sessions, visit_sessions, guesses to anteroom_lookup;
grant delete on staff_sessions, visit_sessions, guesses to anteroom_lookup;

-- Whose pages a request means that names no organisation's host: the only one there is, else nobody's.
create function find_only_organisation() returns uuid
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select case when count(*) = 1 then min(id::text)::uuid end from (select id from organisations limit 2) as first_two $$;

-- Staff with this address who may sign in: of one organisation, or of all where none is meant.
create function find_staff_by_email(wanted_organisation uuid, wanted_email text)
  returns table (organisation_id uuid, id uuid, password_hash text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select s.organisation_id, s.id, s.password_hash
    from organisations o join staff s on s.organisation_id = o.id and s.email = wanted_email
    where (wanted_organisation is null or o.id = wanted_organisation) and s.disabled_at is null
    limit 2
  $$;

-- Whose session this is, while it lasts; in real time.
create function find_staff_session(wanted_hash bytea)
  returns table (organisation_id uuid, staff_id uuid, email text, name text, role text, department_ids integer[],
    expires_in_seconds double precision)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select t.organisation_id, t.staff_id, s.email, s.name, s.role,
      array(select d.department_id from staff_departments d
            where d.organisation_id = t.organisation_id and d.staff_id = t.staff_id order by d.department_id),
      extract(epoch from t.expires_at - clock_timestamp())::double precision
    from staff_sessions t
    join staff s on s.organisation_id = t.organisation_id and s.id = t.staff_id
    where t.session_hash = wanted_hash and t.ended_at is null and s.disabled_at is null
      and t.expires_at > clock_timestamp()
  $$;

-- The form in which sessions keep what a link held.
create function link_hash(held text) returns bytea
  language sql immutable parallel safe
  as $$ select sha256(convert_to(held, 'UTF8')) $$;

-- A link opens the visit until an hour after the room has closed, and as long as a call goes on.
create function is_visit_open(status text, room_closes_at timestamptz) returns boolean
  language sql stable parallel safe
  as $$ select status in ('in_progress', 'on_hold') or domain_now() < room_closes_at + interval '1 hour' $$;

-- The appointment that a session is good for, while the link that opened it is.
create function find_visit_session(wanted_hash bytea)
  returns table (organisation_id uuid, appointment_id uuid, side text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select t.organisation_id, t.appointment_id, t.side
    from visit_sessions t
    join appointments a on a.organisation_id = t.organisation_id and a.id = t.appointment_id
    where t.session_hash = wanted_hash and t.expires_at > clock_timestamp()
      and t.link_hash = link_hash(case t.side when 'host' then a.room_key else a.claimant_token end)
      and is_visit_open(a.status, a.room_closes_at)
  $$;

-- The appointment that a claimant's link names, by reference or else by entry code, with hashes of what
-- the rest of the link must be; of one organisation, or of all where none is meant.
create function find_appointment_by_link(wanted_organisation uuid, wanted_reference text, wanted_code text)
  returns table (organisation_id uuid, id uuid, token_hash bytea, code_hash bytea, is_open boolean,
    knocked_by bytea, is_vouched_for boolean)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select a.organisation_id, a.id, link_hash(a.claimant_token), link_hash(a.entry_code),
      is_visit_open(a.status, a.room_closes_at), a.knocked_by, a.vouched_at is not null
    from organisations o
    join appointments a on a.organisation_id = o.id and a.reference = wanted_reference
    where wanted_reference is not null and (wanted_organisation is null or o.id = wanted_organisation)
    union all
    select a.organisation_id, a.id, link_hash(a.claimant_token), link_hash(a.entry_code),
      is_visit_open(a.status, a.room_closes_at), a.knocked_by, a.vouched_at is not null
    from organisations o
    join appointments a on a.organisation_id = o.id and a.entry_code = wanted_code
    where wanted_reference is null and (wanted_organisation is null or o.id = wanted_organisation)
    limit 2
  $$;

-- The appointment of a host's link. Rooms have no index: the key tells, to the second, when its appointment
-- was made, and ids are in the order of that time.
create function find_appointment_by_room(wanted_organisation uuid, wanted_room uuid, wanted_key text,
    first_id uuid, last_id uuid)
  returns table (organisation_id uuid, id uuid)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select a.organisation_id, a.id
    from organisations o
    join appointments a on a.organisation_id = o.id and a.id >= first_id and a.id <= last_id
    where (wanted_organisation is null or o.id = wanted_organisation)
      and a.room_name = wanted_room and a.room_key = wanted_key and is_visit_open(a.status, a.room_closes_at)
    limit 1
  $$;

create function forget_sessions(at_most integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  of_staff integer;
  of_visits integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('anteroom.forget_sessions')) then return 0; end if;
  delete from staff_sessions where ctid = any (array(
    select ctid from staff_sessions where expires_at <= now() order by expires_at limit at_most));
  get diagnostics of_staff = row_count;
  delete from visit_sessions where ctid = any (array(
    select ctid from visit_sessions where expires_at <= now() order by expires_at limit at_most - of_staff));
  get diagnostics of_visits = row_count;
  return of_staff + of_visits;
end $$;

create function forget_guesses(at_most integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  forgotten integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('anteroom.forget_guesses')) then return 0; end if;
  delete from guesses where ctid = any (array(
    select ctid from guesses where ends_at <= now() order by ends_at limit at_most));
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

grant create on schema public to anteroom_lookup;
alter function find_only_organisation owner to anteroom_lookup;
alter function find_staff_by_email owner to anteroom_lookup;
alter function find_staff_session owner to anteroom_lookup;
alter function find_visit_session owner to anteroom_lookup;
alter function find_appointment_by_link owner to anteroom_lookup;
alter function find_appointment_by_room owner to anteroom_lookup;
alter function forget_sessions owner to anteroom_lookup;
alter function forget_guesses owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;

revoke execute on function find_only_organisation, find_staff_by_email, find_staff_session, find_visit_session,
  find_appointment_by_link, find_appointment_by_room, forget_sessions, forget_guesses from public;
grant execute on function find_only_organisation, find_staff_by_email, find_staff_session, find_visit_session,
  find_appointment_by_link, find_appointment_by_room, forget_sessions, forget_guesses to anteroom_app;
