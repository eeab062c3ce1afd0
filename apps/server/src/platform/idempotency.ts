import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Forgotten } from './database/forgetting.ts';
import {
  isLockTimeout,
  type OrganisationDatabase,
  type Runner,
  statement,
  violatedConstraint,
} from './database/index.ts';
import { Refusal, refuse, refuseFaults } from './errors.ts';

/** What is sent, and stored for a repetition: the same bytes both times. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A POST that carries an Idempotency-Key. */
export interface Repeatable {
  clientId: string;
  /** Method and pattern of the route: the key's scope. */
  route: string;
  key: string;
  /** Of everything that decides the answer: address, parsed body, what the caller may see. */
  fingerprint: Buffer;
}

interface StoredRow {
  fingerprint: Buffer;
  status: number;
  headers: Record<string, string>;
  body: string;
}

const findAnswer = statement<StoredRow>(
  'find_answer',
  `select fingerprint, status, headers, body from idempotency_keys
   where organisation_id = current_organisation() and client_id = $1 and route = $2 and key = $3
     and created_at > answers_kept_since()`,
);
const forgetAnswer = statement('forget_answer', 'select forget_answer($1, $2, $3)');

/** Deletes answers that are kept no longer. */
export const forgetAnswers = statement<Forgotten>(
  'forget_answers',
  'select forget_answers($1) as rows',
);

/**
 * The part of a statement that stores its answer, or nothing when the key is null. Takes seven
 * parameters from `$first` on: client, route, key, fingerprint, status, headers, body.
 */
export const keepingAnswer = (first: number) => `
  insert into idempotency_keys (organisation_id, client_id, route, key, fingerprint, status, headers, body)
  select current_organisation(), $${first}::text, $${first + 1}::text, $${first + 2}::text,
    $${first + 3}::bytea, $${first + 4}::smallint, $${first + 5}::json, $${first + 6}::text
  where $${first + 2}::text is not null`;

const keepAnswer = statement('keep_answer', keepingAnswer(1));

/** The seven values that `keepingAnswer` takes. */
export const keptValues = (repeatable: Repeatable | null, answer: Answer) => [
  repeatable?.clientId ?? null,
  repeatable?.route ?? null,
  repeatable?.key ?? null,
  repeatable?.fingerprint ?? null,
  answer.status,
  JSON.stringify(answer.headers),
  answer.body,
];

const printable = /^[\x20-\x7e]{1,255}$/;

/**
 * The request's Idempotency-Key with its scope, or null when it has none. `view` names what else
 * shapes the answer, so that a caller who may see less never gets a fuller stored answer. Throws
 * `validation_failed` for a key that is no key.
 */
export function repeatableOf(
  request: FastifyRequest,
  clientId: string,
  view: string,
): Repeatable | null {
  const key = request.headers['idempotency-key'];
  // A faulty request is refused, and refusals are not kept.
  if (key === undefined || request.faults) return null;
  if (typeof key !== 'string' || !printable.test(key)) {
    throw refuseFaults({
      'Idempotency-Key': [
        'Idempotency-Key must be 1 to 255 printable ASCII characters, sent once.',
      ],
    });
  }
  const decisive = JSON.stringify([request.params, request.body, view]);
  return {
    clientId,
    route: `${request.method} ${request.routeOptions.url}`,
    key,
    fingerprint: hash('sha256', decisive, 'buffer'),
  };
}

/** The stored answer of an earlier request with this key, or null. Throws `idempotency_key_reused`. */
async function findRepeated(
  database: Runner,
  repeatable: Repeatable | null,
): Promise<Answer | null> {
  if (!repeatable) return null;
  const { clientId, route, key, fingerprint } = repeatable;
  const row = await database.one(findAnswer, [clientId, route, key]);
  if (!row) return null;
  if (!row.fingerprint.equals(fingerprint)) throw refuse('idempotency_key_reused');
  return {
    status: row.status,
    headers: { ...row.headers, 'idempotency-replayed': 'true' },
    body: row.body,
  };
}

/**
 * Answers a repeatable request once: does the work and stores its answer in one transaction, or
 * gives the stored one. Without a key the work runs by itself.
 */
export async function answerOnce(
  database: OrganisationDatabase,
  repeatable: Repeatable | null,
  work: (runner: Runner) => Promise<Answer>,
): Promise<Answer> {
  if (!repeatable) return work(database);
  const earlier = await findRepeated(database, repeatable);
  if (earlier) return earlier;
  try {
    return await database.transaction(async (transaction) => {
      const answer = await work(transaction);
      await transaction.one(keepAnswer, keptValues(repeatable, answer));
      return answer;
    });
  } catch (error) {
    // What it waited for is not known here: a row that others hold, or its own key.
    if (isLockTimeout(error instanceof Refusal ? error.details.cause : error)) throw error;
    return answerOfClash(database, repeatable, error, () => answerOnce(database, repeatable, work));
  }
}

/**
 * After a failure that another request with the same key may have caused: its answer. Where only an
 * answer that is kept no longer was in the way, it is deleted, and the request runs `again`. Throws
 * the failure again when it was another one.
 */
export async function answerOfClash(
  database: Runner,
  repeatable: Repeatable | null,
  failure: unknown,
  again: () => Promise<Answer>,
): Promise<Answer> {
  if (!repeatable) throw failure;
  const cause = failure instanceof Refusal ? failure.details.cause : failure;
  if (isLockTimeout(cause)) throw refuse('idempotency_in_progress', { cause });
  const constraint = violatedConstraint(cause);
  const earlier = constraint ? await findRepeated(database, repeatable) : null;
  if (earlier) return earlier;
  if (constraint !== 'idempotency_keys_pkey') throw failure;
  await database.one(forgetAnswer, [repeatable.clientId, repeatable.route, repeatable.key]);
  return again();
}

/** Sends an answer as it is. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply
    .code(answer.status)
    .headers({ ...answer.headers, 'content-type': 'application/json; charset=utf-8' })
    .send(answer.body);
}
