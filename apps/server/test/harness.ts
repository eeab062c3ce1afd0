import { randomBytes } from 'node:crypto';
import type { Scope } from '@anteroom/contract';
import { scopeNames } from '@anteroom/contract';
import { Client } from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createClient } from '../src/access/administration.ts';
import type { TurnOptions } from '../src/calls/index.ts';
import type { MailSettings } from '../src/notifications/index.ts';
import { createOrganisation } from '../src/organisation/administration.ts';
import { type Database, openDatabase } from '../src/platform/database/index.ts';
import type { MetricsAddress } from '../src/platform/http/metrics.ts';
import { buildServer, type Server } from '../src/server.ts';

/** A database of its own for one test, migrated, and how to speak to it as each role. */
export interface TestDatabase {
  appUrl: string;
  ownerUrl: string;
  superuserUrl: string;
  /** Runs SQL as the superuser, whom row-level security does not bind: for looking from outside. */
  query<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

function urlFor(role: string, database: string): string {
  const url = inject('superuserUrl');
  return url.replace(/^postgresql:\/\/\w+@\/\w+/, `postgresql://${role}@/${database}`);
}

async function asSuperuser<Result>(
  database: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: urlFor('postgres', database) });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Copies the migrated template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser('postgres', (client) =>
    client.query(`create database ${name} template anteroom owner anteroom_owner`),
  );
  let outside: Promise<Client> | undefined;
  const connectOutside = async () => {
    const client = new Client({ connectionString: urlFor('postgres', name) });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  return {
    appUrl: urlFor('anteroom_app', name),
    ownerUrl: urlFor('anteroom_owner', name),
    superuserUrl: urlFor('postgres', name),
    async query<Row>(text: string, values: unknown[] = []) {
      outside ??= connectOutside();
      return (await (await outside).query(text, values)).rows as Row[];
    },
    async drop() {
      if (outside) await (await outside).end();
      await asSuperuser('postgres', (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

interface TestOrganisation {
  id: string;
  clientId: string;
  clientSecret: string;
  /** A token of its client with every scope. */
  token: string;
  publicUrl: string;
}

export interface TestServer {
  url: string;
  server: Server;
  database: Database;
  testDatabase: TestDatabase;
  /** Two organisations, or as many as were asked for. */
  organisations: [TestOrganisation, TestOrganisation, ...TestOrganisation[]];
  /** A token of this organisation's client with these scopes alone. */
  token(organisation: TestOrganisation, scopes: readonly Scope[]): Promise<string>;
  /** Calls the API as the first organisation, or as the one given; JSON unless the body is text. */
  call(method: string, path: string, options?: CallOptions): Promise<TestAnswer>;
  /** Moves the sandbox's clock, also backwards. */
  setClock(instant: string): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  as?: TestOrganisation;
  token?: string;
}

export interface TestAnswer {
  status: number;
  headers: Headers;
  text: string;
  // Tests read what they expect to be there; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is being tested
  json: any;
}

export interface TestServerOptions {
  organisations?: number;
  /** Makes the installation a sandbox that stands here. */
  sandboxAt?: string;
  rateLimitPerMinute?: number;
  publicUrl?: string;
  sweepEveryMs?: number;
  /** How people are written to; not at all unless given. */
  mail?: MailSettings;
  /** Whose X-Forwarded lines count. */
  trustedProxies?: string[];
  metrics?: MetricsAddress;
  turn?: TurnOptions;
  log?: { write(line: string): void };
}

/** The real server on a real port and a database of its own. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const testDatabase = await createTestDatabase();
  if (options.sandboxAt) {
    await testDatabase.query('select begin_sandbox($1)', [options.sandboxAt]);
  }
  const organisations = await makeOrganisations(testDatabase, options.organisations ?? 2);
  const server = await buildServer({
    databaseUrl: testDatabase.appUrl,
    publicUrl: options.publicUrl ?? null,
    log: options.log ? pino({ level: 'trace' }, options.log) : pino({ level: 'silent' }),
    trustedProxies: options.trustedProxies ?? [],
    rateLimitPerMinute: options.rateLimitPerMinute ?? 0,
    sweepEveryMs: options.sweepEveryMs ?? 0,
    metrics: options.metrics ?? null,
    ...(options.turn ? { turn: options.turn } : {}),
    mail: options.mail ?? null,
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${port}`;
  for (const organisation of organisations) {
    organisation.token = await fetchToken(url, organisation, scopeNames);
  }

  return {
    url,
    server,
    database: server.database,
    testDatabase,
    organisations: organisations as TestServer['organisations'],
    token: (organisation, scopes) => fetchToken(url, organisation, scopes),
    async call(method, path, { body, headers = {}, as, token } = {}) {
      const isText = typeof body === 'string';
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token ?? (as ?? (organisations[0] as TestOrganisation)).token}`,
          ...(body === undefined || body instanceof FormData
            ? {}
            : {
                'content-type': isText ? 'application/x-www-form-urlencoded' : 'application/json',
              }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: isText || body instanceof FormData ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson && text ? JSON.parse(text) : null,
      };
    },
    async setClock(instant) {
      await testDatabase.query('update installation set sandbox_at = $1', [instant]);
    },
    async close() {
      await server.close();
      await testDatabase.drop();
    },
  };
}

async function makeOrganisations(
  testDatabase: TestDatabase,
  count: number,
): Promise<TestOrganisation[]> {
  const owner = await openDatabase({
    url: testDatabase.ownerUrl,
    pipelinedConnections: 1,
    transactionConnections: 1,
  });
  const organisations: TestOrganisation[] = [];
  for (let index = 1; index <= count; index++) {
    const publicUrl = `https://visits-${index}.example.org`;
    const id = await createOrganisation(owner.anywhere, {
      name: `Organisation ${index}`,
      publicUrl,
      country: 'GB',
      timeZone: 'Europe/London',
      features: {},
    });
    const client = await createClient(owner.in(id), { name: 'Test client', scopes: scopeNames });
    organisations.push({
      id,
      clientId: client.id,
      clientSecret: client.secret,
      token: '',
      publicUrl,
    });
  }
  await owner.close();
  return organisations;
}

async function fetchToken(
  url: string,
  { clientId, clientSecret }: TestOrganisation,
  scopes: readonly Scope[],
): Promise<string> {
  const response = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: scopes.join(' ') }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

/** A valid body of a new appointment, an hour from now unless it says otherwise. */
export function appointmentBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    reference: `ref-${randomBytes(6).toString('hex')}`,
    appointment_at: new Date(Date.now() + 3_600_000).toISOString(),
    duration_in_minutes: 30,
    claimant: { name: 'Ada Example', email: 'ada@example.org' },
    ...changes,
  };
}

/** Resolves when the condition holds; throws after the deadline. */
export async function eventually(
  condition: () => Promise<boolean> | boolean,
  deadlineMs = 10_000,
): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
