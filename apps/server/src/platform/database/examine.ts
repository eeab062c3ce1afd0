import { Client } from 'pg';
import { connectionSettings } from './connection.ts';
import { requireMigrated } from './migrate.ts';
import { findUnsafe } from './safety.ts';

/** What a look at the database shows; sentences for the operator, without what is secret. */
export interface Examination {
  /** Why it cannot be reached and what to do, or null. */
  unreachable: string | null;
  /** What its schema lacks, or null. */
  schema: string | null;
  /** Why it is not safe to use. */
  unsafe: string[];
  /** By how much its clock is ahead of ours, beyond what the question took; seconds. */
  clockAheadSeconds: number;
}

/** Looks at the database as the role of this address. Changes nothing, and throws nothing. */
export async function examineDatabase(
  url: string,
  variable: string,
  now: () => number,
): Promise<Examination> {
  const found: Examination = { unreachable: null, schema: null, unsafe: [], clockAheadSeconds: 0 };
  let client: Client | undefined;
  try {
    client = new Client(connectionSettings(url));
    client.on('error', () => {});
    await client.connect();
    const askedAt = now();
    const { rows } = await client.query(
      'select extract(epoch from clock_timestamp()) * 1000 as at',
    );
    const answeredAt = now();
    const theirs = Number(rows[0].at);
    const aheadMs = theirs > answeredAt ? theirs - answeredAt : Math.min(0, theirs - askedAt);
    found.clockAheadSeconds = Math.round(aheadMs / 1000);
    found.unsafe = await findUnsafe(client);
    await requireMigrated(url).catch((error) => {
      found.schema = error.message;
    });
  } catch (error) {
    found.unreachable = explain(error as Error, client, variable);
  } finally {
    await client?.end().catch(() => {});
  }
  return found;
}

function explain(error: Error & { code?: string }, client: Client | undefined, variable: string) {
  if (!client) return `${variable} cannot be read as an address. Correct it.`;
  const { host, port, user, database } = client;
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `Nothing answers at ${host}, port ${port}. Start PostgreSQL there, or correct ${variable}.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host name ${host} in ${variable} is not known. Correct it, or the name service of this machine.`;
    case '28P01':
    case '28000':
      return `PostgreSQL at ${host} does not let the role ${user} in. Correct role and password in ${variable}, or pg_hba.conf.`;
    case '3D000':
      return `PostgreSQL at ${host} has no database ${database}. Make it (docs/operations.md), or correct ${variable}.`;
    case '53300':
      return `PostgreSQL at ${host} has no connection left. Raise max_connections, or end what holds them.`;
    case '57P03':
      return `PostgreSQL at ${host} is starting or stopping. Wait a moment, and ask again.`;
    default:
      return `PostgreSQL at ${host}, port ${port} cannot be used (${error.code ?? error.message}). Look into its log, and at ${variable}.`;
  }
}
