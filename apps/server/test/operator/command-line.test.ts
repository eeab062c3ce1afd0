import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { runCommand } from '../../src/operator/command-line.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

describe('the command line', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: '2030-01-01T08:00:00Z' });
  });
  afterAll(() => anteroom.close());

  const run = (...args: string[]) =>
    runCommand(
      args,
      readConfig({
        DATABASE_URL: anteroom.testDatabase.appUrl,
        MIGRATION_DATABASE_URL: anteroom.testDatabase.ownerUrl,
      }),
    );
  const firstOrganisation = () => ['--organisation', anteroom.organisations[0].id];

  it('lists what it can do', async () => {
    const help = await run('help');
    for (const word of [
      'serve',
      'migrate',
      'organisations',
      'clients',
      'departments',
      'clock set',
    ]) {
      expect(help).toContain(word);
    }
  });

  it('makes, lists and changes organisations', async () => {
    const made = await run(
      'organisations',
      'create',
      '--name',
      'Third',
      '--url',
      'https://third.example.org/',
    );
    const id = /[\da-f-]{36}/.exec(made)?.[0] as string;
    expect(await run('organisations', 'list')).toContain('https://third.example.org');
    await run(
      'organisations',
      'set',
      id,
      '--name',
      'Renamed',
      '--feature',
      'features_bandwidth=low',
    );
    expect(await run('organisations', 'list')).toContain('Renamed');
    await expect(
      run('organisations', 'create', '--name', 'X', '--url', 'https://third.example.org'),
    ).rejects.toThrow('Another organisation has this address already.');
    await expect(
      run('organisations', 'set', id, '--feature', 'features_bandwidth=huge'),
    ).rejects.toThrow('features_bandwidth must be one of low, medium, high');
  });

  it('makes clients that work, with a second secret for rotation, and revokes them within a second', async () => {
    const made = await run(
      'clients',
      'create',
      '--name',
      'Clinic',
      '--scope',
      'appointments:read',
      ...firstOrganisation(),
    );
    const [, clientId = ''] = /id\s+(\S+)/.exec(made) ?? [];
    const [, clientSecret = ''] = /secret\s+(\S+)/.exec(made) ?? [];
    const organisation = { ...anteroom.organisations[0], clientId, clientSecret };
    const token = await anteroom.token(organisation, ['appointments:read']);
    expect((await anteroom.call('GET', '/api/v1/appointments', { token })).status).toBe(200);

    const rotated = await run('clients', 'rotate', clientId, ...firstOrganisation());
    const [, second = ''] = /secret\s+(\S+)/.exec(rotated) ?? [];
    for (const secret of [clientSecret, second]) {
      expect(
        await anteroom.token({ ...organisation, clientSecret: secret }, ['appointments:read']),
      ).toBeTruthy();
    }
    await run('clients', 'rotate', clientId, ...firstOrganisation());
    expect(await anteroom.token(organisation, ['appointments:read'])).toBeUndefined();

    await run('clients', 'revoke', clientId, ...firstOrganisation());
    await expect
      .poll(async () => (await anteroom.call('GET', '/api/v1/appointments', { token })).status)
      .toBe(401);
    expect(await run('clients', 'list', ...firstOrganisation())).toMatch(/Clinic\s+revoked/);
  });

  it('makes departments and asks which organisation is meant', async () => {
    await run('departments', 'create', '--name', 'Assessments', ...firstOrganisation());
    expect(await run('departments', 'list', ...firstOrganisation())).toMatch(/1\s+Assessments/);
    await expect(
      run('departments', 'create', '--name', 'Assessments', ...firstOrganisation()),
    ).rejects.toThrow('There is a department of this name already.');
    await expect(run('departments', 'list')).rejects.toThrow('--organisation');
  });

  it('moves the sandbox’s clock forward only, and sweeps before it answers', async () => {
    const body = appointmentBody({ appointment_at: '2030-01-01T10:00:00Z' });
    const { id } = (await anteroom.call('POST', '/api/v1/appointments', { body })).json.data;
    expect(await run('clock', 'set', '2030-01-02T09:00:00Z')).toContain(
      '1 appointments were moved',
    );
    const read = await anteroom.call('GET', `/api/v1/appointments/${id}`);
    expect(read.json.data.status).toBe('no_show');
    await expect(run('clock', 'set', '2030-01-01T00:00:00Z')).rejects.toThrow('forward only');
    const later = await anteroom.call('POST', '/api/v1/appointments', {
      body: appointmentBody({ appointment_at: '2030-01-03T10:00:00Z' }),
    });
    expect(later.json.data.created_at).toBe('2030-01-02T09:00:00.000000Z');
  });

  it.each([
    [['sing'], 'There is no command “sing”'],
    [['clients', 'create'], 'This command needs --name'],
    [['clients', 'revoke', 'nobody'], 'There is no client nobody'],
    [['clients', 'create', '--name', 'x', '--scope', 'all'], 'There is no scope all'],
    [['clients', 'list', '--loud'], "Unknown option '--loud'"],
    [['organisations', 'create', '--name', 'x', '--url', 'nowhere'], '--url must be an address'],
  ])('says in one sentence what is wrong with %j', async (args, sentence) => {
    const words = args[0] === 'clients' ? [...args, ...firstOrganisation()] : args;
    await expect(run(...words)).rejects.toThrow(sentence);
  });
});
