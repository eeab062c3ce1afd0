import { scheduleExample } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkOf, makeStaff, openPage } from '../access/pages.ts';
import { appointmentBody, eventually, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';
const extensions = {
  language: 'pl',
  time_zone: 'Europe/Warsaw',
  access_needs: ['captions', 'extra_time'],
  practice: true,
};
const nothingKnown = { agent: null, identity: null, readiness: null, outcome: null };

describe('extensions', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  const create = (body: object, query = '?include=extensions') =>
    anteroom.call('POST', `${path}${query}`, { body: { ...appointmentBody(), ...body } });

  it('are answered only to who asks for them, on every route that shows an appointment', async () => {
    const { json } = await create({ extensions });
    expect(Object.keys(json.data).at(-1)).toBe('extensions');
    expect(json.data.extensions).toEqual({ ...extensions, ...nothingKnown });
    const one = `${path}/${json.data.id}`;
    const asked: [string, string, object?][] = [
      ['GET', one],
      ['PATCH', one, { duration_in_minutes: 31 }],
      ['POST', `${one}/cancel`, {}],
    ];
    for (const [method, address, body] of asked) {
      const plain = await anteroom.call(method, address, { body });
      expect(plain.json.data).not.toHaveProperty('extensions');
      const full = await anteroom.call(method, `${address}?include=extensions`, { body });
      expect(full.json.data.extensions).toEqual({ ...extensions, ...nothingKnown });
    }
    for (const paging of ['', '&cursor=']) {
      const list = await anteroom.call('GET', `${path}?include=extensions${paging}`);
      expect(list.json.data[0].extensions.language).toBe('pl');
      const plain = await anteroom.call('GET', `${path}?sort=-created_at${paging}`);
      expect(plain.json.data[0]).not.toHaveProperty('extensions');
    }
  });

  it('are kept in the addresses of further pages', async () => {
    await create({});
    await create({});
    const list = await anteroom.call('GET', `${path}?include=extensions&per_page=1`);
    const next = new URL(list.json.links.next);
    const second = await anteroom.call('GET', `${next.pathname}${next.search}`);
    expect(second.json.data[0]).toHaveProperty('extensions');
  });

  it('give an appointment to an agent, who has one at a time', async () => {
    const [mine, theirs] = anteroom.organisations;
    const agent = await makeStaff(anteroom, mine, 'agent');
    const foreign = await makeStaff(anteroom, theirs, 'agent');
    const scheduler = await makeStaff(anteroom, mine, 'scheduler');
    const at = (hours: number) => ({
      appointment_at: new Date(Date.now() + hours * 3_600_000).toISOString(),
    });
    const given = { extensions: { agent: agent.id } };
    await eventually(async () => (await create({ ...at(500), ...given })).status === 201);

    const key = { 'idempotency-key': 'an agent of its own' };
    const body = appointmentBody({ ...at(10), ...given });
    const made = await anteroom.call('POST', `${path}?include=extensions`, { body, headers: key });
    expect(made.json.data.extensions.agent).toBe(agent.id);
    expect(made.headers.get('etag')).toBe('"2"');
    const repeated = await anteroom.call('POST', `${path}?include=extensions`, {
      body,
      headers: key,
    });
    expect(repeated.text).toBe(made.text);
    const one = `${path}/${made.json.data.id}`;
    const read = await anteroom.call('GET', `${one}?include=extensions`);
    expect(read.json.data).toEqual(made.json.data);
    expect(read.headers.get('etag')).toBe('"2"');
    const events = await anteroom.call('GET', `${one}/events`);
    expect(events.json.data[1]).toMatchObject({
      type: 'appointment.assigned',
      data: { agent_id: agent.id },
    });

    const taken = await create({ ...at(10.25), ...given });
    expect(taken.status).toBe(422);
    expect(taken.json.errors).toEqual({
      'extensions.agent': [
        'extensions.agent must be an agent who has no other appointment at that time.',
      ],
    });
    for (const nobody of [foreign.id, scheduler.id, made.json.data.id]) {
      const refused = await create({ extensions: { agent: nobody } });
      expect(refused.json.errors['extensions.agent']).toEqual([
        'extensions.agent must be the id of somebody of this organisation who takes calls.',
      ]);
    }
    const other = await create(at(10.25));
    const change = (changes: object, id = other.json.data.id) =>
      anteroom.call('PATCH', `${path}/${id}?include=extensions`, { body: changes });
    expect((await change(given)).json.errors).toHaveProperty('extensions.agent');
    expect((await change({ ...at(11), ...given })).json.data.extensions.agent).toBe(agent.id);
    expect((await change(at(10.25))).json.errors).toHaveProperty('appointment_at');
    expect((await change({ extensions: null })).json.data.extensions.agent).toBeNull();
    expect((await change(at(10.25))).status).toBe(200);

    const bulk = await anteroom.call('POST', `${path}/bulk`, {
      body: { appointments: [appointmentBody(given), appointmentBody()] },
    });
    expect(bulk.json.data.map(({ status }: { status: number }) => status)).toEqual([422, 201]);
  });

  it('say whether who came is known, and whether their devices are ready', async () => {
    const { json } = await create(
      { appointment_at: new Date(Date.now() + 600_000).toISOString() },
      '',
    );
    const [claimant, stranger] = [openPage(anteroom), openPage(anteroom)];
    const extensionsNow = async () =>
      (await anteroom.call('GET', `${path}/${json.data.id}?include=extensions`)).json.data
        .extensions;
    const link = linkOf(json.data.url);
    await stranger.call('POST', '/client-web/api/session', { reference: link.reference });
    await stranger.call('POST', '/client-web/api/visit/knock');
    expect(await extensionsNow()).toMatchObject({ identity: 'unverified', readiness: null });
    await claimant.call('POST', '/client-web/api/session', link);
    const check = {
      ...{ camera: 'ready', microphone: 'failed', speaker: 'ready', connection: 'ready' },
      ...{ problem: 'microphone_blocked', round_trip_ms: 1, loss_percent: 0, rate_kbit_s: 1 },
      browser: 'Firefox 150',
    };
    await claimant.call('POST', '/client-web/api/visit/device-check', check);
    await claimant.call('POST', '/client-web/api/visit/arrive');
    expect(await extensionsNow()).toMatchObject({ identity: 'verified', readiness: 'not_ready' });
    const mended = { ...check, microphone: 'ready', problem: null };
    await claimant.call('POST', '/client-web/api/visit/device-check', mended);
    expect((await extensionsNow()).readiness).toBe('ready');
  });

  it('say nothing where nothing was said', async () => {
    const { json } = await create({});
    const unsaid = { language: null, time_zone: null, access_needs: [], practice: false };
    expect(json.data.extensions).toEqual({ ...unsaid, ...nothingKnown });
  });

  it('are read from forms', async () => {
    const form = new URLSearchParams({
      reference: 'by-form',
      appointment_at: scheduleExample.appointment_at,
      duration_in_minutes: '30',
      'claimant[name]': 'Anna',
      'extensions[language]': 'pt-BR',
      'extensions[access_needs][]': 'large_text',
      'extensions[practice]': '1',
    });
    const answer = await anteroom.call('POST', `${path}?include=extensions`, {
      body: form.toString(),
    });
    expect(answer.json.data.extensions).toMatchObject({
      language: 'pt-BR',
      access_needs: ['large_text'],
      practice: true,
    });
  });

  it('change one by one, are cleared by null, and leave practice as it was', async () => {
    const { json } = await create({ extensions });
    const change = async (body: object) => {
      const address = `${path}/${json.data.id}`;
      const answer = await anteroom.call('PATCH', `${address}?include=extensions`, { body });
      return { ...answer.json.data.extensions, ignored: answer.headers.get('ignored-fields') };
    };
    const plain = { ...nothingKnown, practice: true, ignored: null };
    expect(await change({ extensions: { language: 'de' } })).toEqual({
      ...extensions,
      ...plain,
      language: 'de',
    });
    expect(await change({ extensions: { access_needs: null, practice: false } })).toEqual({
      ...plain,
      language: 'de',
      time_zone: 'Europe/Warsaw',
      access_needs: [],
      ignored: 'extensions.practice',
    });
    expect(await change({ extensions: null })).toEqual({
      ...plain,
      language: null,
      time_zone: null,
      access_needs: [],
    });
    const events = await anteroom.call('GET', `${path}/${json.data.id}/events`);
    expect(
      events.json.data.map(({ data }: { data: { fields?: string[] } }) => data.fields),
    ).toEqual([
      undefined,
      ['extensions.language'],
      ['extensions.access_needs'],
      ['extensions.language', 'extensions.time_zone'],
    ]);
    expect(events.text).not.toContain('Warsaw');
  });

  it('are refused with what would be right', async () => {
    const { status, json } = await create({
      extensions: {
        language: 'not a language',
        time_zone: 'Mars/Olympus',
        access_needs: ['a chair'],
        practice: 'perhaps',
      },
    });
    expect(status).toBe(422);
    expect(json.errors).toEqual({
      'extensions.language': [
        'extensions.language must be a language tag such as pl or pt-BR, or null.',
      ],
      'extensions.time_zone': [
        'extensions.time_zone must be a time zone such as Europe/Warsaw, or null.',
      ],
      'extensions.access_needs.0': [
        'extensions.access_needs.0 must be one of sign_language, captions, large_text, extra_time, text_only, companion.',
      ],
      'extensions.practice': ['extensions.practice must be true or false, or null.'],
    });
    const twice = await create({ extensions: { access_needs: ['captions', 'captions'] } });
    expect(twice.json.errors).toEqual({
      'extensions.access_needs': ['extensions.access_needs must hold each entry only once.'],
    });
    const unknown = await anteroom.call('GET', `${path}?include=everything`);
    expect(unknown.status).toBe(422);
  });

  it('do not let a repeated request show more than the first did, or less', async () => {
    const body = appointmentBody();
    const headers = { 'idempotency-key': 'with-and-without' };
    const plain = await anteroom.call('POST', path, { body, headers });
    expect(plain.status).toBe(201);
    const full = await anteroom.call('POST', `${path}?include=extensions`, { body, headers });
    expect([full.status, full.json.code]).toEqual([422, 'idempotency_key_reused']);
  });
});
