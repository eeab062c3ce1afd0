-- compatible
-- Organisations and those who may speak for them. Every table that belongs to an organisation has
-- forced row-level security: without app.organisation, set for one transaction, it is empty.

create function current_organisation() returns uuid
  language sql stable parallel safe
  as $$ select nullif(current_setting('app.organisation', true), '')::uuid $$;

-- One row for the whole installation; belongs to no organisation.
create table installation (
  singleton boolean primary key default true check (singleton),
  room_key_secret bytea not null default decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
  sandbox_at timestamptz,
  created_at timestamptz not null default now()
);
insert into installation default values;
grant select on installation to anteroom_app;

-- Domain time (design section 4, rule 6): the database's, or the instant at which a sandbox stands.
-- Two bodies for one function, so that an installation in real time never looks for a sandbox.
create function domain_now() returns timestamptz
  language sql stable parallel safe
  as $$ select statement_timestamp() $$;

-- Makes the installation a sandbox that stands at this instant; for good.
create function begin_sandbox(instant timestamptz) returns void language plpgsql as $$
begin
  update installation set sandbox_at = instant;
  create or replace function domain_now() returns timestamptz
    language sql stable parallel safe
    as 'select sandbox_at from installation';
end $$;
revoke execute on function begin_sandbox from public;

-- When a server process ran, in real time; the gaps are when nobody could have arrived.
create table heartbeats (
  process_id uuid primary key,
  started_at timestamptz not null default clock_timestamp(),
  beat_at timestamptz not null default clock_timestamp()
);
create index heartbeats_beat_at on heartbeats (beat_at);
grant select, insert, update on heartbeats to anteroom_app;

create table organisations (
  id uuid primary key default gen_random_uuid(),
  name text not null check (char_length(name) between 1 and 255),
  public_url text not null,
  host text not null unique,
  country text not null default 'GB' check (country ~ '^[A-Z]{2}$'),
  time_zone text not null default 'Europe/London',
  features jsonb not null default '{}',
  created_at timestamptz not null default now()
);

create table departments (
  organisation_id uuid not null references organisations,
  id integer not null,
  name text not null check (char_length(name) between 1 and 255),
  features jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (organisation_id, id),
  unique (organisation_id, name)
);

create table staff (
  organisation_id uuid not null references organisations,
  id uuid not null default gen_random_uuid(),
  email text not null check (email = lower(email)),
  password_hash text not null,
  role text not null check (role in ('customer_administrator', 'department_administrator', 'scheduler', 'agent')),
  created_at timestamptz not null default now(),
  primary key (organisation_id, id),
  unique (organisation_id, email)
);

create table clients (
  organisation_id uuid not null references organisations,
  id text not null default gen_random_uuid() check (id ~ '^[!-9;-~]{1,191}$'),
  name text not null check (char_length(name) between 1 and 255),
  scopes text[] not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (organisation_id, id),
  unique (id)
);

-- A client has at most two live secrets, so that one can be rotated; only hashes are kept.
create table client_secrets (
  organisation_id uuid not null,
  client_id text not null,
  secret_hash bytea not null,
  created_at timestamptz not null default now(),
  primary key (organisation_id, client_id, secret_hash),
  foreign key (organisation_id, client_id) references clients (organisation_id, id)
);

create table access_tokens (
  organisation_id uuid not null,
  token_hash bytea not null unique,
  client_id text not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (organisation_id, token_hash),
  foreign key (organisation_id, client_id) references clients (organisation_id, id)
);

alter table organisations enable row level security, force row level security;
alter table departments enable row level security, force row level security;
alter table staff enable row level security, force row level security;
alter table clients enable row level security, force row level security;
alter table client_secrets enable row level security, force row level security;
alter table access_tokens enable row level security, force row level security;

create policy separate on organisations using (id = current_organisation());
create policy separate on departments using (organisation_id = current_organisation());
create policy separate on staff using (organisation_id = current_organisation());
create policy separate on clients using (organisation_id = current_organisation());
create policy separate on client_secrets using (organisation_id = current_organisation());
create policy separate on access_tokens using (organisation_id = current_organisation());

-- The owner, whom the command line uses, makes and lists organisations.
create policy administer on organisations to current_user using (true);

grant select on organisations, departments, clients, client_secrets to anteroom_app;
grant select, insert, update on access_tokens to anteroom_app;
grant select on staff to anteroom_app;
