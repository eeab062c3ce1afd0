-- compatible
-- All that runs before an organisation is known, or across organisations. These functions belong to
-- anteroom_lookup, a role that can read what its policies show and nothing else.

create policy look_up on organisations for select to anteroom_lookup using (true);
create policy look_up on departments for select to anteroom_lookup using (true);
create policy look_up on clients for select to anteroom_lookup using (true);
create policy look_up on client_secrets for select to anteroom_lookup using (true);
create policy look_up on access_tokens for select to anteroom_lookup using (true);
create policy look_up on appointments for select to anteroom_lookup using (true);
create policy look_up on calls for select to anteroom_lookup using (true);
grant select on organisations, departments, clients, client_secrets, access_tokens, appointments, calls,
  heartbeats, installation to anteroom_lookup;

-- Who holds this token, and what its organisation has set.
create function find_access_token(wanted_hash bytea)
  returns table (organisation_id uuid, client_id text, scopes text[], expires_in_seconds double precision)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select t.organisation_id, t.client_id, t.scopes,
      extract(epoch from t.expires_at - clock_timestamp())::double precision
    from access_tokens t
    join clients c on c.organisation_id = t.organisation_id and c.id = t.client_id
    where t.token_hash = wanted_hash and t.revoked_at is null and c.revoked_at is null
      and t.expires_at > clock_timestamp()
  $$;

-- A client that may still ask for tokens, with the hashes of its secrets.
create function find_client(wanted_id text)
  returns table (organisation_id uuid, scopes text[], secret_hashes bytea[])
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select c.organisation_id, c.scopes,
      array(select s.secret_hash from client_secrets s
            where s.organisation_id = c.organisation_id and s.client_id = c.id)
    from clients c where c.id = wanted_id and c.revoked_at is null
  $$;

-- Whose public address this host name is.
create function find_organisation_by_host(wanted_host text) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select id from organisations where host = wanted_host $$;

-- Connections of processes that no longer beat, in real time: their calls count as left.
create function find_lost_connections(silence_in_seconds integer, at_most integer)
  returns table (organisation_id uuid, appointment_id uuid, revision integer, side text, process_id uuid,
    last_beat_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select c.organisation_id, c.appointment_id, c.revision, sides.side, sides.process_id, h.beat_at
    from calls c
    cross join lateral (values ('agent', c.agent_connected_at, c.agent_left_at, c.agent_process_id),
      ('claimant', c.claimant_connected_at, c.claimant_left_at, c.claimant_process_id))
      as sides (side, connected_at, left_at, process_id)
    left join heartbeats h on h.process_id = sides.process_id
    where ((c.agent_connected_at is not null and c.agent_left_at is null)
        or (c.claimant_connected_at is not null and c.claimant_left_at is null))
      and sides.connected_at is not null and sides.left_at is null
      and (h.process_id is null or h.beat_at < clock_timestamp() - silence_in_seconds * interval '1 second')
    limit at_most
  $$;

-- Appointments for which time alone calls for a command. The command decides again by itself, so
-- this may say too much, never too little. Read on from the last one answered until none is left.
create function find_due_appointments(after_organisation_id uuid, after_id uuid, at_most integer)
  returns table (organisation_id uuid, id uuid, status text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select due.organisation_id, due.id, due.status
    from (
      select a.organisation_id, a.id, a.status
      from appointments a
      where a.status in ('scheduled', 'waiting') and a.room_closes_at <= domain_now()
      union all
      select a.organisation_id, a.id, a.status
      from appointments a
      join calls c on c.organisation_id = a.organisation_id and c.appointment_id = a.id and c.revision = a.revision
      where a.status in ('in_progress', 'on_hold')
        and greatest(c.agent_left_at, c.claimant_left_at)
          + case when c.agent_left_at is null or c.claimant_left_at is null
              then interval '60 minutes' else interval '10 minutes' end <= domain_now()
    ) as due
    where (due.organisation_id, due.id) > (after_organisation_id, after_id)
    order by due.organisation_id, due.id
    limit at_most
  $$;

grant create on schema public to anteroom_lookup;
alter function find_access_token owner to anteroom_lookup;
alter function find_client owner to anteroom_lookup;
alter function find_organisation_by_host owner to anteroom_lookup;
alter function find_lost_connections owner to anteroom_lookup;
alter function find_due_appointments owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;

revoke execute on function find_access_token, find_client, find_organisation_by_host,
  find_lost_connections, find_due_appointments from public;
grant execute on function find_access_token, find_client, find_organisation_by_host,
  find_lost_connections, find_due_appointments to anteroom_app;
