/** What every measurement of a large organisation begins with. */

import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { type Answer, requestText } from './connection.ts';
import { appointmentsPath, createBodies, freshReference } from './example.ts';
import type { Anteroom } from './servers.ts';

/** Schedules one appointment through the API; answers its id. */
export async function createTemplate(
  { url, headers }: Anteroom,
  ask: (request: string) => Promise<Answer>,
): Promise<string> {
  const { before, after } = createBodies.json;
  const own = { host: new URL(url).host, ...headers, 'content-type': 'application/json' };
  const body = `${before}${freshReference(0)}${after}`;
  const { status, bytes } = await ask(requestText('POST', appointmentsPath, own, body));
  const id = /"id":"([^"]+)"/.exec(bytes.toString())?.[1];
  if (status !== 201 || id === undefined) throw new Error(`answered\n${bytes}`);
  return id;
}

/** Makes an organisation and a client of it with this secret. */
export async function addOrganisation(
  client: Client,
  {
    organisation,
    clientId,
    secret,
    host,
    count,
  }: Record<'organisation' | 'clientId' | 'secret' | 'host', string> & { count: number },
): Promise<void> {
  await client.query(
    `insert into organisations (id, name, public_url, host)
     values ($1, $2, $3, $4)`,
    [organisation, `with ${count} appointments`, `https://${host}`, host],
  );
  await client.query(
    `insert into clients (organisation_id, id, name, scopes)
     select $1, $2, 'bench', scopes from clients limit 1`,
    [organisation, clientId],
  );
  await client.query(
    `insert into client_secrets (organisation_id, client_id, secret_hash) values ($1, $2, $3)`,
    [organisation, clientId, createHash('sha256').update(secret).digest()],
  );
}
