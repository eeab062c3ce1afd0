import { isIP } from 'node:net';
import { readInstant } from './platform/http/formats.ts';

/** One environment variable: how it is read, and what `docs/configuration.md` says of it. */
interface Variable<Value> {
  default: string | null;
  about: string;
  /** The value, or a sentence that says what it should be. */
  read(text: string): { value: Value } | { fault: string };
}

const accept = <Value>(value: Value) => ({ value });
const complain = (fault: string) => ({ fault });

const text = (most: number) => (given: string) =>
  given.length <= most ? accept(given) : complain(`must have at most ${most} characters`);

const wholeNumber = (least: number, most: number) => (given: string) =>
  /^\d{1,10}$/.test(given) && Number(given) >= least && Number(given) <= most
    ? accept(Number(given))
    : complain(`must be a whole number from ${least} to ${most}`);

const secret = (given: string) =>
  given.length >= 16 && given.length <= 200
    ? accept(given)
    : complain('must have 16 to 200 characters');

function databaseAddress(given: string) {
  // Not read as a URL: PostgreSQL's own form for a socket, role@/name?host=/folder, is none.
  return /^postgres(ql)?:\/\/[^\s/@]+@\S*\/\S+$/.test(given)
    ? accept(given)
    : complain('must be an address such as postgresql://anteroom_app:secret@host:5432/anteroom');
}

function publicAddress(given: string) {
  const address = URL.parse(given);
  const isBare =
    address && address.pathname === '/' && !address.search && !address.hash && !address.username;
  return isBare && /^https?:$/.test(address.protocol)
    ? accept(address.origin)
    : complain('must be an address without a path, such as https://visits.example.org');
}

function relayList(given: string) {
  const urls = given
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
  return urls.every((url) => /^(turns?|stuns?):[^\s?]+(\?transport=(udp|tcp))?$/.test(url))
    ? accept(urls)
    : complain(
        'must be addresses such as turn:turn.example.org:3478 or turns:turn.example.org:5349?transport=tcp',
      );
}

function yesOrNo(given: string) {
  return /^(true|false|1|0)$/i.test(given)
    ? accept(/^(true|1)$/i.test(given))
    : complain('must be true or false');
}

function mailServer(given: string) {
  const address = URL.parse(given);
  return address && /^smtps?:$/.test(address.protocol) && address.hostname
    ? accept(given)
    : complain('must be an address such as smtps://user:password@mail.example.org:465');
}

function addressList(given: string) {
  const entries = given
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const isFine = entries.every((entry) => {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address);
    return (
      family > 0 &&
      (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
    );
  });
  return isFine
    ? accept(entries)
    : complain('must be IP addresses or networks, such as 10.0.0.0/8,127.0.0.1');
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Every variable that the program reads, in the order of the documentation. */
export const variables = {
  HOST: {
    default: 'localhost',
    about: 'The address to listen on. `0.0.0.0` or `::` for all of the machine’s.',
    read: text(255),
  } as Variable<string>,
  PORT: {
    default: '3000',
    about: 'The port to listen on; 0 takes a free one.',
    read: wholeNumber(0, 65535),
  } as Variable<number>,
  PUBLIC_URL: {
    default: null,
    about:
      'Where people and programs reach the first organisation; used when it is made, and wherever an answer names an address and the request’s Host is no organisation’s. By default `http://localhost:PORT`.',
    read: publicAddress,
  } as Variable<string>,
  DATA_DIR: {
    default: './data',
    about:
      'The folder of the embedded database. Started as root with a folder that other users cannot reach, the data goes to `/var/lib/anteroom`, and the start says so.',
    read: text(1000),
  } as Variable<string>,
  DATABASE_URL: {
    default: null,
    about:
      'Your own PostgreSQL 18 or newer instead of the embedded one, signed in as a role that owns nothing and cannot bypass row-level security.',
    read: databaseAddress,
  } as Variable<string>,
  MIGRATION_DATABASE_URL: {
    default: null,
    about:
      'The same database, signed in as its owner: migrates at the start, and serves the command line.',
    read: databaseAddress,
  } as Variable<string>,
  TRUSTED_PROXIES: {
    default: '',
    about:
      'Addresses or networks of the proxies whose `X-Forwarded-*` lines count, with commas between them.',
    read: addressList,
  } as Variable<string[]>,
  LOG_LEVEL: {
    default: 'info',
    about: `One of ${logLevels.join(', ')}.`,
    read: (given) =>
      logLevels.includes(given)
        ? accept(given)
        : complain(`must be one of ${logLevels.join(', ')}`),
  } as Variable<string>,
  RATE_LIMIT_PER_MINUTE: {
    default: '1200',
    about: 'Requests that one API client may make in a minute; 0 is no limit.',
    read: wholeNumber(0, 1_000_000_000),
  } as Variable<number>,
  TURN_URLS: {
    default: '',
    about:
      'TURN servers that carry the media of a call where its people cannot reach each other directly, with commas between them; `stun:` addresses as well. With TURN_SECRET. See docs/operations.md.',
    read: relayList,
  } as Variable<string[]>,
  TURN_SECRET: {
    default: null,
    about:
      'What the TURN servers know as their `static-auth-secret`: people get credentials made from it that last ten minutes.',
    read: secret,
  } as Variable<string>,
  CALL_RELAY_ONLY: {
    default: 'false',
    about:
      'Whether all media go through the TURN servers, so that nobody in a call learns another’s address. Needs TURN_URLS.',
    read: yesOrNo,
  } as Variable<boolean>,
  SMTP_URL: {
    default: null,
    about:
      'Where mail goes out, such as `smtps://user:password@mail.example.org`. Without it nobody is written to, and what happens meanwhile is not made up for later.',
    read: mailServer,
  } as Variable<string>,
  MAIL_FROM: {
    default: null,
    about:
      'Whom mail is from, such as `Example Clinic <visits@example.org>`; by default no-reply at the organisation’s host.',
    read: text(320),
  } as Variable<string>,
  METRICS_PORT: {
    default: null,
    about:
      'The port on which `/metrics` answers Prometheus; 0 takes a free one. Without it there are no metrics. See docs/operations.md.',
    read: wholeNumber(0, 65535),
  } as Variable<number>,
  METRICS_HOST: {
    default: 'localhost',
    about:
      'The address on which `/metrics` listens. Set METRICS_TOKEN as well where others than Prometheus can reach it.',
    read: text(255),
  } as Variable<string>,
  METRICS_TOKEN: {
    default: null,
    about: 'What Prometheus has to send as its bearer token (`authorization: credentials`).',
    read: secret,
  } as Variable<string>,
  SANDBOX_CLOCK: {
    default: null,
    about:
      'An instant, such as `2025-08-19T14:38:12Z`: on the first start of a database it makes the whole installation a sandbox whose clock stands there until `clock set` moves it. Refused with `NODE_ENV=production`.',
    read: (given) => {
      const instant = readInstant(given);
      return instant
        ? accept(instant)
        : complain('must be an instant such as 2025-08-19T14:38:12Z');
    },
  } as Variable<string>,
  BOOTSTRAP_CLIENT_ID: {
    default: null,
    about:
      'The id of the first API client, instead of a made-up one. With BOOTSTRAP_CLIENT_SECRET.',
    read: (given) =>
      /^[!-9;-~]{1,191}$/.test(given)
        ? accept(given)
        : complain('must be 1 to 191 printable ASCII characters without spaces and colons'),
  } as Variable<string>,
  BOOTSTRAP_CLIENT_SECRET: {
    default: null,
    about:
      'The secret of the first API client, instead of a made-up one. With BOOTSTRAP_CLIENT_ID.',
    read: secret,
  } as Variable<string>,
  BOOTSTRAP_ADMIN_EMAIL: {
    default: null,
    about:
      'The first administrator, who signs in to the portal, instead of a made-up one. With BOOTSTRAP_ADMIN_PASSWORD.',
    read: (given) =>
      /^[^\s@]+@[^\s@]+$/.test(given)
        ? accept(given.toLowerCase())
        : complain('must be an email address'),
  } as Variable<string>,
  BOOTSTRAP_ADMIN_PASSWORD: {
    default: null,
    about: 'The first administrator’s password. With BOOTSTRAP_ADMIN_EMAIL.',
    read: (given) =>
      given.length >= 12 && given.length <= 200
        ? accept(given)
        : complain('must have 12 to 200 characters'),
  } as Variable<string>,
};

type Name = keyof typeof variables;
type ValueOf<V> = V extends Variable<infer Value> ? Value : never;
/** Variables without a default may be null. */
type Optional =
  | 'PUBLIC_URL'
  | 'DATABASE_URL'
  | 'MIGRATION_DATABASE_URL'
  | 'TURN_SECRET'
  | 'METRICS_PORT'
  | 'METRICS_TOKEN'
  | 'SANDBOX_CLOCK'
  | `BOOTSTRAP_${'CLIENT_ID' | 'CLIENT_SECRET' | 'ADMIN_EMAIL' | 'ADMIN_PASSWORD'}`;

export type Config = {
  readonly [N in Name]: N extends Optional
    ? ValueOf<(typeof variables)[N]> | null
    : ValueOf<(typeof variables)[N]>;
};

type Environment = Record<string, string | undefined>;

/**
 * Reads the configuration; blank counts as not set. Throws one error that names every fault, so
 * that nobody mends them one start at a time. Never repeats a value: it may be a secret.
 */
export function readConfig(environment: Environment): Config {
  const { config, faults } = readVariables(environment);
  if (faults.length > 0) {
    throw new Error(
      `The configuration has faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
  }
  return config;
}

/** The same without throwing: a faulty variable is named, and counts as not set. */
export function readVariables(environment: Environment): { config: Config; faults: string[] } {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(variables) as Name[]) {
    const variable: Variable<unknown> = variables[name];
    const read = (text: string | null) => (text === null ? accept(null) : variable.read(text));
    let result = read(environment[name] || variable.default);
    if ('fault' in result) {
      faults.push(`${name} ${result.fault}.`);
      result = read(variable.default);
    }
    if ('value' in result) config[name] = result.value;
  }
  const together = (one: Name, other: Name) => {
    if (!environment[one] !== !environment[other]) faults.push(`${one} and ${other} go together.`);
  };
  together('BOOTSTRAP_CLIENT_ID', 'BOOTSTRAP_CLIENT_SECRET');
  together('BOOTSTRAP_ADMIN_EMAIL', 'BOOTSTRAP_ADMIN_PASSWORD');
  const {
    TURN_URLS: urls,
    TURN_SECRET: turnSecret,
    CALL_RELAY_ONLY: isRelayOnly,
  } = config as {
    TURN_URLS?: string[];
    TURN_SECRET?: string | null;
    CALL_RELAY_ONLY?: boolean;
  };
  const hasRelay = urls?.some((url) => url.startsWith('turn')) ?? false;
  if (hasRelay !== Boolean(turnSecret)) faults.push('TURN_URLS and TURN_SECRET go together.');
  if (isRelayOnly && !hasRelay) faults.push('CALL_RELAY_ONLY needs TURN_URLS.');
  if (environment.MIGRATION_DATABASE_URL && !environment.DATABASE_URL) {
    faults.push('MIGRATION_DATABASE_URL needs DATABASE_URL.');
  }
  if (environment.SANDBOX_CLOCK && environment.NODE_ENV === 'production') {
    faults.push('SANDBOX_CLOCK is not for production: unset it, or NODE_ENV.');
  }
  return { config: Object.freeze(config) as Config, faults };
}
