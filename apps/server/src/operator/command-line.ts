import { parseArgs } from 'node:util';
import {
  defaultFeatures,
  type Features,
  featureNames,
  type Scope,
  scheduleRequest,
  scopeNames,
} from '@anteroom/contract';
import { createClient, listClients, revokeClient, rotateSecret } from '../access/index.ts';
import { sweepAppointments } from '../appointments/index.ts';
import type { Config } from '../config.ts';
import {
  createDepartment,
  createOrganisation,
  listDepartments,
  listOrganisations,
  setDepartment,
  setOrganisation,
} from '../organisation/index.ts';
import {
  type Database,
  openDatabase,
  type Runner,
  violatedConstraint,
} from '../platform/database/index.ts';
import { readInstant } from '../platform/http/formats.ts';
import { compileReader } from '../platform/http/reader.ts';
import { moveSandboxClock } from '../platform/installation.ts';
import { openAsOwner, openInstallation } from './installation.ts';

const help = `Anteroom: video appointments that an organisation hosts itself

  npm run anteroom -- <command>

  serve                                      start the service (as npm start does)
  migrate                                    bring the database to the newest schema
  organisations list
  organisations create --name N --url U      [--country GB] [--time-zone Europe/London] [--feature name=value …]
  organisations set ID                       [--name N] [--url U] [--country C] [--time-zone Z] [--feature name=value …]
  departments list
  departments create --name N                [--feature name=value …]
  departments set ID                         [--name N] [--feature name=value …]
  clients list
  clients create --name N                    [--scope S …]   without --scope: every scope
  clients rotate ID                          a second secret; the one before stays good until the next rotation
  clients revoke ID
  clock set INSTANT                          move a sandbox’s clock forward, and sweep
  help

  departments and clients take --organisation ID when there is more than one.
  The configuration is read from the environment: see docs/configuration.md.`;

type Options = Partial<
  Record<'name' | 'url' | 'country' | 'time-zone' | 'organisation', string> &
    Record<'feature' | 'scope', string[]>
>;

/** What a command gets: its words after the command's own, its options, the owner's database. */
interface Invocation {
  words: string[];
  options: Options;
  owner: Database;
  appUrl: string;
}

/** Runs one administrative command and answers what to print. Throws a sentence when it cannot. */
export async function runCommand(args: string[], config: Config): Promise<string> {
  const { words, options } = readArguments(args);
  const [subject = 'help', verb = '', ...rest] = words;
  if (subject === 'help') return help;
  const name = `${subject} ${verb}`.trim();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new Error(`There is no command “${name}”. See: npm run anteroom -- help`);
  const installation = await openInstallation(config, () => {});
  try {
    if (subject === 'migrate') return 'The database has the newest schema.';
    const owner = await openAsOwner(installation);
    try {
      return await command({ words: rest, options, owner, appUrl: installation.appUrl });
    } catch (error) {
      throw explain(error);
    } finally {
      await owner.close();
    }
  } finally {
    await installation.close();
  }
}

function readArguments(args: string[]): { words: string[]; options: Options } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        url: { type: 'string' },
        country: { type: 'string' },
        'time-zone': { type: 'string' },
        organisation: { type: 'string' },
        feature: { type: 'string', multiple: true },
        scope: { type: 'string', multiple: true },
      },
    });
    return { words: positionals, options: values };
  } catch (error) {
    throw new Error(`${(error as Error).message}. See: npm run anteroom -- help`);
  }
}

const commands: Record<string, (invocation: Invocation) => Promise<string>> = {
  migrate: async () => '',

  'organisations list': async ({ owner }) =>
    table(
      ['id', 'name', 'address', 'country', 'time zone'],
      (await listOrganisations(owner.anywhere)).map((row) => [
        row.id,
        row.name,
        row.public_url,
        row.country,
        row.time_zone,
      ]),
    ),
  'organisations create': async ({ owner, options }) => {
    const {
      country = 'GB',
      timeZone = 'Europe/London',
      features = {},
      ...given
    } = settings(options);
    const id = await createOrganisation(owner.anywhere, {
      name: required(given.name, '--name'),
      publicUrl: required(given.publicUrl, '--url'),
      country,
      timeZone,
      features,
    });
    return `Made the organisation ${id}.`;
  },
  'organisations set': async ({ owner, words, options }) => {
    const id = uuid(words[0]);
    found(await setOrganisation(owner.anywhere, id, settings(options)), 'organisation', id);
    return `Changed the organisation ${id}.`;
  },

  'departments list': async (invocation) =>
    table(
      ['id', 'name', 'switches'],
      (await listDepartments(await organisationOf(invocation))).map((row) => [
        String(row.id),
        row.name,
        JSON.stringify(row.features),
      ]),
    ),
  'departments create': async (invocation) => {
    const { options } = invocation;
    const name = required(options.name, '--name');
    const id = await createDepartment(
      await organisationOf(invocation),
      name,
      readFeatures(options.feature),
    );
    return `Made the department ${id}.`;
  },
  'departments set': async (invocation) => {
    const { words, options } = invocation;
    const id = Number(required(words[0], 'the department’s id'));
    const features = readFeatures(options.feature);
    const isThere =
      Number.isInteger(id) &&
      (await setDepartment(await organisationOf(invocation), id, { name: options.name, features }));
    found(isThere, 'department', String(words[0]));
    return `Changed the department ${id}.`;
  },

  'clients list': async (invocation) =>
    table(
      ['id', 'name', 'state', 'secrets', 'scopes'],
      (await listClients(await organisationOf(invocation))).map((row) => [
        row.id,
        row.name,
        row.revoked_at ? 'revoked' : 'live',
        String(row.secrets),
        row.scopes.join(' '),
      ]),
    ),
  'clients create': async (invocation) => {
    const { options } = invocation;
    const { id, secret } = await createClient(await organisationOf(invocation), {
      name: required(options.name, '--name'),
      scopes: readScopes(options.scope),
    });
    return `id      ${id}\nsecret  ${secret}\nThe secret is shown only now.`;
  },
  'clients rotate': async (invocation) => {
    const id = required(invocation.words[0], 'the client’s id');
    const secret = await rotateSecret(await organisationOf(invocation), id);
    found(secret !== null, 'live client', id);
    return `secret  ${secret}\nShown only now. The secret before it stays good until the next rotation.`;
  },
  'clients revoke': async (invocation) => {
    const id = required(invocation.words[0], 'the client’s id');
    found(await revokeClient(await organisationOf(invocation), id), 'client', id);
    return `Revoked the client ${id}.`;
  },

  'clock set': async ({ owner, words, appUrl }) => {
    const instant = readInstant(required(words[0], 'an instant'));
    if (!instant) throw new Error('The clock takes an instant such as 2025-08-19T14:38:12Z.');
    const now = await moveSandboxClock(owner.anywhere, instant);
    const app = await openDatabase({
      url: appUrl,
      pipelinedConnections: 1,
      transactionConnections: 1,
    });
    try {
      const moved = await sweepAppointments(app);
      return `The clock stands at ${now}; ${moved} appointments were moved by it.`;
    } finally {
      await app.close();
    }
  },
};

/** The organisation that is meant: the one named, or the only one. */
async function organisationOf({ owner, options }: Invocation): Promise<Runner> {
  const organisations = await listOrganisations(owner.anywhere);
  const named = options.organisation;
  const chosen = named ? organisations.find(({ id }) => id === named) : organisations[0];
  if (!chosen)
    throw new Error(named ? `There is no organisation ${named}.` : 'There is no organisation yet.');
  if (!named && organisations.length > 1) {
    throw new Error('There are several organisations: say which one with --organisation ID.');
  }
  return owner.in(chosen.id);
}

function settings(options: Options) {
  const { name, url, country, 'time-zone': timeZone } = options;
  const address = url === undefined ? undefined : URL.parse(url);
  if (address === null || (address && !/^https?:$/.test(address.protocol))) {
    throw new Error('--url must be an address such as https://visits.example.org');
  }
  if (country !== undefined && !/^[A-Z]{2}$/.test(country)) {
    throw new Error('--country must be two capital letters (ISO 3166-1), such as GB');
  }
  if (timeZone !== undefined && !Intl.supportedValuesOf('timeZone').includes(timeZone)) {
    throw new Error('--time-zone must be a zone such as Europe/London');
  }
  return {
    ...(name !== undefined ? { name } : {}),
    ...(address ? { publicUrl: address.origin } : {}),
    ...(country !== undefined ? { country } : {}),
    ...(timeZone !== undefined ? { timeZone } : {}),
    features: readFeatures(options.feature),
  };
}

const readSwitches = compileReader(scheduleRequest);

/** Reads `--feature name=value` with the same reader as the API. */
function readFeatures(pairs: string[] = []): Partial<Features> {
  const given = Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=');
      if (!Object.hasOwn(defaultFeatures, name)) {
        throw new Error(`--feature takes name=value; the names are ${featureNames.join(', ')}`);
      }
      return [name, value.join('=')];
    }),
  );
  const { value, faults } = readSwitches(given);
  const fault = featureNames.flatMap((name) => faults?.[name] ?? [])[0];
  if (fault) throw new Error(fault);
  return Object.fromEntries(
    featureNames.filter((name) => name in given).map((name) => [name, value[name]]),
  ) as Partial<Features>;
}

function readScopes(asked: string[] | undefined): readonly Scope[] {
  if (!asked) return scopeNames;
  const unknown = asked.find((scope) => !scopeNames.includes(scope as Scope));
  if (unknown) throw new Error(`There is no scope ${unknown}; there are ${scopeNames.join(', ')}`);
  return asked as Scope[];
}

function required(given: string | undefined, what: string): string {
  if (!given) throw new Error(`This command needs ${what}. See: npm run anteroom -- help`);
  return given;
}

function uuid(given: string | undefined): string {
  const id = required(given, 'the organisation’s id');
  if (!/^[\da-f-]{36}$/.test(id)) throw new Error(`There is no organisation ${id}.`);
  return id;
}

function found(isThere: boolean, what: string, id: string): void {
  if (!isThere) throw new Error(`There is no ${what} ${id}.`);
}

function explain(error: unknown): unknown {
  const constraint = violatedConstraint(error);
  if (constraint === 'organisations_host_key') {
    return new Error('Another organisation has this address already.');
  }
  if (constraint === 'departments_organisation_id_name_key') {
    return new Error('There is a department of this name already.');
  }
  return error;
}

function table(titles: string[], rows: string[][]): string {
  const all = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
