import { mostCustomFields } from '@anteroom/contract';
import {
  createClient,
  createStaff,
  listClients,
  listStaff,
  revokeClient,
  rotateSecret,
  setStaff,
} from '../access/index.ts';
import { sweepAppointments } from '../appointments/index.ts';
import type { Config } from '../config.ts';
import {
  createCustomField,
  createDepartment,
  createOrganisation,
  listCustomFields,
  listDepartments,
  listOrganisations,
  setCustomField,
  setDepartment,
  setOrganisation,
} from '../organisation/index.ts';
import {
  type Database,
  openDatabase,
  type Runner,
  violatedConstraint,
} from '../platform/database/index.ts';
import { isMailbox, readInstant } from '../platform/http/formats.ts';
import { moveSandboxClock } from '../platform/installation.ts';
import { makePassword, openAsOwner, openInstallation } from './installation.ts';
import {
  departmentContact,
  fieldSettings,
  type Options,
  readArguments,
  readFeatures,
  readFieldType,
  readScopes,
  required,
  settings,
  staffSettings,
} from './options.ts';

const help = `Anteroom: video appointments that an organisation hosts itself

  npm run anteroom -- <command>

  serve                                      start the service (as npm start does)
  doctor                                     say what is wrong with this installation, and how to mend it
  migrate                                    bring the database to the newest schema
  organisations list
  organisations create --name N --url U      [--country GB] [--time-zone Europe/London] [--redirect-hosts H] [--feature name=value …]
                                             [--phone P] [--privacy-url U] [--accessibility-url U] [--colour '#1d4ed8']
  organisations set ID                       the same, each of them left out stays as it is
  departments list
  departments create --name N                [--feature name=value …]
  departments set ID                         [--name N] [--feature name=value …] [--phone P] [--agent-alias A]
  custom-fields list
  custom-fields create --name N --type T     [--required] [--choice C …] [--position P]   T: text, number, date, boolean, choice
  custom-fields set ID                       [--name N] [--[no-]required] [--choice C …] [--position P] [--[no-]retired]
  clients list
  clients create --name N                    [--scope S …]   without --scope: every scope
  clients rotate ID                          a second secret; the one before stays good until the next rotation
  clients revoke ID
  staff list
  staff create --email E --name N            [--role R] [--department ID …]   R: agent (without --role), scheduler,
                                             department_administrator, customer_administrator; makes up a password
  staff set EMAIL                            [--name N] [--role R] [--department ID …] [--new-password]
  staff disable EMAIL                        signed out within a second; staff enable EMAIL takes it back
  clock set INSTANT                          move a sandbox’s clock forward, and sweep
  help

  --redirect-hosts www.example.org,*.example.com or none: where appointments may send people after a call.
  --feature name= takes a switch back: it is again as the organisation, or Anteroom, has it.
  --agent-alias is what claimants see instead of an agent’s own name. A blank --phone, --privacy-url and so on takes it back.
  departments, custom-fields, clients and staff take --organisation ID when there is more than one.
  The configuration is read from the environment: see docs/configuration.md.`;

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

const commands: Record<string, (invocation: Invocation) => Promise<string>> = {
  migrate: async () => '',

  'organisations list': async ({ owner }) =>
    table(
      ['id', 'name', 'address', 'country', 'time zone', 'redirect hosts'],
      (await listOrganisations(owner.anywhere)).map((row) => [
        row.id,
        row.name,
        row.public_url,
        row.country,
        row.time_zone,
        row.redirect_hosts.join(',') || 'any',
      ]),
    ),
  'organisations create': async ({ owner, options }) => {
    const { name, publicUrl, ...given } = settings(options);
    const id = await createOrganisation(owner.anywhere, {
      country: 'GB',
      timeZone: 'Europe/London',
      ...given,
      name: required(name, '--name'),
      publicUrl: required(publicUrl, '--url'),
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
      (await setDepartment(await organisationOf(invocation), id, {
        name: options.name,
        features,
        ...departmentContact(options),
      }));
    found(isThere, 'department', String(words[0]));
    return `Changed the department ${id}.`;
  },

  'custom-fields list': async (invocation) =>
    table(
      ['id', 'position', 'name', 'type', 'required', 'state', 'choices'],
      (await listCustomFields(await organisationOf(invocation))).map((field) => [
        String(field.id),
        String(field.position),
        field.name,
        field.type,
        field.isRequired ? 'yes' : 'no',
        field.isRetired ? 'retired' : 'in use',
        field.choices.join(', '),
      ]),
    ),
  'custom-fields create': async (invocation) => {
    const { options } = invocation;
    const name = required(options.name, '--name');
    const type = readFieldType(required(options.type, '--type'));
    const field = { ...fieldSettings(options), name, type };
    const id = await createCustomField(await organisationOf(invocation), field);
    if (id === null) {
      throw new Error(`At most ${mostCustomFields} custom fields can be in use: retire one first.`);
    }
    return `Made the custom field ${id}.`;
  },
  'custom-fields set': async (invocation) => {
    const { words, options } = invocation;
    const id = Number(required(words[0], 'the custom field’s id'));
    if (options.type !== undefined)
      throw new Error('The type of a custom field stays: make another field.');
    const isThere =
      Number.isInteger(id) &&
      (await setCustomField(await organisationOf(invocation), id, {
        ...fieldSettings(options),
        isRetired: options.retired,
      }));
    found(isThere, 'custom field', String(words[0]));
    return `Changed the custom field ${id}.`;
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

  'staff list': async (invocation) =>
    table(
      ['email', 'name', 'role', 'departments', 'state'],
      (await listStaff(await organisationOf(invocation))).map((row) => [
        row.email,
        row.name,
        row.role,
        row.role === 'customer_administrator' ? 'all' : row.department_ids.join(',') || 'none',
        row.disabled_at ? 'disabled' : 'live',
      ]),
    ),
  'staff create': async (invocation) => {
    const { options } = invocation;
    const organisation = await organisationOf(invocation);
    const email = required(options.email, '--email');
    if (!isMailbox(email)) throw new Error('--email must be an address such as name@example.org');
    const given = staffSettings(options, await departmentIds(organisation));
    const password = makePassword();
    await createStaff(organisation, {
      email,
      name: required(options.name, '--name'),
      role: given.role ?? 'agent',
      departmentIds: given.departmentIds ?? [],
      password,
    });
    return `password  ${password}\nThe password is shown only now.`;
  },
  'staff set': async (invocation) => {
    const { words, options } = invocation;
    const organisation = await organisationOf(invocation);
    const email = required(words[0], 'the email address');
    const given = staffSettings(options, await departmentIds(organisation));
    const password = options['new-password'] ? { password: makePassword() } : {};
    found(await setStaff(organisation, email, { ...given, ...password }), 'staff account', email);
    return 'password' in password
      ? `password  ${password.password}\nThe password is shown only now; whoever was signed in no longer is.`
      : `Changed the staff account ${email}.`;
  },
  'staff disable': (invocation) => disable(invocation, true),
  'staff enable': (invocation) => disable(invocation, false),

  'clock set': async ({ words, appUrl }) => {
    const instant = readInstant(required(words[0], 'an instant'));
    if (!instant) throw new Error('The clock takes an instant such as 2025-08-19T14:38:12Z.');
    const app = await openDatabase({
      url: appUrl,
      pipelinedConnections: 1,
      transactionConnections: 1,
    });
    try {
      const now = await moveSandboxClock(app.anywhere, { clock_at: instant });
      const moved = await sweepAppointments(app);
      return `The clock stands at ${now}; ${moved} appointments were moved by it.`;
    } finally {
      await app.close();
    }
  },
};

async function disable(invocation: Invocation, isDisabled: boolean): Promise<string> {
  const email = required(invocation.words[0], 'the email address');
  const isThere = await setStaff(await organisationOf(invocation), email, { isDisabled });
  found(isThere, 'staff account', email);
  return `${isDisabled ? 'Disabled' : 'Enabled'} the staff account ${email}.`;
}

const departmentIds = async (organisation: Runner): Promise<number[]> =>
  (await listDepartments(organisation)).map(({ id }) => id);

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
  if (constraint === 'staff_organisation_id_email_key') {
    return new Error('There is a staff account with this address already.');
  }
  if (constraint === 'departments_organisation_id_name_key') {
    return new Error('There is a department of this name already.');
  }
  if (constraint === 'custom_fields_organisation_id_name_key') {
    return new Error('There is a custom field of this name already.');
  }
  if (constraint === 'custom_fields_choices') {
    return new Error('The type choice needs --choice, once for each; the other types take none.');
  }
  if (constraint?.endsWith('_name_check'))
    return new Error('--name must have 1 to 255 characters.');
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
