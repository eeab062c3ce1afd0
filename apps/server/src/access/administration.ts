import type { Scope } from '@anteroom/contract';
import { type Runner, statement } from '../platform/database/index.ts';
import { hashSecret, makeSecret } from './tokens.ts';

const insertClient = statement<{ id: string }>(
  'create_client',
  `with client as (
     insert into clients (organisation_id, id, name, scopes)
     values (current_organisation(), coalesce($1::text, gen_random_uuid()::text), $2, $3)
     returning organisation_id, id)
   insert into client_secrets (organisation_id, client_id, secret_hash)
   select organisation_id, id, $4 from client returning client_id as id`,
);

/** Makes an API client; its secret is given out here and never again. */
export async function createClient(
  database: Runner,
  asked: { id?: string | null; secret?: string | null; name: string; scopes: readonly Scope[] },
): Promise<{ id: string; secret: string }> {
  const secret = asked.secret ?? makeSecret();
  const row = await database.one(insertClient, [
    asked.id ?? null,
    asked.name,
    asked.scopes,
    hashSecret(secret),
  ]);
  if (!row) throw new Error('the client was not made');
  return { id: row.id, secret };
}

export interface ClientRow {
  id: string;
  name: string;
  scopes: Scope[];
  secrets: number;
  revoked_at: string | null;
}

const selectClients = statement<ClientRow>(
  'list_clients',
  `select id, name, scopes, revoked_at, (select count(*)::integer from client_secrets s
     where s.organisation_id = c.organisation_id and s.client_id = c.id) as secrets
   from clients c where organisation_id = current_organisation() order by created_at, id`,
);

export const listClients = (database: Runner): Promise<ClientRow[]> =>
  database.many(selectClients, []);

const selectClientName = statement<{ name: string }>(
  'read_client_name',
  'select name from clients where organisation_id = current_organisation() and id = $1',
);

/** What the operator calls this client. Throws when there is none of this id. */
export async function readClientName(database: Runner, id: string): Promise<string> {
  const row = await database.one(selectClientName, [id]);
  if (!row) throw new Error('a caller’s client is not there');
  return row.name;
}

// The oldest secret gives way, so that at most two live.
const insertSecret = statement<{ client_id: string }>(
  'rotate_secret',
  `with client as (
     select organisation_id, id from clients
     where organisation_id = current_organisation() and id = $1 and revoked_at is null for update),
   kept as (
     select s.secret_hash from client_secrets s join client c
       on s.organisation_id = c.organisation_id and s.client_id = c.id
     order by s.created_at desc limit 1),
   dropped as (
     delete from client_secrets s using client c
     where s.organisation_id = c.organisation_id and s.client_id = c.id
       and s.secret_hash not in (select secret_hash from kept))
   insert into client_secrets (organisation_id, client_id, secret_hash)
   select organisation_id, id, $2 from client
   returning client_id`,
);

/** Gives a client a second secret; the one before stays good until the next rotation. Null: no such client. */
export async function rotateSecret(database: Runner, id: string): Promise<string | null> {
  const secret = makeSecret();
  const row = await database.one(insertSecret, [id, hashSecret(secret)]);
  return row ? secret : null;
}

const updateRevoked = statement<{ id: string }>(
  'revoke_client',
  `update clients set revoked_at = coalesce(revoked_at, clock_timestamp())
   where organisation_id = current_organisation() and id = $1 returning id`,
);

/** Ends a client; its tokens are refused within a second. False: no such client. */
export async function revokeClient(database: Runner, id: string): Promise<boolean> {
  return (await database.one(updateRevoked, [id])) !== null;
}
