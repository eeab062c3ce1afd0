import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type DoctorOptions, diagnose } from '../../src/operator/doctor.ts';
import { openInstallation } from '../../src/operator/installation.ts';
import { buildServer } from '../../src/server.ts';
import { startTestServer, type TestServer } from '../harness.ts';

describe('the doctor', () => {
  let anteroom: TestServer;
  let environment: Record<string, string>;
  beforeAll(async () => {
    anteroom = await startTestServer();
    const { url, testDatabase, organisations } = anteroom;
    await setHost(organisations[0].id, url);
    environment = {
      HOST: '127.0.0.1',
      PORT: new URL(url).port,
      PUBLIC_URL: url,
      DATABASE_URL: testDatabase.appUrl,
      MIGRATION_DATABASE_URL: testDatabase.ownerUrl,
    };
  });
  afterAll(() => anteroom.close());

  const setHost = (organisation: string, url: string) =>
    anteroom.testDatabase.query(
      'update organisations set host = $2, public_url = $3 where id = $1',
      [organisation, new URL(url).host, url],
    );

  /** What it says of such an installation that is not well, and whether it is. */
  async function ask(changes: Record<string, string> = {}, options: Partial<DoctorOptions> = {}) {
    const { report, isWell } = await diagnose({
      environment: { ...environment, ...changes },
      ...options,
    });
    const wrong = report.split('\n').filter((line) => line.startsWith('WRONG'));
    expect(isWell).toBe(wrong.length === 0);
    return { report, wrong: wrong.map((line) => line.replace(/^WRONG +/, '')).join('\n') };
  }

  it('finds all well while the service runs, and while it does not', async () => {
    const running = await ask();
    expect(running.wrong).toBe('');
    for (const about of [
      'configuration',
      'database',
      'schema',
      'safety',
      'clock',
      'owner',
      'port',
      'public address',
      'proxy',
    ])
      expect(running.report).toMatch(new RegExp(`^fine +${about} `, 'm'));
    expect(running.report).toContain('The service answers on port');

    const stopped = await startTestServer();
    const { port } = new URL(stopped.url);
    await stopped.close();
    const { report, wrong } = await ask({ PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` });
    expect(wrong).toBe('');
    expect(report).toContain(`Port ${port} is free`);
    expect(report).toMatch(/^- +public address .* shows only while it runs/m);
  });

  it('names every faulty variable, and never its value', async () => {
    const { report, wrong } = await ask({
      LOG_LEVEL: 'secretive',
      RATE_LIMIT_PER_MINUTE: 'secretive',
    });
    expect(wrong).toMatch(/^configuration +LOG_LEVEL must be one of/m);
    expect(wrong).toMatch(/^configuration +RATE_LIMIT_PER_MINUTE must be a whole number/m);
    expect(report).not.toContain('secretive');
  });

  it.each([
    [
      'a port where nothing answers',
      () => 'postgresql://anteroom_app:hidden@127.0.0.1:1/anteroom',
      'Nothing answers at 127.0.0.1, port 1. Start PostgreSQL',
    ],
    [
      'a host that is not known',
      () => 'postgresql://anteroom_app:hidden@nowhere.invalid/anteroom',
      'The host name nowhere.invalid in DATABASE_URL is not known',
    ],
    [
      'a database that is not there',
      () => anteroom.testDatabase.appUrl.replace(/test_\w+/, 'test_none'),
      'has no database test_none',
    ],
    [
      'a role that is not let in',
      () => anteroom.testDatabase.appUrl.replace('anteroom_app', 'nobody_known'),
      'does not let the role nobody_known in',
    ],
  ])('knows a wrong DATABASE_URL: %s', async (_, url, sentence) => {
    const { report, wrong } = await ask({ DATABASE_URL: url() });
    expect(wrong).toMatch(/^database /);
    expect(wrong).toContain(sentence);
    expect(report).not.toContain('hidden');
  });

  it('knows an owner who cannot sign in', async () => {
    const url = anteroom.testDatabase.ownerUrl.replace('anteroom_owner', 'nobody_known');
    expect((await ask({ MIGRATION_DATABASE_URL: url })).wrong).toMatch(
      /^owner .*role nobody_known.*in MIGRATION_DATABASE_URL/,
    );
  });

  it('knows an unsafe role and unsafe settings', async () => {
    const { superuserUrl, query } = anteroom.testDatabase;
    expect((await ask({ DATABASE_URL: superuserUrl })).wrong).toMatch(/^safety .*is a superuser/);
    const [{ name = '' } = {}] = await query<{ name: string }>('select current_database() as name');
    await query(`alter database ${name} set synchronous_commit = off`);
    const { wrong } = await ask();
    await query(`alter database ${name} reset synchronous_commit`);
    expect(wrong).toMatch(/^safety +synchronous_commit is off.*Set it to on/);
  });

  it('knows a schema that lacks migrations, or is newer', async () => {
    const { query } = anteroom.testDatabase;
    await query(`insert into migrations (name, checksum) values ('9999_later.sql', 'x')`);
    expect((await ask()).wrong).toMatch(/^schema .*newer than this program/);
    await query(`delete from migrations where name = '9999_later.sql'`);
    const [gone] = await query<{ name: string; checksum: string }>(
      `delete from migrations where name like '0003%' returning name, checksum`,
    );
    expect((await ask()).wrong).toMatch(/^schema .*lacks migrations. Run/);
    await query('insert into migrations (name, checksum) values ($1, $2)', [
      gone?.name,
      gone?.checksum,
    ]);
  });

  it('knows clocks that differ', async () => {
    const early = await ask({}, { now: () => Date.now() - 3_600_000 });
    expect(early.wrong).toMatch(/^clock .*is 3[56]\d\d seconds ahead of this machine’s/);
    const late = await ask({}, { now: () => Date.now() + 3_600_000 });
    expect(late.wrong).toMatch(/^clock .*is 3[56]\d\d seconds behind this machine’s/);
  });

  it('knows a port that is not to be had', async () => {
    const other = await listen(createServer((_, reply) => reply.end('hello')));
    expect((await ask({ PORT: portOf(other) })).wrong).toContain(
      `Port ${portOf(other)} is taken by another program. Set PORT`,
    );
    other.close();
    expect((await ask({ HOST: '192.0.2.1' })).wrong).toMatch(
      /^port +HOST \(192.0.2.1\) is no address of this machine/,
    );
  });

  it('knows a PUBLIC_URL that does not reach the service', async () => {
    expect((await ask({ PUBLIC_URL: 'http://127.0.0.1:1' })).wrong).toMatch(
      /^public address .*does not reach the service/,
    );
    const other = await listen(createServer((_, reply) => reply.end('hello')));
    const { wrong } = await ask({ PUBLIC_URL: `http://127.0.0.1:${portOf(other)}` });
    expect(wrong).toMatch(/^public address .*another program answers there, with 200/);
    other.close();
  });

  it('says all at once', async () => {
    const { wrong } = await ask(
      {
        LOG_LEVEL: 'loud',
        DATABASE_URL: `${anteroom.testDatabase.superuserUrl}&options=-c%20synchronous_commit%3Doff`,
        HOST: '192.0.2.1',
      },
      { now: () => 0 },
    );
    expect(wrong.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'configuration',
      'safety',
      'safety',
      'clock',
      'port',
    ]);
  });

  describe('behind a proxy', () => {
    /** Forwards everything to this address, with these lines besides. */
    const startProxy = (to: string, lines: Record<string, string>) =>
      listen(
        createServer((asked, reply) => {
          const headers = { ...asked.headers, ...lines };
          asked.pipe(
            request(`${to}${asked.url}`, { method: asked.method ?? 'GET', headers }, (answer) => {
              reply.writeHead(answer.statusCode ?? 502, answer.headers);
              answer.pipe(reply);
            }),
          );
        }),
      );
    const askThrough = async (to: string, lines: Record<string, string>) => {
      const proxy = await startProxy(to, lines);
      const url = `http://127.0.0.1:${portOf(proxy)}`;
      await setHost(anteroom.organisations[1].id, url);
      const { wrong } = await ask({ PUBLIC_URL: url });
      proxy.close();
      proxy.closeAllConnections();
      return wrong;
    };

    it('knows one that is not trusted, and one that is', async () => {
      const lines = { 'x-forwarded-for': '192.0.2.7' };
      expect(await askThrough(anteroom.url, lines)).toMatch(
        /^proxy +The proxy is not trusted.*TRUSTED_PROXIES/,
      );
      const trusting = (trustedProxies: string[]) =>
        buildServer({
          databaseUrl: anteroom.testDatabase.appUrl,
          log: pino({ level: 'silent' }),
          trustedProxies,
          rateLimitPerMinute: 0,
          sweepEveryMs: 0,
        });
      const [right, other] = await Promise.all([trusting(['127.0.0.1']), trusting(['192.0.2.9'])]);
      const local = { host: '127.0.0.1', port: 0 };
      const url = `http://127.0.0.1:${await right.listen(local)}`;
      const otherUrl = `http://127.0.0.1:${await other.listen(local)}`;
      expect(await askThrough(otherUrl, lines)).toContain('The proxy is not trusted');
      expect(await askThrough(url, lines)).toBe('');
      expect(await askThrough(url, { ...lines, 'x-forwarded-proto': 'https' })).toMatch(
        /^proxy +PUBLIC_URL is http, but its requests look like https/,
      );
      await Promise.all([right.close(), other.close()]);
    });

    it('knows one that changes Host', async () => {
      expect(await askThrough(anteroom.url, { host: 'inside.example' })).toMatch(
        /^proxy .*arrive for another host than 127.0.0.1:\d+.*forward Host unchanged/,
      );
    });
  });
});

describe('the doctor of an embedded database', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'anteroom-doctor-'));
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const ask = (DATA_DIR: string, options: Partial<DoctorOptions> = {}) =>
    diagnose({ environment: { DATA_DIR, PORT: '0' }, ...options });

  it('changes nothing before the first start; afterwards it looks, whether the database runs or not', async () => {
    const data = join(folder, 'data');
    const before = await ask(data);
    expect(before.report).toMatch(/^- +database +There is none yet/m);
    expect(before.isWell).toBe(true);
    await expect(readFile(join(data, 'postgresql', 'PG_VERSION'))).rejects.toThrow('ENOENT');

    const installation = await openInstallation(readConfig({ DATA_DIR: data }), () => {});
    const running = await ask(data);
    expect([running.isWell, running.report]).toEqual([
      true,
      expect.stringMatching(/^fine +safety/m),
    ]);
    await installation.close();
    const stopped = await ask(data);
    expect([stopped.isWell, stopped.report]).toEqual([
      true,
      expect.stringMatching(/^fine +safety/m),
    ]);
    await expect(readFile(join(data, 'postgresql', 'postmaster.pid'))).rejects.toThrow('ENOENT');

    const version = join(installation.dataDirectory as string, 'PG_VERSION');
    await writeFile(version, '17\n');
    const older = await ask(data);
    expect(older.report).toMatch(/^WRONG +database .*is of PostgreSQL 17/m);
    expect(older.isWell).toBe(false);
  }, 90_000);

  it('knows a folder that cannot be written, and a full disk', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const unwritable = await ask(join(file, 'data'));
    expect(unwritable.report).toMatch(
      /^WRONG +folder .*cannot be written \(ENOTDIR\).*set DATA_DIR/m,
    );
    const full = await ask(join(folder, 'new'), { leastFreeBytes: 2 ** 60 });
    expect(full.report).toMatch(/^WRONG +disk .*GiB are free.*delete something/m);
    expect([unwritable.isWell, full.isWell]).toEqual([false, false]);
  });

  it('ends with 1 when something is wrong, and with 0 when not', async () => {
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const run = async (environment: Record<string, string>) => {
      const child = spawn(execPath, [main, 'doctor'], {
        env: { DATA_DIR: join(folder, 'none'), PORT: '0', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });
      const [code] = await once(child, 'close');
      return { code, output };
    };
    const [good, bad] = await Promise.all([run({}), run({ LOG_LEVEL: 'loud' })]);
    expect([good.code, good.output]).toEqual([0, expect.stringContaining('fine   configuration')]);
    expect([bad.code, bad.output]).toEqual([1, expect.stringContaining('WRONG  configuration')]);
  });
});

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server) => String((server.address() as AddressInfo).port);
