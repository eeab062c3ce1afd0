import { isFinal, readAppointment } from '../appointments/index.ts';
import type { Organisations } from '../organisation/index.ts';
import { type Database, type OrganisationDatabase, statement } from '../platform/database/index.ts';
import { Refusal } from '../platform/errors.ts';
import { composeMail, type Mail, type MessageKind } from './compose.ts';

/** A message that somebody has taken in order to send it. */
interface Claimed {
  organisation_id: string;
  appointment_id: string;
  revision: number;
  kind: MessageKind;
  occasion: number;
  /** This one included. */
  attempts: number;
}

const queue = statement<{ count: number }>('queue_messages', 'select queue_messages() as count');
const passOver = statement('pass_over_messages', 'select pass_over_messages()');
const claim = statement<Claimed>('claim_messages', 'select * from claim_messages($1, $2)');
const settle = statement(
  'settle_message',
  `update messages set sent_at = case when $6 = 'sent' then clock_timestamp() end,
     dropped_at = case when $6 = 'dropped' then clock_timestamp() end,
     failed_at = case when $6 = 'failed' then clock_timestamp() end, reason = $7
   where organisation_id = current_organisation() and appointment_id = $1 and revision = $2
     and kind = $3 and occasion = $4 and attempts = $5`,
);
const putOff = statement(
  'put_off_message',
  `update messages set due_at = clock_timestamp() + $6 * interval '1 second', reason = $7
   where organisation_id = current_organisation() and appointment_id = $1 and revision = $2
     and kind = $3 and occasion = $4 and attempts = $5`,
);

const claimedAtOnce = 20;
/** Longer than sending takes; then another process may try. */
const leaseSeconds = 120;
/** From one attempt to the next; after the last, the message has failed. */
const pausesSeconds = [60, 300, 1_800, 7_200, 21_600];

/** What became of an attempt to send. */
export type Delivery = { outcome: 'sent' | 'refused' | 'unreachable'; reason?: string };

/** Queues what new events ask for; answers how many messages. Without mail they are passed over. */
export async function queueMessages(database: Database): Promise<number> {
  return (await database.anywhere.one(queue, []))?.count ?? 0;
}

/** Passes over what happened until now: without mail nobody is written to, and never afterwards. */
export async function passOverMessages(database: Database): Promise<void> {
  await database.anywhere.one(passOver, []);
}

/**
 * Sends what is due, composed at this moment, and says how many it took. A process that dies between
 * the sending and the note of it leaves the message to the next, which sends it again under the same
 * Message-ID: twice is better than never, and mail programs show it once.
 */
export async function sendDueMessages(
  { database, organisations }: { database: Database; organisations: Organisations },
  send: (mail: Mail, messageId: string) => Promise<Delivery>,
  isStopped: () => boolean = () => false,
): Promise<number> {
  const claimed = await database.anywhere.many(claim, [claimedAtOnce, leaseSeconds]);
  for (const message of claimed) {
    if (isStopped()) break;
    const own = database.in(message.organisation_id);
    const organisation = await organisations.find(message.organisation_id);
    const mail = await mailOf(own, message, organisation);
    const key = [
      message.appointment_id,
      message.revision,
      message.kind,
      message.occasion,
      message.attempts,
    ];
    if (typeof mail === 'string') {
      await own.one(settle, [...key, 'dropped', mail]);
      continue;
    }
    const host = new URL(organisation.publicUrl).hostname;
    const { outcome, reason = null } = await send(mail, messageIdOf(message, host));
    const pause = outcome === 'unreachable' ? pausesSeconds[message.attempts - 1] : undefined;
    if (pause !== undefined) await own.one(putOff, [...key, pause, reason]);
    else await own.one(settle, [...key, outcome === 'sent' ? 'sent' : 'failed', reason]);
  }
  return claimed.length;
}

const messageIdOf = (message: Claimed, host: string) =>
  `<${message.appointment_id}.${message.revision}.${message.kind}.${message.occasion}@${host}>`;

/** The mail, or in one word why there is none: nobody must be invited to what is over or was moved. */
async function mailOf(
  database: OrganisationDatabase,
  { appointment_id: id, revision, kind }: Claimed,
  organisation: Parameters<typeof composeMail>[2],
): Promise<Mail | string> {
  const row = await readAppointment(database, id).catch((error) => {
    if (error instanceof Refusal && error.code === 'not_found') return null;
    throw error;
  });
  if (!row) return 'gone';
  if (row.revision !== revision) return 'moved';
  if (kind === 'cancelled' ? row.status !== 'cancelled' : isFinal(row.status)) return 'over';
  return composeMail(kind, row, organisation) ?? 'no_address';
}
