import { parseArgs } from 'node:util';
import {
  type CustomFieldType,
  customFieldTypes,
  defaultFeatures,
  type Features,
  featureNames,
  roles,
  type Scope,
  scheduleRequest,
  scopeNames,
} from '@anteroom/contract';
import { mostRedirectHosts, readRedirectHost } from '../organisation/index.ts';
import { compileReader } from '../platform/http/reader.ts';

/** What a command may be told besides its words. */
export type Options = Partial<
  Record<
    | 'name'
    | 'url'
    | 'country'
    | 'time-zone'
    | 'redirect-hosts'
    | 'organisation'
    | 'type'
    | 'position'
    | 'phone'
    | 'privacy-url'
    | 'accessibility-url'
    | 'colour'
    | 'agent-alias'
    | 'email'
    | 'role',
    string
  > &
    Record<'feature' | 'scope' | 'choice' | 'department', string[]> &
    Record<'required' | 'retired' | 'new-password', boolean>
>;

/** Words and options of a command line. Throws a sentence for what is unknown. */
export function readArguments(args: string[]): { words: string[]; options: Options } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      allowNegative: true,
      options: {
        name: { type: 'string' },
        url: { type: 'string' },
        country: { type: 'string' },
        'time-zone': { type: 'string' },
        'redirect-hosts': { type: 'string' },
        organisation: { type: 'string' },
        phone: { type: 'string' },
        'privacy-url': { type: 'string' },
        'accessibility-url': { type: 'string' },
        colour: { type: 'string' },
        'agent-alias': { type: 'string' },
        email: { type: 'string' },
        role: { type: 'string' },
        department: { type: 'string', multiple: true },
        'new-password': { type: 'boolean' },
        feature: { type: 'string', multiple: true },
        scope: { type: 'string', multiple: true },
        type: { type: 'string' },
        position: { type: 'string' },
        choice: { type: 'string', multiple: true },
        required: { type: 'boolean' },
        retired: { type: 'boolean' },
      },
    });
    return { words: positionals, options: values };
  } catch (error) {
    throw new Error(`${(error as Error).message}. See: npm run anteroom -- help`);
  }
}

/** What the options say of an organisation. */
export function settings(options: Options) {
  const { name, url, country, 'time-zone': timeZone, 'redirect-hosts': hosts } = options;
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
    ...(hosts !== undefined ? { redirectHosts: readRedirectHosts(hosts) } : {}),
    ...contactSettings(options),
    features: readFeatures(options.feature),
  };
}

const web = /^https?:\/\/\S+$/;

/** What claimants are shown of an organisation. A blank takes it back. */
function contactSettings(options: Options) {
  const read = (
    name: 'phone' | 'privacy-url' | 'accessibility-url' | 'colour',
    form: RegExp,
    what: string,
  ) => {
    const given = options[name];
    if (given && !form.test(given)) throw new Error(`--${name} must be ${what}, or blank`);
    return given;
  };
  return {
    phoneNumber: read('phone', /^\+?[\d ()-]{3,30}$/, 'a phone number such as +442079460123'),
    privacyUrl: read('privacy-url', web, 'an address such as https://example.org/privacy'),
    accessibilityUrl: read(
      'accessibility-url',
      web,
      'an address such as https://example.org/access',
    ),
    colour: read('colour', /^#[\da-f]{6}$/, 'a colour such as #1d4ed8, in lower case'),
  };
}

/** What claimants are shown of a department. A blank takes it back. */
export const departmentContact = (options: Options) => ({
  phoneNumber: contactSettings(options).phoneNumber,
  agentAlias: options['agent-alias'],
});

/** What the options say of a staff account; `departments` are those of the organisation. */
export function staffSettings({ name, role, department: given }: Options, departments: number[]) {
  const known = roles.find((one) => one === role);
  if (role !== undefined && !known) throw new Error(`--role must be one of ${roles.join(', ')}`);
  const ids = given?.filter((id) => id !== '').map(Number);
  const unknown = ids?.find((id) => !departments.includes(id));
  if (unknown !== undefined) throw new Error('--department must be the id of a department.');
  return {
    ...(name !== undefined ? { name } : {}),
    ...(known ? { role: known } : {}),
    ...(ids ? { departmentIds: ids } : {}),
  };
}

function readRedirectHosts(given: string): string[] {
  if (given === 'none') return [];
  const hosts = given.split(',').map((host) => readRedirectHost(host.trim()));
  if (hosts.includes(null) || hosts.length > mostRedirectHosts) {
    throw new Error(
      `--redirect-hosts takes at most ${mostRedirectHosts} hosts such as www.example.org,*.example.com, or none`,
    );
  }
  return [...new Set(hosts as string[])];
}

export function readFieldType(given: string): CustomFieldType {
  const type = customFieldTypes.find((known) => known === given);
  if (!type) throw new Error(`--type must be one of ${customFieldTypes.join(', ')}`);
  return type;
}

/** What the options say of a custom field. */
export function fieldSettings({ name, required: isRequired, choice: choices, position }: Options) {
  if (position !== undefined && !/^\d{1,6}$/.test(position)) {
    throw new Error('--position must be a whole number from 0 to 999999');
  }
  const isFine = (choice: string) => choice === choice.trim() && /^.{1,100}$/u.test(choice);
  if (
    choices &&
    (choices.length > 100 || !choices.every(isFine) || new Set(choices).size < choices.length)
  ) {
    throw new Error('--choice takes 1 to 100 characters, each choice once, at most 100 of them');
  }
  return {
    name,
    isRequired,
    choices,
    position: position === undefined ? undefined : Number(position),
  };
}

const readSwitches = compileReader(scheduleRequest);

/** Reads `--feature name=value` with the same reader as the API. */
export function readFeatures(pairs: string[] = []): Partial<Features> {
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

export function readScopes(asked: string[] | undefined): readonly Scope[] {
  if (!asked) return scopeNames;
  const unknown = asked.find((scope) => !scopeNames.includes(scope as Scope));
  if (unknown) throw new Error(`There is no scope ${unknown}; there are ${scopeNames.join(', ')}`);
  return asked as Scope[];
}

/** The value; throws a sentence when it was not given. */
export function required(given: string | undefined, what: string): string {
  if (!given) throw new Error(`This command needs ${what}. See: npm run anteroom -- help`);
  return given;
}
