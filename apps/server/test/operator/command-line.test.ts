import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { runCommand } from '../../src/operator/command-line.ts';
import { openPage } from '../access/pages.ts';
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
  const secondOrganisation = () => ['--organisation', anteroom.organisations[1].id];
  const firstOrganisation = () => ['--organisation', anteroom.organisations[0].id];

  it('lists what it can do', async () => {
    const help = await run('help');
    for (const word of [
      'serve',
      'migrate',
      'organisations',
      'clients',
      'staff',
      'departments',
      'custom-fields',
      'clock set',
    ]) {
      expect(help).toContain(word);
    }
  });

  it('makes, lists, changes and disables staff, and shows each password once', async () => {
    const here = secondOrganisation();
    await run(
      'departments',
      'create',
      '--name',
      'Interviews',
      '--feature',
      'features_bandwidth=low',
      ...here,
    );
    const made = await run(
      ...['staff', 'create', '--email', 'Zoe@Example.org', '--name', 'Zoë', '--role', 'scheduler'],
      ...['--department', '1', ...here],
    );
    const password = /password {2}(\S{16})/.exec(made)?.[1] as string;
    const page = openPage(anteroom);
    const signIn = (secret: string) =>
      page.call('POST', '/portal/api/session', { email: 'zoe@example.org', password: secret });
    expect((await signIn(password)).json.data.staff).toMatchObject({
      role: 'scheduler',
      departments: [{ id: 1, name: 'Interviews' }],
    });
    const list = await run('staff', 'list', ...here);
    expect(list).toMatch(/zoe@example.org +Zoë +scheduler +1 +live/);
    expect(list).not.toContain(password);
    expect(
      await run('staff', 'list', '--organisation', anteroom.organisations[0].id),
    ).not.toContain('zoe');

    const renewed = await run(
      'staff',
      'set',
      'zoe@example.org',
      '--new-password',
      '--role',
      'agent',
      '--department=',
      ...here,
    );
    expect((await page.call('GET', '/portal/api/session')).status).toBe(401);
    expect((await signIn(password)).status).toBe(401);
    const next = /password {2}(\S{16})/.exec(renewed)?.[1] as string;
    expect((await signIn(next)).json.data.staff).toMatchObject({ role: 'agent', departments: [] });

    await run('staff', 'disable', 'zoe@example.org', ...here);
    expect((await page.call('GET', '/portal/api/session')).status).toBe(401);
    expect((await signIn(next)).status).toBe(401);
    expect(await run('staff', 'list', ...here)).toContain('disabled');
    await run('staff', 'enable', 'zoe@example.org', ...here);
    expect((await signIn(next)).status).toBe(200);
  });

  it('says what is wrong with a staff account', async () => {
    const here = secondOrganisation();
    const create = (...args: string[]) => run('staff', 'create', '--name', 'X', ...args, ...here);
    await expect(create('--email', 'nobody')).rejects.toThrow('--email must be an address');
    await expect(create('--email', 'x@example.org', '--role', 'boss')).rejects.toThrow(
      '--role must be one of',
    );
    await expect(create('--email', 'x@example.org', '--department', '99')).rejects.toThrow(
      '--department must be',
    );
    await create('--email', 'x@example.org');
    await expect(create('--email', 'X@example.org')).rejects.toThrow('already');
    await expect(run('staff', 'disable', 'nobody@example.org', ...here)).rejects.toThrow(
      'There is no staff account',
    );
  });

  it('sets what claimants are shown of an organisation and its departments', async () => {
    const [, { id }] = anteroom.organisations;
    const set = (...args: string[]) => run('organisations', 'set', id, ...args);
    await set(
      '--phone',
      '+442079460100',
      '--privacy-url',
      'https://example.org/privacy',
      '--colour',
      '#1d4ed8',
    );
    await run('departments', 'create', '--name', 'Named', ...secondOrganisation());
    const list = await run('departments', 'list', ...secondOrganisation());
    const department = /^(\d+) +Named/m.exec(list)?.[1] as string;
    await run(
      'departments',
      'set',
      department,
      '--phone',
      '+442079460101',
      '--agent-alias',
      'Your assessor',
      ...secondOrganisation(),
    );
    const stored = () =>
      anteroom.testDatabase.query(
        `select o.phone_number, o.privacy_url, o.colour, d.phone_number as own, d.agent_alias
         from organisations o join departments d on d.organisation_id = o.id and d.id = $2 where o.id = $1`,
        [id, department],
      );
    expect(await stored()).toEqual([
      {
        phone_number: '+442079460100',
        privacy_url: 'https://example.org/privacy',
        colour: '#1d4ed8',
        own: '+442079460101',
        agent_alias: 'Your assessor',
      },
    ]);
    await set('--privacy-url', '');
    expect((await stored())[0]).toMatchObject({ privacy_url: null, colour: '#1d4ed8' });
    await expect(set('--colour', 'red')).rejects.toThrow('--colour must be');
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

  it('keeps a list of hosts for redirects, in the form that browsers have', async () => {
    const url = 'https://redirects.example.org';
    const hosts = '--redirect-hosts';
    const made = await run(
      ...['organisations', 'create', '--name', 'Redirects', '--url', url, hosts, 'WWW.example.org'],
    );
    const id = /[\da-f-]{36}/.exec(made)?.[0] ?? '';
    const set = (list: string) => run('organisations', 'set', id, hosts, list);
    const listed = async () => (await run('organisations', 'list')).split(`${url}  `)[1];
    expect(await listed()).toMatch(/^GB +Europe\/London +www\.example\.org$/m);
    await set('Bücher.example, *.Example.org,ok.example:8443,same.example:443,same.example');
    const kept = 'xn--bcher-kva.example,*.example.org,ok.example:8443,same.example';
    expect(await listed()).toContain(kept);
    await run('organisations', 'set', id, '--name', 'Renamed');
    expect(await listed()).toContain(kept);
    for (const list of [
      'https://a.example',
      'a.example/path',
      'a.example b.example',
      'user@a.example',
      'a.example\\b',
      '*',
      '*.org',
      '*.*.org',
      '*.192.0.2.1',
      'a.*.example',
      'a.example.',
      'a.example:port',
      'a.example,',
      '',
      Array.from({ length: 51 }, (_, n) => `host-${n}.example`).join(','),
    ]) {
      await expect(set(list), list).rejects.toThrow('--redirect-hosts takes at most 50 hosts');
    }
    expect(await listed()).toContain(kept);
    await set('none');
    expect(await listed()).toMatch(/ any$/m);
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

  it('makes, lists, changes and retires custom fields', async () => {
    const url = 'https://fields.example.org';
    const made = await run('organisations', 'create', '--name', 'Fields', '--url', url);
    const id = /[\da-f-]{36}/.exec(made)?.[0] ?? '';
    const fields = (...args: string[]) => run('custom-fields', ...args, '--organisation', id);
    const create = (...args: string[]) => fields('create', '--name', ...args);
    expect(await create('Case', '--type', 'text', '--required')).toContain('custom field 1');
    await create('Reach by', '--type', 'choice', '--choice', 'phone', '--choice', 'letter');
    expect(await fields('list')).toMatch(
      /1 +1 +Case +text +yes +in use\n2 +2 +Reach by +choice +no/,
    );
    await fields('set', '2', '--position', '0', '--choice', 'e-mail', '--required');
    await fields('set', '1', '--no-required', '--retired', '--name', 'File');
    expect(await fields('list')).toMatch(
      /2 +0 +Reach by +choice +yes +in use +e-mail\n1 +1 +File +text +no +retired/,
    );
    await fields('set', '1', '--no-retired');
    expect(await run('custom-fields', 'list', ...firstOrganisation())).not.toContain('File');
    for (const [ask, sentence] of [
      [() => create('File', '--type', 'text'), 'There is a custom field of this name already.'],
      [() => create('x', '--type', 'colour'), '--type must be one of text, number, date'],
      [() => create('x', '--type', 'choice'), 'The type choice needs --choice'],
      [() => create('x', '--type', 'text', '--choice', 'y'), 'the other types take none'],
      [() => create('x', '--type', 'choice', '--choice', 'y', '--choice', 'y'), 'each choice once'],
      [() => create('x'.repeat(256), '--type', 'text'), '--name must have 1 to 255 characters'],
      [() => fields('set', '2', '--position', 'first'), '--position must be a whole number'],
      [() => fields('set', '2', '--type', 'text'), 'The type of a custom field stays'],
      [() => fields('set', '9', '--name', 'x'), 'There is no custom field 9'],
    ] as const) {
      await expect(ask()).rejects.toThrow(sentence);
    }
  });

  it('lets no more custom fields be used than a request can fill', async () => {
    const [, { id }] = anteroom.organisations;
    await anteroom.testDatabase.query(
      `insert into custom_fields (organisation_id, id, name, type, is_required, choices, position)
       select $1, n, 'field ' || n, 'text', false, '{}', n from generate_series(1, 100) n`,
      [id],
    );
    const create = () =>
      run('custom-fields', 'create', '--name', 'One more', '--type', 'text', '--organisation', id);
    await expect(create()).rejects.toThrow('At most 100 custom fields can be in use');
    await run('custom-fields', 'set', '7', '--retired', '--organisation', id);
    expect(await create()).toContain('custom field 101');
    const listed = await anteroom.call('GET', '/api/v1/custom-fields?per_page=100', {
      as: anteroom.organisations[1],
    });
    expect(listed.json.meta.total).toBe(100);
  });

  it('takes a switch back with a blank', async () => {
    const departments = (...args: string[]) => run('departments', ...args, ...firstOrganisation());
    const name = 'features_messages_chat_enable';
    const made = await departments('create', '--name', 'Reviews', '--feature', `${name}=true`);
    const id = /\d+/.exec(made)?.[0] ?? '';
    await departments('set', id, '--feature', 'features_bandwidth=low');
    expect(await departments('list')).toContain(`"${name}":true`);
    await departments('set', id, '--feature', `${name}=`);
    expect(await departments('list')).toMatch(/Reviews +\{"features_bandwidth":"low"\}/);
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
