import { Client } from 'pg';
import type { EmbeddedDatabase } from './embedded/launch.ts';

const databaseName = 'anteroom';

/** How the program signs in: as the role that serves, and as the one that owns the tables. */
export interface DatabaseAddresses {
  appUrl: string;
  ownerUrl: string | null;
}

/** Makes the roles and the database inside an embedded server where they are missing. */
export async function provisionEmbedded(embedded: EmbeddedDatabase): Promise<DatabaseAddresses> {
  const client = new Client(embedded.connection);
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`do $$ begin
      if to_regrole('anteroom_owner') is null then create role anteroom_owner login; end if;
      if to_regrole('anteroom_app') is null then create role anteroom_app login; end if;
      if to_regrole('anteroom_lookup') is null then create role anteroom_lookup nologin; end if;
      grant anteroom_lookup to anteroom_owner;
    end $$`);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [
      databaseName,
    ]);
    if (rowCount === 0) await client.query(`create database ${databaseName} owner anteroom_owner`);
  } finally {
    await client.end();
  }
  return embeddedAddresses(embedded);
}

/** How the program signs in to an embedded server that has been provided. */
export const embeddedAddresses = (embedded: EmbeddedDatabase) => ({
  appUrl: embeddedUrl(embedded, 'anteroom_app', databaseName),
  ownerUrl: embeddedUrl(embedded, 'anteroom_owner', databaseName),
});

/** The address of a database in an embedded server, through its Unix socket. */
export function embeddedUrl(
  { connection }: EmbeddedDatabase,
  role: string,
  database: string,
): string {
  const { host, port, application_name: name } = connection;
  return `postgresql://${role}@/${database}?${new URLSearchParams({ host, port: String(port), application_name: name })}`;
}
