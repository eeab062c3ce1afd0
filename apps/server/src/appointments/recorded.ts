/**
 * The part of a command's statement that writes its event: one row of `from` is one event, with
 * the version and the time that the command gave the appointment. The actor's kind and id are the
 * parameters $1 and $2 of every command. Events hold no personal values (design section 2).
 */
export const recorded = (type: string, data = `'{}'::jsonb`, from = 'appointment') => `
  event as (
    insert into events (organisation_id, appointment_id, version, type, actor_kind, actor_id, occurred_at, data)
    select organisation_id, id, version, ${type}, $1, $2, updated_at, ${data} from ${from})`;
