-- compatible
-- A no-show may still become waiting or scheduled again, which may not fail because its agent's time was
-- given away: it keeps that time. Who has been assigned nothing else may take calls all the same.

alter table appointments drop constraint one_appointment_at_a_time;
alter table appointments add constraint one_appointment_at_a_time
  exclude using gist (organisation_id with =, agent_id with =, taken_time(appointment_at, duration_in_minutes) with &&)
  where (agent_id is not null and status in ('scheduled', 'waiting', 'in_progress', 'on_hold', 'no_show'));
