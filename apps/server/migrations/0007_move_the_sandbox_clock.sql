-- compatible
-- The serving role may move a sandbox's clock, forward only; it can neither begin a sandbox nor end one.

grant update (sandbox_at) on installation to anteroom_lookup;

-- To an instant, or on by so many minutes; answers where the clock stands then, or nothing when that lies
-- behind it or this is no sandbox.
create function move_sandbox_clock(instant timestamptz, by_minutes integer) returns setof timestamptz
  language sql security definer set search_path = pg_catalog, public
  as $$
    update installation set sandbox_at = coalesce(instant, sandbox_at + by_minutes * interval '1 minute')
    where sandbox_at <= coalesce(instant, sandbox_at + by_minutes * interval '1 minute')
    returning sandbox_at
  $$;

grant create on schema public to anteroom_lookup;
alter function move_sandbox_clock owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;
revoke execute on function move_sandbox_clock from public;
grant execute on function move_sandbox_clock to anteroom_app;
