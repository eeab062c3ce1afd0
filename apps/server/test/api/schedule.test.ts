import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

describe('scheduling', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  it('takes the same appointment as JSON, as a form and as multipart', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const form = (reference: string) => ({
      reference,
      appointment_at: at,
      duration_in_minutes: '30',
      is_interpreter_needed: 'TRUE',
      interpreter_language: '',
      'claimant[name]': 'Zoë Ünal',
      'claimant[phone_number]': '020 7123 4567',
      features_messages_chat_enable: '1',
    });
    const multipart = new FormData();
    for (const [name, value] of Object.entries(form('multipart'))) multipart.set(name, value);
    const json = {
      reference: 'json',
      appointment_at: at,
      duration_in_minutes: 30,
      is_interpreter_needed: true,
      interpreter_language: null,
      claimant: { name: 'Zoë Ünal', phone_number: '+442071234567' },
      features_messages_chat_enable: true,
    };
    const answers = await Promise.all([
      anteroom.call('POST', path, { body: json }),
      anteroom.call('POST', path, { body: new URLSearchParams(form('form')).toString() }),
      anteroom.call('POST', path, { body: multipart }),
    ]);
    const comparable = answers.map(({ status, json: { data } }) => ({
      answered: status,
      ...data,
      ...{ id: 0, reference: 0, url: 0, created_at: 0, meeting: 0 },
    }));
    expect(comparable[0].answered).toBe(201);
    expect(comparable[0].claimant.phone_number).toBe('+442071234567');
    expect(comparable[1]).toEqual(comparable[0]);
    expect(comparable[2]).toEqual(comparable[0]);
  });

  it.each([
    ['a boolean as text in JSON', { features_screen_sharing_enable: 'false' }],
    ['a boolean as a number', { features_screen_sharing_enable: 0 }],
    ['a duration as text', { duration_in_minutes: '45' }],
    ['a reference as a number', { reference: 982451653 }],
    ['a time without an offset', { appointment_at: '2035-03-02 14:30' }],
    ['a time with an offset', { appointment_at: '2035-03-02T14:30:00.123456789+05:30' }],
    ['blank text as none', { interpreter_language: '  ', department: '' }],
  ])('reads %s', async (_, changes) => {
    const answer = await anteroom.call('POST', path, { body: appointmentBody(changes) });
    expect(answer.json.errors).toBeUndefined();
    expect(answer.status).toBe(201);
  });

  it('answers times in UTC with microseconds', async () => {
    const body = appointmentBody({ appointment_at: '2035-03-02T14:30:00.123456+05:30' });
    const answer = await anteroom.call('POST', path, { body });
    expect(answer.json.data.appointment_at).toBe('2035-03-02T09:00:00.123456Z');
    expect(answer.json.data.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('reports every fault at once, those of the schema and those of the organisation', async () => {
    const answer = await anteroom.call('POST', path, {
      body: {
        appointment_at: '2035-02-30T10:00:00Z',
        duration_in_minutes: 0,
        department: 'Nowhere',
        features_bandwidth: 'huge',
        features_screen_sharing_enable: 'yes',
        custom_user_post_call_redirect_url: 'javascript:alert(1)',
        claimant: {
          email: 'no address',
          phone_number: '12',
          date_of_birth: '2090-01-01',
          data: [{ id: 7, value: 'x' }],
        },
      },
    });
    expect(answer.status).toBe(422);
    expect(Object.keys(answer.json.errors).sort()).toEqual([
      'appointment_at',
      'claimant.data.0.id',
      'claimant.date_of_birth',
      'claimant.email',
      'claimant.name',
      'claimant.phone_number',
      'custom_user_post_call_redirect_url',
      'department',
      'duration_in_minutes',
      'features_bandwidth',
      'features_screen_sharing_enable',
      'reference',
    ]);
    expect(answer.json.message).toMatch(/ \(and 11 more errors\)$/);
    expect(answer.json.code).toBe('validation_failed');
  });

  it('says of a list that is too long no more than that', async () => {
    const data = Array.from({ length: 9_000 }, () => ({}));
    const answer = await anteroom.call('POST', path, {
      body: appointmentBody({ claimant: { name: 'Ada Example', data } }),
    });
    expect([answer.status, answer.json.errors]).toEqual([
      422,
      { 'claimant.data': ['claimant.data must be a list of at most 100 entries, or null.'] },
    ]);
  });

  it('repeats the beginning of a name that nobody knows, and not all of it', async () => {
    const answer = await anteroom.call('POST', path, {
      body: appointmentBody({ ['x'.repeat(100_000)]: 1 }),
      headers: { prefer: 'handling=strict' },
    });
    const name = 'x'.repeat(200);
    expect([answer.status, answer.json.errors]).toEqual([
      422,
      { [name]: [`${name} is not a known field; leave it out.`] },
    ]);
  });

  it.each([
    ['reference', { reference: 'x'.repeat(192) }],
    ['extensions', { extensions: 'practice' }],
    ['claimant.data.0', { claimant: { name: 'Ada', data: ['x'] } }],
    ['reference', { reference: 'nul\u0000' }],
    ['reference', { reference: 'broken \ud800' }],
    ['reference', { reference: ['a', 'b'] }],
    ['reference', { reference: 2 ** 64 }],
    ['duration_in_minutes', { duration_in_minutes: 30.5 }],
    ['appointment_at', { appointment_at: '2035-08-19' }],
    ['appointment_at', { appointment_at: '2035-08-19 1650' }],
    ['appointment_at', { appointment_at: '2035-08-191650' }],
    ['appointment_at', { appointment_at: '2035-08-19T16:500100' }],
    ['appointment_at', { appointment_at: '2035-08-19T16:50:00+99:99' }],
    [
      'claimant.date_of_birth',
      { claimant: { name: 'A', date_of_birth: new Date().toISOString().slice(0, 10) } },
    ],
    ['duration_in_minutes', { duration_in_minutes: true }],
    ['duration_in_minutes', { duration_in_minutes: 1441 }],
    ['appointment_at', { appointment_at: 1755614292 }],
    ['appointment_at', { appointment_at: '2001-01-01T00:00:00Z' }],
    ['appointment_at', { appointment_at: '99999-01-01T00:00:00Z' }],
    ['claimant', { claimant: 'Ada' }],
    ['claimant.name', { claimant: { name: '   ' } }],
    ['claimant.name', { claimant: { name: { toString: 'x' } } }],
    [
      'custom_agent_post_call_redirect_url',
      { custom_agent_post_call_redirect_url: 'http://example.org' },
    ],
    ['department_id', { department_id: 999 }],
  ])('refuses a bad %s and says what would be right', async (field, changes) => {
    const answer = await anteroom.call('POST', path, { body: appointmentBody(changes) });
    expect(answer.status).toBe(422);
    expect(Object.keys(answer.json.errors)).toEqual([field]);
    expect(answer.json.errors[field][0]).toContain(field);
    expect(answer.json.message).toBe(answer.json.errors[field][0]);
  });

  it('refuses a field that a form sends twice', async () => {
    const body = `${new URLSearchParams({ duration_in_minutes: '30', 'claimant[name]': 'A', appointment_at: '2035-01-01T10:00' })}&reference=a&reference=b`;
    const answer = await anteroom.call('POST', path, { body });
    expect(answer.json.errors).toEqual({
      reference: ['reference was sent more than once; send it once.'],
    });
  });

  it('names unknown fields and ignores them, or refuses them when asked to be strict', async () => {
    const unknown = { 'snow ☃\r\nman': 1, status: 'completed', id: 'x', __proto__x: 1 };
    const lenient = await anteroom.call('POST', path, { body: appointmentBody(unknown) });
    expect(lenient.status).toBe(201);
    expect(lenient.json.data.status).toBe('scheduled');
    const named = lenient.headers.get('ignored-fields')?.split(', ').map(decodeURIComponent);
    expect(named).toEqual(['snow ☃\r\nman', 'status', 'id', '__proto__x']);
    const strict = await anteroom.call('POST', path, {
      body: appointmentBody(unknown),
      headers: { prefer: 'handling=strict' },
    });
    expect(strict.status).toBe(422);
    expect(Object.keys(strict.json.errors)).toEqual([
      'snow ☃\r\nman',
      'status',
      'id',
      '__proto__x',
    ]);
  });

  it('refuses a reference that is taken and names the appointment that has it', async () => {
    const body = appointmentBody();
    const first = await anteroom.call('POST', path, { body });
    const second = await anteroom.call('POST', path, { body });
    expect(second.status).toBe(422);
    expect(second.json).toMatchObject({ code: 'reference_taken', existing_id: first.json.data.id });
    const elsewhere = await anteroom.call('POST', path, { body, as: anteroom.organisations[1] });
    expect(elsewhere.status).toBe(201);
  });

  it('gives a repetition with the same key the same bytes, and refuses another body', async () => {
    const headers = { 'idempotency-key': 'key one' };
    const body = appointmentBody();
    const first = await anteroom.call('POST', path, { body, headers });
    const again = await anteroom.call('POST', path, { body, headers });
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    const other = await anteroom.call('POST', path, { body: appointmentBody(), headers });
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused']);
    const bad = await anteroom.call('POST', path, { body, headers: { 'idempotency-key': '' } });
    expect(bad.json.errors).toHaveProperty('Idempotency-Key');
  });

  it('does not keep a refusal under the key', async () => {
    const headers = { 'idempotency-key': 'key two' };
    const refused = await anteroom.call('POST', path, { body: {}, headers });
    expect(refused.status).toBe(422);
    const mended = await anteroom.call('POST', path, { body: appointmentBody(), headers });
    expect(mended.status).toBe(201);
  });

  it('shows the host’s key and the claimant’s token only to those who may see them', async () => {
    const created = await anteroom.call('POST', path, { body: appointmentBody() });
    const { id, url, meeting } = created.json.data;
    const [organisation] = anteroom.organisations;
    const reader = await anteroom.token(organisation, ['appointments:read']);
    const read = await anteroom.call('GET', `${path}/${id}`, { token: reader });
    expect(read.json.data.url).toBe(url.split('#')[0]);
    expect(read.json.data.meeting.room_url).toBe(meeting.room_url.replace(/roomKey=[^&]*&/, ''));
    const refused = await anteroom.call('POST', path, { token: reader, body: appointmentBody() });
    expect([refused.status, refused.json.code]).toEqual([403, 'missing_scope']);
  });

  it('takes the switches from request, department, organisation and default, in this order', async () => {
    const [{ id }] = anteroom.organisations;
    const { query } = anteroom.testDatabase;
    await query(
      `update organisations set features = '{"features_messages_chat_enable": true, "features_bandwidth": "low"}' where id = $1`,
      [id],
    );
    await query(
      `insert into departments (organisation_id, id, name, features)
       values ($1, 1, 'Assessments', '{"features_bandwidth": "high", "features_screen_sharing_enable": true}')`,
      [id],
    );
    // Settings may be a second old.
    await expect
      .poll(async () => {
        const body = appointmentBody({
          department: 'Assessments',
          features_screen_sharing_enable: false,
        });
        return (await anteroom.call('POST', path, { body })).json.data;
      })
      .toMatchObject({
        department: { id: 1, name: 'Assessments' },
        features_messages_chat_enable: true,
        features_bandwidth: 'high',
        features_screen_sharing_enable: false,
        features_microphone_access_enable: true,
      });
    const byId = await anteroom.call('POST', path, { body: appointmentBody({ department: '1' }) });
    expect(byId.json.data.department).toEqual({ id: 1, name: 'Assessments' });
  });
});
