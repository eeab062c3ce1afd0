-- compatible
-- What people are sent. A message is queued by reading events, is composed when it is sent, and is sent
-- once for each appointment, revision and kind.

create table messages (
  organisation_id uuid not null,
  appointment_id uuid not null,
  revision integer not null,
  kind text not null check (kind in ('invitation', 'changed', 'cancelled')),
  -- The version that asked for it, of what may be asked for again: a change, a sending again.
  occasion integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0,
  sent_at timestamptz,
  -- Nobody was to get it any more, or nobody could.
  dropped_at timestamptz,
  failed_at timestamptz,
  -- Why it was dropped or failed, in one word.
  reason text,
  primary key (organisation_id, appointment_id, revision, kind, occasion),
  foreign key (organisation_id, appointment_id) references appointments (organisation_id, id)
);
create index messages_due on messages (due_at) where sent_at is null and dropped_at is null and failed_at is null;
alter table messages enable row level security, force row level security;
create policy separate on messages using (organisation_id = current_organisation());
grant select, insert, update on messages to anteroom_app;
create policy look_up on messages for select to anteroom_lookup using (true);
create policy queue on messages for insert to anteroom_lookup with check (true);
create policy claim on messages for update to anteroom_lookup using (true);
grant select, insert, update on messages to anteroom_lookup;

-- How far events have been read for messages. Up to `settled_position` nothing can still appear; up to
-- `mark_position` once every transaction before `mark_next` has ended (0010, find_events_horizon).
create table message_progress (
  singleton boolean primary key default true check (singleton),
  settled_position bigint not null,
  mark_position bigint,
  mark_next xid8
);
insert into message_progress (settled_position)
select case when is_called then last_value else 0 end from events_position_seq;
grant select, update on message_progress to anteroom_lookup;

-- Which message an event asks for; null: none. Another time is another revision, with an invitation of its own.
create function message_kind(type text, data jsonb) returns text
  language sql immutable parallel safe
  as $$
    select case
      when type in ('appointment.scheduled', 'appointment.rescheduled', 'appointment.links_rotated', 'appointment.sent_again')
        then 'invitation'
      -- What the sweeper closes is over; nobody is to be told then that it does not take place.
      when type = 'appointment.cancelled' and not data ? 'reason_code' then 'cancelled'
      when type = 'appointment.changed'
        and data->'fields' ?| array['duration_in_minutes', 'is_interpreter_needed', 'interpreter_language', 'claimant.email']
        then 'changed'
    end
  $$;

-- Queues the messages that new events ask for; answers how many. Runs once at a time.
create function queue_messages() returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
declare
  progress message_progress;
  horizon record;
  is_over boolean;
  queued integer;
begin
  select * into progress from message_progress for update skip locked;
  if not found then return 0; end if;
  select * into horizon from find_events_horizon();
  if horizon.last_position = progress.settled_position then return 0; end if;
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

-- Passes over what happened while no mail could be sent.
create function pass_over_messages() returns void
  language sql security definer set search_path = pg_catalog, public
  as $$
    update message_progress set mark_position = null, mark_next = null,
      settled_position = greatest(settled_position, (select last_position from find_events_horizon()))
  $$;

-- Takes messages that are due, for so long; whoever takes one and dies leaves it to the next.
create function claim_messages(at_most integer, lease_seconds integer)
  returns table (organisation_id uuid, appointment_id uuid, revision integer, kind text, occasion integer, attempts integer)
  language sql security definer set search_path = pg_catalog, public
  as $$
    update messages m set due_at = clock_timestamp() + lease_seconds * interval '1 second', attempts = m.attempts + 1
    from (
      select c.organisation_id, c.appointment_id, c.revision, c.kind, c.occasion from messages c
      where c.sent_at is null and c.dropped_at is null and c.failed_at is null and c.due_at <= clock_timestamp()
      order by c.due_at limit at_most for update skip locked) as due
    where (m.organisation_id, m.appointment_id, m.revision, m.kind, m.occasion)
      = (due.organisation_id, due.appointment_id, due.revision, due.kind, due.occasion)
    returning m.organisation_id, m.appointment_id, m.revision, m.kind, m.occasion, m.attempts
  $$;

grant create on schema public to anteroom_lookup;
alter function queue_messages owner to anteroom_lookup;
alter function pass_over_messages owner to anteroom_lookup;
alter function claim_messages owner to anteroom_lookup;
revoke create on schema public from anteroom_lookup;
revoke execute on function queue_messages, pass_over_messages, claim_messages from public;
grant execute on function queue_messages, pass_over_messages, claim_messages to anteroom_app;
