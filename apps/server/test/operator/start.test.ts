import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { greeting } from '../../src/operator/greeting.ts';
import {
  openInstallation,
  prepareSandbox,
  settleFirstStart,
} from '../../src/operator/installation.ts';
import { lockServing } from '../../src/platform/database/lock.ts';

describe('the first start', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'anteroom start '));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('makes an organisation, its client and its administrator once, in a path with a space', async () => {
    const config = readConfig({
      DATA_DIR: join(folder, 'data'),
      BOOTSTRAP_CLIENT_ID: 'mine',
      BOOTSTRAP_CLIENT_SECRET: 'a secret of my own',
      BOOTSTRAP_ADMIN_EMAIL: 'Ada@example.org',
      BOOTSTRAP_ADMIN_PASSWORD: 'correct horse battery',
    });
    const installation = await openInstallation(config, () => {});
    try {
      const first = await settleFirstStart(installation, config, 'http://localhost:3000');
      expect(first).toEqual({
        client: { id: 'mine', secret: 'a secret of my own' },
        administrator: { email: 'ada@example.org', password: null },
      });
      expect(await settleFirstStart(installation, config, 'http://localhost:3000')).toBeNull();

      const release = await lockServing(installation.ownerUrl as string, '/the/data', () => {});
      await expect(
        lockServing(installation.ownerUrl as string, '/the/data', () => {}),
      ).rejects.toThrow('Another Anteroom is already running on the data in /the/data.');
      await release();
      const again = await lockServing(installation.ownerUrl as string, '/the/data', () => {});
      await again();

      const sandbox = readConfig({ SANDBOX_CLOCK: '2030-01-01' });
      await expect(prepareSandbox(installation, sandbox, false)).rejects.toThrow(
        'this one already runs in real time',
      );
      // Who serves sees nobody without an organisation; the owner, who looks up for it, does.
      const select = 'select email, role, password_hash from staff';
      expect(await ask(installation.appUrl, select)).toEqual([]);
      expect(await ask(installation.ownerUrl as string, select)).toEqual([
        {
          email: 'ada@example.org',
          role: 'customer_administrator',
          password_hash: expect.stringMatching(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$/),
        },
      ]);
    } finally {
      await installation.close();
    }
  }, 60_000);

  it('works with a database of one’s own, whose owner may only make roles', async () => {
    const name = `own_${process.pid}`;
    const superuserUrl = inject('superuserUrl');
    await ask(superuserUrl, `create role ${name}_owner login createrole`);
    await ask(superuserUrl, `create role ${name}_service login`);
    await ask(superuserUrl, `create database ${name} owner ${name}_owner`);
    const urlOf = (role: string) =>
      superuserUrl.replace(/\/\/postgres@\/postgres/, `//${role}@/${name}`);
    // Roles belong to the whole server, where this run's others have made them already.
    await ask(
      superuserUrl,
      `grant anteroom_lookup to ${name}_owner; grant anteroom_app to ${name}_service`,
    );
    const config = readConfig({
      DATABASE_URL: urlOf(`${name}_service`),
      MIGRATION_DATABASE_URL: urlOf(`${name}_owner`),
    });
    const withoutOwner = readConfig({ DATABASE_URL: urlOf(`${name}_service`) });
    await expect(openInstallation(withoutOwner, () => {})).rejects.toThrow('lacks migrations');
    const installation = await openInstallation(config, () => {});
    expect(await settleFirstStart(installation, config, 'https://own.example.org')).not.toBeNull();
    await installation.close();
    await (await openInstallation(withoutOwner, () => {})).close();
    await ask(superuserUrl, `drop database ${name} with (force)`);
  });
});

describe('the greeting', () => {
  const options = {
    address: 'http://localhost:3000',
    dataDirectory: '/data',
    firstStart: {
      client: { id: 'me', secret: "it's" },
      administrator: { email: 'admin@localhost', password: 'made up' },
    },
    token: 'token',
    sandboxAt: null,
  };

  it('shows the client once, with snippets that hold it', () => {
    const text = greeting(options);
    expect(text).toContain(`-u 'me:it'\\''s'`);
    expect(text).toContain('Bearer token');
    expect(greeting({ ...options, firstStart: null, token: null })).not.toContain('secret  ');
  });

  it('says where staff sign in, and shows a password that was made up once', () => {
    const text = greeting(options);
    expect(text).toContain('http://localhost:3000/portal/');
    expect(text).toMatch(/email +admin@localhost\n +password +made up /);
    const chosen = {
      ...options.firstStart,
      administrator: { email: 'a@b.example', password: null },
    };
    expect(greeting({ ...options, firstStart: chosen })).not.toContain('password');
    const later = greeting({ ...options, firstStart: null, token: null });
    expect(later).toContain('/portal/');
    expect(later).not.toContain('admin@localhost');
  });

  it('has a time to come, in a sandbox by its clock', () => {
    const text = greeting({ ...options, sandboxAt: '2030-01-01T08:00:00.000000Z' });
    expect(text.match(/2030-01-02T08:00:00/g)).toHaveLength(2);
  });
});

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
