// A server on an embedded database of its own, so that every write to its disk is counted.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scopeNames } from '@anteroom/contract';
import { Client } from 'pg';
import { pino } from 'pino';
import { createClient } from '../../src/access/administration.ts';
import { openTokens } from '../../src/access/index.ts';
import { createOrganisation } from '../../src/organisation/administration.ts';
import {
  type EmbeddedDatabase,
  startEmbeddedDatabase,
} from '../../src/platform/database/embedded/launch.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { embeddedUrl, provisionEmbedded } from '../../src/platform/database/provision.ts';
import { readInstallation } from '../../src/platform/installation.ts';
import { buildServer } from '../../src/server.ts';
import { appointmentBody } from '../harness.ts';

export interface CountedServer {
  embedded: EmbeddedDatabase;
  appUrl: string;
  /** How often PostgreSQL has made its log durable, as it counts itself. */
  countSyncs(): Promise<number>;
  /** Makes appointments one after the other, each one acknowledged before the next. */
  create(count: number): Promise<void>;
  read(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it with these settings of PostgreSQL. */
export async function startCounted(settings: Record<string, string>): Promise<CountedServer> {
  const home = await mkdtemp(join(tmpdir(), 'anteroom-counted-'));
  // As root PostgreSQL runs as somebody else, who has to get in.
  await chmod(home, 0o755);
  const embedded = await startEmbeddedDatabase({
    dataDirectory: join(home, 'data'),
    log: () => {},
    settings,
  });
  const { appUrl, ownerUrl } = await provisionEmbedded(embedded);
  if (!ownerUrl) throw new Error('an embedded database has an owner');
  await migrate(ownerUrl, 'anteroom_app');
  const token = await makeToken(ownerUrl, appUrl);
  const server = await buildServer({
    databaseUrl: appUrl,
    log: pino({ level: 'silent' }),
    trustedProxies: [],
    rateLimitPerMinute: 0,
    sweepEveryMs: 0,
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const outside = new Client({ connectionString: embeddedUrl(embedded, 'postgres', 'anteroom') });
  await outside.connect();
  const address = `http://127.0.0.1:${port}/api/v1/appointments`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

  return {
    embedded,
    appUrl,
    async countSyncs() {
      const { rows } = await outside.query(
        `select sum(fsyncs)::integer as syncs from pg_stat_io where object = 'wal'`,
      );
      return rows[0].syncs;
    },
    async create(count) {
      for (let made = 0; made < count; made++) {
        const body = JSON.stringify(appointmentBody());
        const answer = await fetch(address, { method: 'POST', headers, body });
        await answer.text();
        if (answer.status !== 201) throw new Error(`answered ${answer.status}`);
      }
    },
    async read() {
      await (await fetch(`${address}?cursor=`, { headers })).text();
    },
    async close() {
      await outside.end();
      await server.close();
      await embedded.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function makeToken(ownerUrl: string, appUrl: string): Promise<string> {
  const owner = await openDatabase({ url: ownerUrl, pipelinedConnections: 1 });
  const app = await openDatabase({ url: appUrl, pipelinedConnections: 1 });
  try {
    const id = await createOrganisation(owner.anywhere, {
      name: 'Counted',
      publicUrl: 'https://counted.example.org',
      country: 'GB',
      timeZone: 'Europe/London',
      features: {},
    });
    const made = await createClient(owner.in(id), { name: 'Counted', scopes: scopeNames });
    const { tokenSecret } = await readInstallation(app);
    const tokens = openTokens(app, tokenSecret);
    const client = await tokens.authenticateClient(made.id, made.secret);
    if (!client) throw new Error('the client is not there');
    return await tokens.issue(client, scopeNames);
  } finally {
    await owner.close();
    await app.close();
  }
}
