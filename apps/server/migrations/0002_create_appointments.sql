-- compatible
-- Appointments, their events, the answers kept for repeated requests, and who was connected.

-- The room closes at 23:59:59 UTC of the appointment's last day, or four hours after its end where
-- that is later (contract section 3).
create function room_closes_at(appointment_at timestamptz, duration_in_minutes integer) returns timestamptz
  language sql immutable parallel safe
  as $$
    select greatest(
      date_trunc('day', (appointment_at + duration_in_minutes * interval '1 minute') at time zone 'UTC') at time zone 'UTC'
        + interval '23:59:59',
      appointment_at + duration_in_minutes * interval '1 minute' + interval '4 hours')
  $$;

create table appointments (
  organisation_id uuid not null,
  -- Time-ordered (UUID version 7 to the microsecond), so that the primary key also sorts by created_at.
  id uuid not null,
  reference text not null,
  version integer not null default 1,
  revision integer not null default 1,
  status text not null default 'scheduled',
  appointment_at timestamptz not null,
  duration_in_minutes integer not null,
  room_closes_at timestamptz not null,
  is_interpreter_needed boolean not null,
  interpreter_language text,
  department_id integer,
  claimant_name text not null,
  claimant_date_of_birth date,
  claimant_phone_number text,
  claimant_email text,
  claimant_data jsonb not null default '[]',
  -- json, not jsonb: written whole, read whole, and read far more often than changed.
  features json not null,
  use_custom_post_call_redirect boolean not null,
  custom_user_post_call_redirect_url text,
  custom_agent_post_call_redirect_url text,
  extensions_language text,
  extensions_time_zone text,
  extensions_access_needs text[] not null default '{}',
  is_practice boolean not null default false,
  claimant_token text not null,
  entry_code text not null,
  meeting_id bigint not null,
  room_name uuid not null,
  room_key text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  arrived_at timestamptz,
  left_at timestamptz,
  admitted_at timestamptz,
  session_started_at timestamptz,
  session_ended_at timestamptz,
  on_hold_started_at timestamptz,
  on_hold_ended_at timestamptz,
  corrected_at timestamptz,
  correction_reason text,
  cancelled_at timestamptz,
  cancellation_reason text,
  outcome text,
  primary key (organisation_id, id),
  unique (organisation_id, reference),
  unique (organisation_id, entry_code),
  foreign key (organisation_id, department_id) references departments (organisation_id, id)
);
create index appointments_by_time on appointments (organisation_id, appointment_at, id);
create index appointments_by_update on appointments (organisation_id, updated_at, id);
create index appointments_open on appointments (organisation_id, status, id)
  where status in ('scheduled', 'waiting', 'in_progress', 'on_hold');
-- For the sweeper: what is due, however long the history.
create index appointments_to_close on appointments (room_closes_at) where status in ('scheduled', 'waiting');
create index appointments_in_call on appointments (organisation_id, id) where status in ('in_progress', 'on_hold');
create index appointments_by_department on appointments (organisation_id, department_id, id)
  where department_id is not null;

-- The fifteen moves of contract section 4, and what each state says of session and hold; all else is
-- refused whoever asks. A trigger for changes of status, not check constraints: those are planned anew
-- for every statement and cost a create a fifth, though a new appointment is always scheduled.
create function refuse_forbidden_move() returns trigger language plpgsql as $$
declare
  has_session boolean := new.session_started_at is not null;
  is_held boolean := new.on_hold_started_at is not null and new.on_hold_ended_at is null;
begin
  if (old.status, new.status) not in (
    ('scheduled', 'waiting'), ('scheduled', 'cancelled'), ('scheduled', 'no_show'),
    ('waiting', 'in_progress'), ('waiting', 'scheduled'), ('waiting', 'completed'), ('waiting', 'cancelled'),
    ('in_progress', 'on_hold'), ('in_progress', 'waiting'), ('in_progress', 'completed'),
    ('on_hold', 'in_progress'), ('on_hold', 'completed'),
    ('no_show', 'waiting'), ('no_show', 'scheduled'), ('no_show', 'cancelled')
  ) then
    raise exception 'an appointment cannot move from % to %', old.status, new.status
      using errcode = 'check_violation', constraint = 'allowed_moves';
  end if;
  if (new.status = 'waiting' and new.arrived_at is null)
    or (new.status in ('in_progress', 'on_hold', 'completed') and not has_session)
    or (new.status in ('scheduled', 'cancelled', 'no_show') and has_session)
    or (new.status = 'completed') <> (new.session_ended_at is not null)
    or (new.status = 'cancelled') <> (new.cancelled_at is not null)
    or (new.status = 'on_hold') <> is_held
    or new.session_started_at > new.session_ended_at
    or new.on_hold_started_at < new.session_started_at
    or new.on_hold_started_at > new.on_hold_ended_at
    or new.on_hold_ended_at > new.session_ended_at
    or new.session_started_at is distinct from coalesce(old.session_started_at, new.session_started_at)
  then
    raise exception 'the times of an appointment do not fit its status %', new.status
      using errcode = 'check_violation', constraint = 'times_fit_status';
  end if;
  return new;
end $$;
create trigger allowed_moves before update of status on appointments
  for each row when (old.status is distinct from new.status) execute function refuse_forbidden_move();

create function refuse_unscheduled() returns trigger language plpgsql as $$
begin
  raise exception 'a new appointment is scheduled' using errcode = 'check_violation', constraint = 'starts_scheduled';
end $$;
create trigger starts_scheduled before insert on appointments
  for each row when (new.status <> 'scheduled') execute function refuse_unscheduled();

-- The only history (design section 2): one row per command that changed something. Append-only.
-- No personal values; position and transaction_id are for readers of all events.
create table events (
  organisation_id uuid not null,
  appointment_id uuid not null,
  version integer not null,
  type text not null,
  actor_kind text not null,
  actor_id text,
  occurred_at timestamptz not null,
  data jsonb not null default '{}',
  position bigint not null generated always as identity,
  transaction_id xid8 not null default pg_current_xact_id(),
  -- No foreign key: an event is made from the appointment's row by the statement that changes it.
  primary key (organisation_id, appointment_id, version)
);

-- What was answered to a POST with an Idempotency-Key; committed with what the request changed.
create table idempotency_keys (
  organisation_id uuid not null,
  client_id text not null,
  route text not null,
  key text not null,
  fingerprint bytea not null,
  status smallint not null,
  headers json not null default '{}',
  body text not null,
  created_at timestamptz not null default now(),
  primary key (organisation_id, client_id, route, key)
);
-- The stored answer is written once and rarely read: keep it in the row, uncompressed.
alter table idempotency_keys set (toast_tuple_target = 8160);
alter table idempotency_keys alter column body set storage external;

-- When each side was last connected, so that a call can be judged after a restart.
create table calls (
  organisation_id uuid not null,
  appointment_id uuid not null,
  revision integer not null,
  agent_connected_at timestamptz,
  agent_left_at timestamptz,
  agent_process_id uuid,
  claimant_connected_at timestamptz,
  claimant_left_at timestamptz,
  claimant_process_id uuid,
  primary key (organisation_id, appointment_id, revision),
  foreign key (organisation_id, appointment_id) references appointments (organisation_id, id)
);

create index calls_open on calls (organisation_id, appointment_id)
  where (agent_connected_at is not null and agent_left_at is null)
    or (claimant_connected_at is not null and claimant_left_at is null);

alter table appointments enable row level security, force row level security;
alter table events enable row level security, force row level security;
alter table idempotency_keys enable row level security, force row level security;
alter table calls enable row level security, force row level security;

create policy separate on appointments using (organisation_id = current_organisation());
create policy separate on events using (organisation_id = current_organisation());
create policy separate on idempotency_keys using (organisation_id = current_organisation());
create policy separate on calls using (organisation_id = current_organisation());

grant select, insert, update on appointments, calls to anteroom_app;
grant select, insert on events, idempotency_keys to anteroom_app;
