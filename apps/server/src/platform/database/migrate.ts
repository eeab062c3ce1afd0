import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { connectionSettings } from './connection.ts';

const folder = new URL('../../../migrations/', import.meta.url);

interface Migration {
  name: string;
  text: string;
  checksum: string;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      if (!/^-- (compatible|breaking)\n/.test(text)) {
        throw new Error(`migrations/${name}: the first line must say -- compatible or -- breaking`);
      }
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** The role that an address signs in with. */
export const roleOf = (url: string): string => new Client(connectionSettings(url)).user ?? '';

/** The text of an identifier in SQL. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * Brings the database to the newest schema and answers the names of the migrations it applied.
 * Each one is a transaction of its own; two processes at once wait for each other. `appRole` is
 * the role that DATABASE_URL signs in with; it is made a member of anteroom_app.
 *
 * Throws with a sentence for the operator when the database is newer than the program, when a
 * migration was edited after it had been applied, or when the roles cannot be made.
 */
export async function migrate(ownerUrl: string, appRole: string): Promise<string[]> {
  const migrations = await readMigrations();
  const client = new Client(connectionSettings(ownerUrl));
  client.on('error', () => {});
  await client.connect();
  try {
    // Indexes on a big table may take long; a lock that is not to be had quickly may not (F8).
    await client.query('set statement_timeout = 0; set lock_timeout = 1000');
    await client.query("select pg_advisory_lock(hashtext('anteroom.migrate'))").catch(() => {
      throw new Error('Another process is migrating this database; try again when it is done.');
    });
    await makeRoles(client, appRole);
    await client.query(
      `create table if not exists migrations (
         name text primary key, checksum text not null, applied_at timestamptz not null default now());
       grant select on migrations to anteroom_app`,
    );
    const missing = await compare(client, migrations);
    for (const migration of missing) await applyWithPatience(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** Throws a sentence for the operator unless the database has exactly this program's migrations. */
export async function requireMigrated(appUrl: string): Promise<void> {
  const client = new Client(connectionSettings(appUrl));
  client.on('error', () => {});
  await client.connect();
  try {
    const exists = await client.query(`select to_regclass('migrations') as found`);
    const missing = exists.rows[0].found ? await compare(client, await readMigrations()) : null;
    if (missing === null || missing.length > 0) {
      throw new Error(
        'The database lacks migrations. Run `npm run anteroom -- migrate` with MIGRATION_DATABASE_URL set to its owner.',
      );
    }
  } finally {
    await client.end();
  }
}

async function compare(client: Client, migrations: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from migrations',
  );
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of migrations) {
    if (applied.has(name) && applied.get(name) !== checksum) {
      throw new Error(`migrations/${name} was changed after it had been applied to this database.`);
    }
  }
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...applied.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Error(
      `The database is newer than this program (it has ${unknown.join(', ')}). Start the newer version.`,
    );
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

async function makeRoles(client: Client, appRole: string): Promise<void> {
  const wanted = ['anteroom_app', 'anteroom_lookup'];
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1)',
    [wanted],
  );
  const missing = wanted.filter((role) => !rows.some(({ rolname }) => rolname === role));
  try {
    for (const role of missing) {
      await client.query(`create role ${role} nologin nobypassrls`).catch((error) => {
        // Roles belong to the whole cluster: another database's migration may have been faster.
        if (error.code !== '42710' && error.code !== '23505') throw error;
      });
    }
    await client.query(`do $$ begin
      if not pg_has_role(current_user, 'anteroom_lookup', 'set') then
        grant anteroom_lookup to current_user;
      end if;
    end $$`);
    if (appRole !== 'anteroom_app') {
      await client.query(`do $$ begin
        if not pg_has_role(${literal(appRole)}, 'anteroom_app', 'usage') then
          grant anteroom_app to ${quoted(appRole)};
        end if;
      end $$`);
    }
  } catch (error) {
    throw new Error(
      'The migrating role may not make the roles anteroom_app and anteroom_lookup. As a superuser, run: ' +
        'create role anteroom_app; create role anteroom_lookup; grant anteroom_lookup to <the migrating role>; ' +
        'grant anteroom_app to <the role in DATABASE_URL>.',
      { cause: error },
    );
  }
}

const literal = (value: string) => `'${value.replaceAll("'", "''")}'`;

async function applyWithPatience(client: Client, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query('begin');
      await client.query(migration.text);
      await client.query('insert into migrations (name, checksum) values ($1, $2)', [
        migration.name,
        migration.checksum,
      ]);
      await client.query('commit');
      return;
    } catch (error) {
      await client.query('rollback');
      const isLocked = (error as { code?: string }).code === '55P03';
      if (!isLocked || attempt === 10) {
        throw new Error(`migrations/${migration.name} failed: ${(error as Error).message}`, {
          cause: error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
}
