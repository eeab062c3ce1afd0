import { Client } from 'pg';
import { connectionSettings } from './connection.ts';

/** Tables that belong to the machinery, not to an organisation. */
const machineryTables = ['installation', 'heartbeats', 'guesses', 'message_progress', 'migrations'];

/** The oldest PostgreSQL that the statements run on (`returning old.…`). */
const oldestVersion = 180000;

/**
 * Refuses a database on which the promises would not hold: an old version, a setting that loses
 * acknowledged rows, a role that row-level security does not bind, a table without it. Throws one
 * error that names every fault (threats T3, F3).
 */
export async function requireSafeDatabase(appUrl: string): Promise<void> {
  const client = new Client(connectionSettings(appUrl));
  client.on('error', () => {});
  await client.connect();
  try {
    const faults = await findUnsafe(client);
    if (faults.length > 0) {
      throw new Error(
        `This database is not safe to use:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
      );
    }
  } finally {
    await client.end();
  }
}

/** The same as sentences, one for each fault. */
export async function findUnsafe(client: Client): Promise<string[]> {
  return [
    ...(await findUnsafeSettings(client)),
    ...(await findUnsafeRole(client)),
    ...(await findOpenTables(client)),
  ];
}

async function findUnsafeSettings(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
     where name in ('server_version_num', 'fsync', 'full_page_writes', 'synchronous_commit')`,
  );
  return rows.flatMap(({ name, setting }) => {
    if (name === 'server_version_num') {
      return Number(setting) < oldestVersion ? ['PostgreSQL 18 or newer is required.'] : [];
    }
    return setting === 'off'
      ? [`${name} is off: acknowledged appointments could be lost. Set it to on.`]
      : [];
  });
}

async function findUnsafeRole(client: Client): Promise<string[]> {
  const { rows } = await client.query<{
    name: string;
    is_superuser: boolean;
    bypasses: boolean;
    is_owner: boolean;
    looks_up: boolean;
  }>(
    `select current_user as name, rolsuper as is_superuser, rolbypassrls as bypasses,
       exists (select from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         and pg_has_role(current_user, c.relowner, 'member')) as is_owner,
       coalesce(pg_has_role(current_user, to_regrole('anteroom_lookup')::oid, 'member'), false) as looks_up
     from pg_roles where rolname = current_user`,
  );
  const role = rows[0];
  if (!role) return ['the role in DATABASE_URL was not found.'];
  if (role.is_superuser)
    return [`the role ${role.name} is a superuser; row-level security does not bind it.`];
  return [
    ...(role.bypasses ? [`the role ${role.name} has BYPASSRLS.`] : []),
    ...(role.is_owner ? [`the role ${role.name} owns tables, or is a member of their owner.`] : []),
    ...(role.looks_up ? [`the role ${role.name} is a member of anteroom_lookup.`] : []),
  ];
}

async function findOpenTables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
       and not (relrowsecurity and relforcerowsecurity) and relname <> all ($1) order by relname`,
    [machineryTables],
  );
  return rows.map(({ name }) => `the table ${name} has no forced row-level security.`);
}
