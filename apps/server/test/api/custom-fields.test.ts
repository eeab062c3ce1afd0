import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCustomField, setCustomField } from '../../src/organisation/index.ts';
import { type Database, openDatabase, type Runner } from '../../src/platform/database/index.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

/** Settings are seen within a second, and later where the machine is busy. */
const soon = { timeout: 10_000 };

describe('custom fields', () => {
  let anteroom: TestServer;
  let owner: Database;
  let first: Runner;
  beforeAll(async () => {
    anteroom = await startTestServer();
    owner = await openDatabase({
      url: anteroom.testDatabase.ownerUrl,
      pipelinedConnections: 1,
      transactionConnections: 1,
    });
    first = owner.in(anteroom.organisations[0].id);
    await createCustomField(first, { name: 'Case', type: 'text', isRequired: true });
    await createCustomField(first, { name: 'Visits', type: 'number' });
    await createCustomField(first, { name: 'Hearing', type: 'date' });
    await createCustomField(first, { name: 'Represented', type: 'boolean' });
    const choices = ['phone', 'letter', '2'];
    await createCustomField(first, { name: 'Reach by', type: 'choice', choices, position: 0 });
    const second = owner.in(anteroom.organisations[1].id);
    await createCustomField(second, { name: 'Elsewhere', type: 'number' });
  });
  afterAll(async () => {
    await owner.close();
    await anteroom.close();
  });

  const list = (query = '', options = {}) =>
    anteroom.call('GET', `/api/v1/custom-fields${query}`, options);
  const create = (data: unknown, options = {}) =>
    anteroom.call('POST', path, {
      body: appointmentBody({ claimant: { name: 'Ada', ...(data === undefined ? {} : { data }) } }),
      ...options,
    });
  const change = (id: string, data: unknown) =>
    anteroom.call('PATCH', `${path}/${id}`, { body: { claimant: { data } } });
  const read = async (id: string) =>
    (await anteroom.call('GET', `${path}/${id}`)).json.data.claimant.data;
  const filed = { id: 1, value: 'B-7' };
  const shown = { ...filed, name: 'Case', type: 'text', required: true };
  /** Makes another field for one test; the server knows of it when this is done. */
  async function another(name: string, more: object = {}): Promise<number> {
    const id = (await createCustomField(first, { name, type: 'text', ...more })) ?? 0;
    await expect.poll(async () => (await list()).text, soon).toContain(name);
    return id;
  }

  it('are listed in their order, with what each takes', async () => {
    await expect.poll(async () => (await list()).json.data.length, soon).toBe(5);
    const { json } = await list();
    const optional = { required: false, choices: [] };
    expect(json.data).toEqual([
      {
        id: 5,
        name: 'Reach by',
        type: 'choice',
        required: false,
        choices: ['phone', 'letter', '2'],
      },
      { id: 1, name: 'Case', type: 'text', required: true, choices: [] },
      { id: 2, name: 'Visits', type: 'number', ...optional },
      { id: 3, name: 'Hearing', type: 'date', ...optional },
      { id: 4, name: 'Represented', type: 'boolean', ...optional },
    ]);
    expect(json.meta).toMatchObject({ total: 5, per_page: 25 });
    expect((await list('?per_page=2&page=3')).json.data).toHaveLength(1);
  });

  it('are shown to their own organisation, to who may read', async () => {
    const other = await list('', { as: anteroom.organisations[1] });
    expect(other.json.data.map(({ name }: { name: string }) => name)).toEqual(['Elsewhere']);
    const token = await anteroom.token(anteroom.organisations[0], ['appointments:write']);
    expect((await list('', { token })).status).toBe(403);
  });

  it('are filled by a new appointment and answered in their order', async () => {
    const answer = await create([
      { id: 4, value: true },
      { id: 2, value: '+007.50' },
      filed,
      { id: 5, value: 2 },
      { id: 3, value: '2031-05-20' },
    ]);
    expect(answer.status).toBe(201);
    expect(answer.json.data.claimant.data).toEqual([
      { id: 5, value: '2', name: 'Reach by', type: 'choice', required: false },
      shown,
      { id: 2, value: '7.5', name: 'Visits', type: 'number', required: false },
      { id: 3, value: '2031-05-20', name: 'Hearing', type: 'date', required: false },
      { id: 4, value: 'true', name: 'Represented', type: 'boolean', required: false },
    ]);
    const one = await anteroom.call('GET', `${path}/${answer.json.data.id}`);
    expect(one.text).toBe(answer.text);
    const events = await anteroom.call('GET', `${path}/${answer.json.data.id}/events`);
    expect(events.text).not.toContain('B-7');
  });

  it('are read from forms', async () => {
    const form = new URLSearchParams({
      reference: 'by-form',
      appointment_at: new Date(Date.now() + 3_600_000).toISOString(),
      duration_in_minutes: '30',
      'claimant[name]': 'Ada',
      'claimant[data][0][id]': '1',
      'claimant[data][0][value]': '007',
      'claimant[data][1][id]': '4',
      'claimant[data][1][value]': '0',
      'claimant[data][2][id]': '2',
      'claimant[data][2][value]': '',
    });
    const answer = await anteroom.call('POST', path, { body: form.toString() });
    expect(answer.json.data.claimant.data).toEqual([
      { ...shown, value: '007' },
      { id: 4, value: 'false', name: 'Represented', type: 'boolean', required: false },
    ]);
  });

  it.each([
    [1, 12, '12'],
    [1, 1.5, '1.5'],
    [1, ' B 7 ', 'B 7'],
    [2, -3, '-3'],
    [2, '-0.0', '0'],
    [2, 0.25, '0.25'],
    [2, '12345678901234567890.125', '12345678901234567890.125'],
    [3, '2028-02-29', '2028-02-29'],
    [4, 'TRUE', 'true'],
    [4, 1, 'true'],
    [4, false, 'false'],
    [5, 'phone', 'phone'],
  ])('keep values in one form: field %j given %j is %j', async (id, value, kept) => {
    const data = id === 1 ? [{ id, value }] : [filed, { id, value }];
    const answer = await create(data);
    expect(answer.status).toBe(201);
    expect(answer.json.data.claimant.data).toContainEqual(
      expect.objectContaining({ id, value: kept }),
    );
  });

  const taken = {
    1: 'text of 1 to 2000 characters for the custom field “Case”.',
    2: 'a number in digits such as 12 or -3.5 for the custom field “Visits”.',
    3: 'a real date such as 2031-05-20 for the custom field “Hearing”.',
    4: 'true or false for the custom field “Represented”.',
    5: 'one of phone, letter, 2 for the custom field “Reach by”.',
  };
  it.each([
    [1, true],
    [1, null],
    [1, '  '],
    [2, 'many'],
    [2, '1e3'],
    [2, '1,5'],
    [2, 2 ** 60],
    [2, 'NaN'],
    [2, true],
    [3, '2027-02-29'],
    [3, '20/05/2031'],
    [3, 20310520],
    [4, 'yes'],
    [4, 2],
    [5, 'Phone'],
    [5, 'pigeon'],
  ] as const)('refuse what is none of theirs: field %j given %j', async (id, value) => {
    const answer = await create(id === 1 ? [{ id, value }] : [filed, { id, value }]);
    const at = `claimant.data.${id === 1 ? 0 : 1}.value`;
    expect([answer.status, answer.json.errors]).toEqual([
      422,
      { [at]: [`${at} must be ${taken[id]}`] },
    ]);
  });

  it('have all their faults told at once, those of the reader among them', async () => {
    const answer = await create([
      { id: 99, value: 'x' },
      { id: 'one', value: 'x' },
      { id: 2, value: { of: 1 } },
      { id: 3, value: 'soon' },
      { id: 3, value: '2031-05-20' },
    ]);
    expect(answer.json.errors).toEqual({
      'claimant.data.0.id': [
        'claimant.data.0.id must be a custom field of this organisation; it has no field 99.',
      ],
      'claimant.data.1.id': ['claimant.data.1.id must be a whole number from 1 to 2147483647.'],
      'claimant.data.2.value': [
        expect.stringMatching(
          /text of at most 2000 characters, a number, true or false, or null\.$/,
        ),
      ],
      'claimant.data.3.value': [`claimant.data.3.value must be ${taken[3]}`],
      'claimant.data.4.id': [
        'claimant.data.4.id must name another custom field than the entries before it; “Hearing” was there already.',
      ],
      'claimant.data': [
        'claimant.data must hold the custom field “Case” (id 1): text of 1 to 2000 characters.',
      ],
    });
  });

  it.each([[undefined], [null], ['']])('must be there when they are required: %j', async (data) => {
    const answer = await create(data);
    expect(answer.status).toBe(422);
    expect(Object.keys(answer.json.errors)).toEqual(['claimant.data']);
  });

  it('are nobody’s but their organisation’s', async () => {
    const as = anteroom.organisations[1];
    expect((await create([filed, { id: 2, value: 1 }], { as })).status).toBe(422);
    const answer = await create([{ id: 1, value: 7 }], { as });
    expect(answer.json.data.claimant.data).toEqual([
      { id: 1, value: '7', name: 'Elsewhere', type: 'number', required: false },
    ]);
  });

  it('are held to the same rules in every row of a bulk request', async () => {
    const row = (data: object[]) => appointmentBody({ claimant: { name: 'Ada', data } });
    const appointments = [row([{ id: 2, value: '+1.0' }, filed]), row([{ id: 2, value: 1 }])];
    const answer = await anteroom.call('POST', `${path}/bulk`, { body: { appointments } });
    const [good, bad] = answer.json.data;
    const shownVisits = { id: 2, value: '1', name: 'Visits', type: 'number', required: false };
    expect(good.data.claimant.data).toEqual([shown, shownVisits]);
    expect(await read(good.data.id)).toEqual([shown, shownVisits]);
    expect([bad.status, Object.keys(bad.errors)]).toEqual([422, ['claimant.data']]);
  });

  it('are replaced as a whole by a change, and left alone by any other', async () => {
    const made = await create([filed, { id: 2, value: 3 }]);
    const { id } = made.json.data;
    await anteroom.call('PATCH', `${path}/${id}`, { body: { claimant: { name: 'Zoë' } } });
    expect(await read(id)).toHaveLength(2);
    const same = await change(id, [{ id: 2, value: '3.0' }, filed]);
    expect(same.headers.get('etag')).toBe('"2"');
    const answer = await change(id, [{ id: 1, value: 'B-8' }]);
    expect(answer.json.data.claimant.data).toEqual([{ ...shown, value: 'B-8' }]);
    expect(answer.headers.get('etag')).toBe('"3"');
    const { json } = await anteroom.call('GET', `${path}/${id}/events`);
    expect(json.data.at(-1).data).toEqual({ fields: ['claimant.data'], values: {} });
    for (const data of [[], null, [{ id: 2, value: 1 }]]) {
      expect(Object.keys((await change(id, data)).json.errors)).toEqual(['claimant.data']);
    }
    expect(await read(id)).toEqual([{ ...shown, value: 'B-8' }]);
  });

  it('can be sent back as they were read, also when a field was retired since', async () => {
    const field = await another('Old one', { isRequired: true });
    const { id } = (await create([filed, { id: field, value: 'kept' }])).json.data;
    const before = await read(id);
    await setCustomField(first, field, { isRetired: true });
    await expect.poll(async () => (await list()).text, soon).not.toContain('Old one');
    expect((await create([filed])).status).toBe(201);
    const after = await read(id);
    expect(after).toEqual(
      before.map((one: object) => ({
        ...one,
        ...('id' in one && one.id === field ? { required: false } : {}),
      })),
    );
    expect((await change(id, after)).headers.get('etag')).toBe('"1"');
    expect((await change(id, [filed])).json.data.claimant.data).toEqual([shown]);
  });

  it('that become required are missed only where values are sent', async () => {
    const field = await another('Newly required');
    const { id } = (await create([filed])).json.data;
    await setCustomField(first, field, { isRequired: true });
    await expect.poll(async () => (await create([filed])).status, soon).toBe(422);
    expect(await read(id)).toEqual([shown]);
    const renamed = await anteroom.call('PATCH', `${path}/${id}`, {
      body: { claimant: { name: 'Zoë' } },
    });
    expect(renamed.status).toBe(200);
    expect((await change(id, [filed])).status).toBe(422);
    await setCustomField(first, field, { isRetired: true });
    await expect.poll(async () => (await create([filed])).status, soon).toBe(201);
  });

  it('show the name of today, and a value that is no longer a choice', async () => {
    const field = await another('Colour', { type: 'choice', choices: ['red', 'blue'] });
    const { id } = (await create([filed, { id: field, value: 'red' }])).json.data;
    await setCustomField(first, field, { name: 'Tone', choices: ['blue'] });
    await expect.poll(async () => (await list()).text, soon).toContain('Tone');
    const expected = { id: field, value: 'red', name: 'Tone', type: 'choice', required: false };
    expect(await read(id)).toContainEqual(expected);
    expect((await change(id, await read(id))).json.errors).toEqual({
      'claimant.data.1.value': [expect.stringContaining('one of blue for the custom field “Tone”')],
    });
  });
});
