-- compatible
-- What has had its time is deleted, a few rows at a time: answers kept for repetitions after 24 hours
-- (contract section 2), access tokens once they have expired, heartbeats that no decision can need any
-- more. The serving role may still delete nothing; these functions belong to anteroom_lookup, which
-- row-level security keeps from deleting anything younger.

-- Answers from here on are kept; what is older no longer answers, deleted or not.
create function answers_kept_since() returns timestamptz
  language sql stable parallel safe
  as $$ select now() - interval '24 hours' $$;

create index idempotency_keys_by_age on idempotency_keys (created_at);
create index access_tokens_by_expiry on access_tokens (expires_at);

-- The ages below are written so that no index fits them: else a plan may look for them among all that
-- is old, where a function has already chosen a few rows.
create policy look_up on idempotency_keys for select to anteroom_lookup using (true);
create policy forget on idempotency_keys for delete to anteroom_lookup using (true);
create policy forget_old_ones_only on idempotency_keys as restrictive for delete to anteroom_lookup
  using (created_at - answers_kept_since() <= interval '0');
create policy forget on access_tokens for delete to anteroom_lookup using (true);
create policy forget_expired_ones_only on access_tokens as restrictive for delete to anteroom_lookup
  using (expires_at - now() <= interval '0');
-- Where an answer is and how old, not the answer.
grant select (organisation_id, client_id, route, key, created_at, ctid), delete on idempotency_keys to anteroom_lookup;
grant delete on access_tokens, heartbeats to anteroom_lookup;

-- An old answer is in the way of a new one with the same key.
create function forget_answer(its_client_id text, its_route text, its_key text) returns void
  language sql security definer set search_path = pg_catalog, public
  as $$
    delete from idempotency_keys
    where organisation_id = current_organisation() and client_id = its_client_id and route = its_route and key = its_key
      and created_at <= answers_kept_since()
  $$;

-- These three delete the oldest and say how many. Each runs once at a time: beside one of another
-- server it finds nothing to do.
create function forget_answers(at_most integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  forgotten integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('anteroom.forget_answers')) then return 0; end if;
  delete from idempotency_keys where ctid = any (array(
    select ctid from idempotency_keys where created_at <= answers_kept_since() order by created_at limit at_most));
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

create function forget_tokens(at_most integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  forgotten integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('anteroom.forget_tokens')) then return 0; end if;
  delete from access_tokens where ctid = any (array(
    select ctid from access_tokens where expires_at <= now() order by expires_at limit at_most));
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

-- A heartbeat may be needed as long as an appointment is undecided whose time it was. The room closes
-- at most two days after the start: 24 hours for the appointment itself, and the rest of that day.
create function forget_heartbeats(at_most integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  forgotten integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('anteroom.forget_heartbeats')) then return 0; end if;
  delete from heartbeats where ctid = any (array(
    select ctid from heartbeats
    where beat_at < least(now() - interval '30 days',
      (select min(room_closes_at) from appointments where status in ('scheduled', 'waiting')) - interval '49 hours')
    order by beat_at limit at_most));
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;

grant create on schema public to anteroom_lookup;
alter function forget_answer owner to anteroom_lookup;
alter function forget_answers owner to anteroom_lookup;
alter function forget_tokens owner to anteroom_lookup;
alter function forget_heartbeats owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;

revoke execute on function forget_answer, forget_answers, forget_tokens, forget_heartbeats from public;
grant execute on function forget_answer, forget_answers, forget_tokens, forget_heartbeats to anteroom_app;
