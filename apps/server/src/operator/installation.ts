import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { scopeNames } from '@anteroom/contract';
import { createClient, createStaff } from '../access/index.ts';
import type { Config } from '../config.ts';
import { createOrganisation, listOrganisations } from '../organisation/index.ts';
import { startEmbeddedDatabase } from '../platform/database/embedded/launch.ts';
import { type Database, openDatabase } from '../platform/database/index.ts';
import { migrate, requireMigrated, roleOf } from '../platform/database/migrate.ts';
import { type DatabaseAddresses, provisionEmbedded } from '../platform/database/provision.ts';
import { requireSafeDatabase } from '../platform/database/safety.ts';
import { settleSandbox } from '../platform/installation.ts';

/** A database that is there, migrated and safe, and how to leave it. */
export interface Installation extends DatabaseAddresses {
  /** Where the embedded database keeps its data; null with a database of one's own. */
  dataDirectory: string | null;
  close(): Promise<void>;
}

/**
 * Reaches the database: starts the embedded one, or takes DATABASE_URL; migrates it when the
 * owner's address is known. Throws with sentences for the operator.
 */
export async function openInstallation(
  config: Config,
  say: (line: string) => void,
): Promise<Installation> {
  if (config.DATABASE_URL) {
    const { DATABASE_URL: appUrl, MIGRATION_DATABASE_URL: ownerUrl } = config;
    if (ownerUrl) await migrate(ownerUrl, roleOf(appUrl));
    else await requireMigrated(appUrl);
    await requireSafeDatabase(appUrl);
    return { appUrl, ownerUrl, dataDirectory: null, close: async () => {} };
  }
  // A folder inside, because DATA_DIR may be a mount point, which cannot be made and renamed.
  const dataDirectory = join(config.DATA_DIR, 'postgresql');
  await mkdir(config.DATA_DIR, { recursive: true });
  const embedded = await startEmbeddedDatabase({ dataDirectory, log: say });
  try {
    const addresses = await provisionEmbedded(embedded);
    if (addresses.ownerUrl) await migrate(addresses.ownerUrl, 'anteroom_app');
    await requireSafeDatabase(addresses.appUrl);
    return { ...addresses, dataDirectory: embedded.dataDirectory, close: () => embedded.stop() };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** The door as the database's owner has it, for the command line. */
export function openAsOwner({ ownerUrl }: DatabaseAddresses): Promise<Database> {
  if (!ownerUrl) throw new Error('Set MIGRATION_DATABASE_URL to the database’s owner for this.');
  return openDatabase({ url: ownerUrl, pipelinedConnections: 1, transactionConnections: 1 });
}

/** What the first start made, to be shown once. */
export interface FirstStart {
  client: { id: string; secret: string };
  /** Who signs in to the portal; the password is null where the configuration chose it. */
  administrator: { email: string; password: string | null };
}

/** A password that nobody has to remember: 96 random bits. */
export const makePassword = () => randomBytes(12).toString('base64url');

/** Makes a new database the sandbox that was asked for; to be done before anything asks the time. */
export async function prepareSandbox(
  addresses: DatabaseAddresses,
  config: Config,
  isProduction: boolean,
): Promise<void> {
  if (!addresses.ownerUrl) return;
  const owner = await openAsOwner(addresses);
  try {
    await settleSandbox(owner.anywhere, config.SANDBOX_CLOCK, isProduction);
  } finally {
    await owner.close();
  }
}

/**
 * Makes the first organisation with its API client and its administrator, all or nothing. Null when
 * there is an organisation already. To be done once the address is ours, so that a start that
 * fails does not use up the only showing of the secret.
 */
export async function settleFirstStart(
  addresses: DatabaseAddresses,
  config: Config,
  publicUrl: string,
): Promise<FirstStart | null> {
  if (!addresses.ownerUrl) return null;
  const owner = await openAsOwner(addresses);
  try {
    if ((await listOrganisations(owner.anywhere)).length > 0) return null;
    const id = randomUUID();
    const password = config.BOOTSTRAP_ADMIN_PASSWORD;
    const madeUp = makePassword();
    const email = config.BOOTSTRAP_ADMIN_EMAIL ?? `admin@${new URL(publicUrl).hostname}`;
    const client = await owner.in(id).transaction(async (transaction) => {
      await createOrganisation(transaction, {
        id,
        name: 'First organisation',
        publicUrl,
        country: 'GB',
        timeZone: 'Europe/London',
        features: {},
      });
      await createStaff(transaction, {
        email,
        name: 'Administrator',
        password: password ?? madeUp,
        role: 'customer_administrator',
        departmentIds: [],
      });
      return createClient(transaction, {
        id: config.BOOTSTRAP_CLIENT_ID,
        secret: config.BOOTSTRAP_CLIENT_SECRET,
        name: 'First client',
        scopes: scopeNames,
      });
    });
    return { client, administrator: { email, password: password ? null : madeUp } };
  } finally {
    await owner.close();
  }
}
