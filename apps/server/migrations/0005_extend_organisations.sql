-- compatible
-- What an organisation may ask about claimants besides, and where it may send people after a call.

create table custom_fields (
  organisation_id uuid not null references organisations,
  id integer not null,
  name text not null check (char_length(name) between 1 and 255),
  type text not null check (type in ('text', 'number', 'date', 'boolean', 'choice')),
  is_required boolean not null,
  choices text[] not null,
  position integer not null,
  -- No longer asked for; the values that were given stay with their appointments.
  retired_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (organisation_id, id),
  unique (organisation_id, name),
  constraint custom_fields_choices check ((type = 'choice') = (cardinality(choices) > 0))
);
alter table custom_fields enable row level security, force row level security;
create policy separate on custom_fields using (organisation_id = current_organisation());
grant select on custom_fields to anteroom_app;

-- Hosts that redirects may lead to; empty is any.
alter table organisations add column redirect_hosts text[] not null default '{}';
