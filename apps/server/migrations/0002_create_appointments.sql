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
  reference text not null check (char_length(reference) between 1 and 191),
  version integer not null default 1,
  revision integer not null default 1,
  status text not null default 'scheduled'
    check (status in ('scheduled', 'waiting', 'in_progress', 'on_hold', 'completed', 'cancelled', 'no_show')),
  appointment_at timestamptz not null,
  duration_in_minutes integer not null check (duration_in_minutes between 1 and 1440),
  room_closes_at timestamptz not null,
  is_interpreter_needed boolean not null,
  interpreter_language text,
  department_id integer,
  claimant_name text not null,
  claimant_date_of_birth date,
  claimant_phone_number text,
  claimant_email text,
  claimant_data jsonb not null default '[]',
  features jsonb not null,
  use_custom_post_call_redirect boolean not null,
  custom_user_post_call_redirect_url text,
  custom_agent_post_call_redirect_url text,
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
  outcome text check (outcome in ('done', 'by_phone', 'technical', 'interpreter_absent', 'abandoned')),
  primary key (organisation_id, id),
  unique (organisation_id, reference),
  unique (organisation_id, entry_code),
  foreign key (organisation_id, department_id) references departments (organisation_id, id),
  constraint room_closes_by_rule check (room_closes_at = room_closes_at(appointment_at, duration_in_minutes)),
  constraint waiting_has_arrived check (status <> 'waiting' or arrived_at is not null),
  constraint session_by_status check (case
    when status in ('in_progress', 'on_hold', 'completed') then session_started_at is not null
    when status in ('scheduled', 'cancelled', 'no_show') then session_started_at is null
    else true end),
  constraint session_ends_with_completed check ((session_ended_at is not null) = (status = 'completed')),
  constraint session_in_order check (session_started_at <= session_ended_at),
  constraint hold_open_when_on_hold check (
    (status = 'on_hold') = (on_hold_started_at is not null and on_hold_ended_at is null)),
  constraint hold_inside_session check (on_hold_started_at >= session_started_at
    and on_hold_started_at <= on_hold_ended_at and on_hold_ended_at <= session_ended_at),
  constraint cancelled_has_time check ((cancelled_at is not null) = (status = 'cancelled'))
);
create index appointments_by_time on appointments (organisation_id, appointment_at, id);
create index appointments_by_update on appointments (organisation_id, updated_at, id);
create index appointments_open on appointments (organisation_id, status, id)
  where status in ('scheduled', 'waiting', 'in_progress', 'on_hold');
create index appointments_by_department on appointments (organisation_id, department_id, id)
  where department_id is not null;

-- The fifteen moves of contract section 4; the other twenty-seven are refused whoever asks.
create function refuse_forbidden_move() returns trigger language plpgsql as $$
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
  return new;
end $$;
create trigger allowed_moves before update of status on appointments
  for each row when (old.status is distinct from new.status) execute function refuse_forbidden_move();

-- The only history (design section 2): one row per command that changed something. Append-only.
-- No personal values; position and transaction_id are for readers of all events.
create table events (
  organisation_id uuid not null,
  appointment_id uuid not null,
  version integer not null,
  type text not null,
  actor_kind text not null check (actor_kind in ('api', 'claimant', 'agent', 'connection', 'sweeper')),
  actor_id text,
  occurred_at timestamptz not null,
  data jsonb not null default '{}',
  position bigint not null generated always as identity,
  transaction_id xid8 not null default pg_current_xact_id(),
  primary key (organisation_id, appointment_id, version),
  foreign key (organisation_id, appointment_id) references appointments (organisation_id, id)
);

-- What was answered to a POST with an Idempotency-Key; committed with what the request changed.
create table idempotency_keys (
  organisation_id uuid not null,
  client_id text not null,
  route text not null,
  key text not null,
  fingerprint bytea not null,
  status smallint not null,
  headers jsonb not null default '{}',
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
