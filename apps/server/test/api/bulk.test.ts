import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/server.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const single = '/api/v1/appointments';
const path = `${single}/bulk`;
const at = '2035-03-02T14:30:00Z';

const rowsOf = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => appointmentBody({ reference: `${prefix}-${index}` }));

/** The form's text of a bulk with these rows. */
function formOf(rows: Record<string, string>[]): string {
  const pairs = new URLSearchParams();
  for (const [index, row] of rows.entries()) {
    for (const [key, value] of Object.entries(row)) {
      pairs.append(`appointments[${index}]${key}`, value);
    }
  }
  return pairs.toString();
}

describe('scheduling in bulk', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  const bulk = (appointments: unknown[], options: Parameters<TestServer['call']>[2] = {}) =>
    anteroom.call('POST', path, { body: { appointments }, ...options });
  const statusesOf = (answer: { json: { data: { status: number }[] } }) =>
    answer.json.data.map(({ status }) => status);
  const countLike = async (pattern: string) =>
    (
      await anteroom.testDatabase.query<{ count: number }>(
        'select count(*)::int as count from appointments where reference like $1',
        [pattern],
      )
    )[0]?.count;

  it('says of every row what became of it, in their order, and lets the good ones stand', async () => {
    const rows = [
      appointmentBody({ reference: 'mixed-0' }),
      { reference: 'mixed-1' },
      appointmentBody({ reference: 'mixed-2', claimant: { name: 'Zoë', email: 'no address' } }),
      appointmentBody({ reference: 'mixed-3' }),
      'no object',
      null,
      [],
    ];
    const answer = await bulk(rows);
    expect(answer.status).toBe(200);
    expect(statusesOf(answer)).toEqual([201, 422, 422, 201, 422, 422, 422]);
    const { data } = answer.json;
    expect(data[3].data.reference).toBe('mixed-3');
    expect(Object.keys(data[1].errors)).toEqual([
      'appointment_at',
      'duration_in_minutes',
      'claimant.name',
    ]);
    expect(data[1].message).toMatch(/^appointment_at is required: .* \(and 2 more errors\)$/);
    expect(data[2].errors).toEqual({ 'claimant.email': [expect.stringContaining('an email')] });
    expect(data[4].errors).toEqual({
      body: ['body must be an object with fields such as reference.'],
    });
    const read = await anteroom.call('GET', `${single}/${data[0].data.id}`);
    expect(read.json.data).toEqual(data[0].data);
    expect(await countLike('mixed-%')).toBe(2);
    const elsewhere = await anteroom.call('GET', single, { as: anteroom.organisations[1] });
    expect(elsewhere.json.data).toEqual([]);
  });

  it('answers each row as a single create answers the same body', async () => {
    const [one, other] = anteroom.organisations;
    for (const { id } of [one, other]) {
      await anteroom.testDatabase.query(
        `insert into departments (organisation_id, id, name, features)
         values ($1, 1, 'Assessments', '{"features_bandwidth": "high"}')`,
        [id],
      );
    }
    const known = { appointment_at: at, duration_in_minutes: 30, claimant: { name: 'Ada' } };
    // Settings may be a second old.
    await expect
      .poll(async () => {
        const body = { ...known, reference: '', department: 'Assessments' };
        const answers = await Promise.all([
          anteroom.call('POST', single, { body, as: one }),
          anteroom.call('POST', single, { body, as: other }),
        ]);
        return answers.map(({ json }) => 'department' in json.errors);
      })
      .toEqual([false, false]);
    const bodies: unknown[] = [
      known,
      { ...known, department: 'Assessments' },
      { ...known, department_id: '1', features_bandwidth: '' },
      { ...known, department: 'Nowhere', department_id: 7 },
      { ...known, features_screen_sharing_enable: 'TRUE', features_messages_chat_enable: 0 },
      { ...known, features_screen_sharing_enable: 'yes' },
      { ...known, appointment_at: '2035-08-19 16:50', duration_in_minutes: '1440' },
      { ...known, appointment_at: '2001-01-01T00:00:00Z' },
      { ...known, appointment_at: '2035-08-19' },
      { ...known, duration_in_minutes: 1441 },
      { ...known, claimant: { name: 'Zoë "Ünal", {\\}', phone_number: '020 7123 4567' } },
      { ...known, claimant: { name: 'A', date_of_birth: '1990-02-30', phone_number: '12' } },
      { ...known, claimant: { name: 'A', data: [{ id: 7, value: 'x' }] } },
      { ...known, claimant: { name: 'null' }, interpreter_language: 'NULL' },
      { ...known, claimant: 'Ada' },
      { ...known, interpreter_language: '  ', is_interpreter_needed: '1' },
      { ...known, custom_user_post_call_redirect_url: 'https://www.example.org/a,b"c' },
      { ...known, custom_agent_post_call_redirect_url: 'http://example.org' },
      { ...known, extensions: { language: 'pl', access_needs: ['captions', 'text_only'] } },
      { ...known, extensions: { practice: true, time_zone: 'Nowhere/Atall' } },
      { ...known, extensions: { access_needs: ['captions', 'captions'] } },
      { ...known, reference: 'x'.repeat(192) },
      { ...known, reference: 2 ** 40 },
      { ...known, reference: 'nul\u0000' },
      { ...known, nickname: 'A', status: 'completed' },
      {},
      7,
      'text',
      [],
    ].map((body, index) =>
      typeof body === 'object' && !Array.isArray(body)
        ? { reference: `same-${index}`, ...body }
        : body,
    );
    // Whatever is random or depends on the organisation and the instant.
    const comparable = (text: string) =>
      text
        .replaceAll(/"(id|room_name|created_at|start_date)":"[^"]*"/g, '"$1":""')
        .replaceAll(/visits-\d|#\w{26}|meet\/[\w-]{36}|roomKey=[^&]*/g, '');
    for (const prefer of ['handling=lenient', 'handling=strict']) {
      const rows = bodies.map((body) =>
        prefer.endsWith('strict') && typeof body === 'object' && body && 'reference' in body
          ? { ...body, reference: `strict-${body.reference}` }
          : body,
      );
      const headers = { prefer };
      const answer = await anteroom.call('POST', `${path}?include=extensions`, {
        body: { appointments: rows },
        headers,
        as: one,
      });
      expect(answer.status).toBe(200);
      const singles = [];
      for (const body of rows) {
        // Nothing but an object or a list is JSON to every client.
        const { status, json } = await anteroom.call('POST', `${single}?include=extensions`, {
          body: typeof body === 'string' ? undefined : body,
          headers,
          as: other,
        });
        const { request_id: _, ...rest } = json;
        singles.push(typeof body === 'string' ? null : { status, ...rest });
      }
      for (const [index, expected] of singles.entries()) {
        if (!expected) continue;
        const told = answer.json.data[index];
        expect(comparable(JSON.stringify(told))).toBe(comparable(JSON.stringify(expected)));
      }
    }
  });

  it('names the fields that it ignored, or refuses their rows when asked to be strict', async () => {
    const rows = () => [
      appointmentBody(),
      appointmentBody({ nickname: 'A', claimant: { name: 'B', 'sn☃w': 1 } }),
    ];
    const named = ['x', 'appointments.1.claimant.sn☃w', 'appointments.1.nickname'];
    const lenient = await anteroom.call('POST', path, { body: { appointments: rows(), x: 1 } });
    expect(statusesOf(lenient)).toEqual([201, 201]);
    const header = lenient.headers.get('ignored-fields')?.split(', ').map(decodeURIComponent);
    expect(header).toEqual(named);
    const headers = { prefer: 'handling=strict' };
    const strict = await bulk(rows(), { headers });
    expect(statusesOf(strict)).toEqual([201, 422]);
    expect(strict.json.data[1].errors).toEqual({
      'claimant.sn☃w': ['claimant.sn☃w is not a known field; leave it out.'],
      nickname: ['nickname is not a known field; leave it out.'],
    });
    const whole = await anteroom.call('POST', path, {
      body: { appointments: rows(), x: 1 },
      headers,
    });
    expect([whole.status, Object.keys(whole.json.errors)]).toEqual([422, ['x']]);
  });

  it('refuses references that are taken or repeated, and names who has them', async () => {
    const [taken, repeated] = [appointmentBody(), appointmentBody()];
    const first = await anteroom.call('POST', single, { body: taken });
    const answer = await bulk([
      { ...repeated, duration_in_minutes: 0 },
      repeated,
      taken,
      { ...repeated, duration_in_minutes: 31 },
      appointmentBody(),
      taken,
    ]);
    expect(statusesOf(answer)).toEqual([422, 201, 422, 422, 201, 422]);
    const { data } = answer.json;
    const own = data[1].data.id;
    expect([2, 3, 5].map((index) => data[index])).toMatchObject([
      { code: 'reference_taken', existing_id: first.json.data.id },
      { code: 'reference_taken', existing_id: own },
      { code: 'reference_taken', existing_id: first.json.data.id },
    ]);
    const again = await anteroom.call('POST', single, { body: repeated });
    const { request_id: _, ...refusal } = again.json;
    expect({ status: 422, ...refusal }).toEqual(data[3]);
    const elsewhere = await bulk([taken, repeated], { as: anteroom.organisations[1] });
    expect(statusesOf(elsewhere)).toEqual([201, 201]);
  });

  it('takes five hundred rows, those of one reference wherever they stand', async () => {
    const rows = rowsOf(500, 'many');
    for (const index of [7, 99, 100, 499]) rows[index] = { ...rows[6] };
    rows[250] = { reference: 'many-bad' };
    const answer = await bulk(rows);
    const bad = [7, 99, 100, 250, 499];
    expect(statusesOf(answer)).toEqual(rows.map((_, index) => (bad.includes(index) ? 422 : 201)));
    expect(answer.json.data[499].existing_id).toBe(answer.json.data[6].data.id);
    expect(await countLike('many-%')).toBe(495);
    const list = await anteroom.call('GET', `${single}?sort=created_at&per_page=100`);
    const inOrder = list.json.data.map(({ reference }: { reference: string }) => reference);
    const listed = inOrder.filter((reference: string) => reference.startsWith('many-'));
    expect(listed).toEqual(
      rows
        .filter((_, index) => !bad.includes(index))
        .slice(0, listed.length)
        .map(({ reference }) => reference),
    );
  });

  it.each([
    ['501 rows', { appointments: Array(501).fill({}) }, 'must be'],
    ['no rows', { appointments: [] }, 'must be'],
    ['no list', {}, 'is required:'],
    ['null', { appointments: null }, 'is required:'],
    ['a word', { appointments: 'all' }, 'must be'],
    ['a row alone', { appointments: appointmentBody() }, 'must be'],
  ])('refuses %s as a whole', async (_, body, says) => {
    const answer = await anteroom.call('POST', path, { body });
    expect(answer.status).toBe(422);
    expect(answer.json.errors).toEqual({
      appointments: [`appointments ${says} a list of 1 to 500 entries.`],
    });
  });

  it('writes the same event for each row as a single create', async () => {
    const rows = [appointmentBody(), { reference: 'bad' }, appointmentBody()];
    const answer = await bulk(rows);
    const alone = await anteroom.call('POST', single, {
      body: appointmentBody({ ...rows[0], reference: 'alone' }),
    });
    const eventsOf = async (id: string) =>
      (await anteroom.call('GET', `${single}/${id}/events`)).json.data;
    const [expected, ...none] = await eventsOf(alone.json.data.id);
    expect(none).toEqual([]);
    for (const index of [0, 2]) {
      const { data } = answer.json.data[index];
      const told = { ...expected.data, appointment_at: data.appointment_at };
      expect(await eventsOf(data.id)).toEqual([
        { ...expected, occurred_at: data.created_at, data: told },
      ]);
    }
  });

  it('reads forms and multipart like JSON, short and long', async () => {
    const row = (reference: string, minutes = '30') => ({
      '[reference]': reference,
      '[appointment_at]': '2035-03-02T14:30:00+05:30',
      '[duration_in_minutes]': minutes,
      '[claimant][name]': 'Zoë & Ünal',
      '[claimant][data][0][value]': 'Sent alone',
      '[extensions][access_needs][]': 'captions',
    });
    // The second count is beyond what is read in one go.
    for (const count of [2, 300]) {
      const form = (prefix: string) =>
        formOf([
          ...Array.from({ length: count }, (_, index) => row(`${prefix}-${count}-${index}`)),
          row('', 'long'),
        ]);
      const multipart = new FormData();
      for (const [key, value] of new URLSearchParams(form('multipart'))) {
        if (!key.includes('[data]')) multipart.append(key, value);
      }
      const faulty = await anteroom.call('POST', path, { body: form('faulty') });
      const { data } = faulty.json;
      expect(data).toHaveLength(count + 1);
      expect(Object.keys(data[count - 1].errors)).toEqual(['claimant.data.0.id']);
      const paths = ['claimant.data.0.id', 'duration_in_minutes', 'reference'];
      expect(Object.keys(data[count].errors).toSorted()).toEqual(paths);
      const good = form('form').replaceAll(/&[^&]*%5Bdata%5D[^&]*/g, '');
      for (const [prefix, body] of [['form', good] as const, ['multipart', multipart] as const]) {
        const answer = await anteroom.call('POST', path, { body });
        expect(statusesOf(answer)).toEqual([...Array(count).fill(201), 422]);
        expect(answer.json.data[count - 1].data).toMatchObject({
          reference: `${prefix}-${count}-${count - 1}`,
          appointment_at: '2035-03-02T09:00:00.000000Z',
          claimant: { name: 'Zoë & Ünal' },
        });
      }
    }
  });

  it('takes 2 MiB where a single create takes 256 KiB, and says so of each', async () => {
    const long = 'x'.repeat(300_000);
    const wide = await bulk([appointmentBody({ ignored: long })]);
    expect(statusesOf(wide)).toEqual([201]);
    const answers = [
      await bulk([appointmentBody({ ignored: long.repeat(7) })]),
      await anteroom.call('POST', path, { body: `appointments[0][x]=${long.repeat(7)}` }),
      await anteroom.call('POST', single, { body: appointmentBody({ ignored: long }) }),
    ];
    expect(answers.map(({ status, json }) => [status, json.code, json.message])).toEqual([
      [413, 'body_too_large', 'The body is too large: at most 2 MiB.'],
      [413, 'body_too_large', 'The body is too large: at most 2 MiB.'],
      [413, 'body_too_large', 'The body is too large: at most 256 KiB.'],
    ]);
  });

  it('asks for the scope to write, and shows the host’s key only to those who may see it', async () => {
    const [organisation] = anteroom.organisations;
    const reader = await anteroom.token(organisation, ['appointments:read', 'meetings:host']);
    const refused = await bulk([appointmentBody()], { token: reader });
    expect([refused.status, refused.json.code]).toEqual([403, 'missing_scope']);
    const writer = await anteroom.token(organisation, ['appointments:write']);
    const answer = await bulk([appointmentBody()], { token: writer });
    expect(answer.json.data[0].data.url).toMatch(/#\w{26}$/);
    expect(answer.json.data[0].data.meeting.room_url).not.toContain('roomKey');
  });

  it('gives a repetition with the same key the same bytes, and refuses another body', async () => {
    const headers = { 'idempotency-key': 'bulk one' };
    const rows = [appointmentBody({ nickname: 'A' }), {}, appointmentBody()];
    const first = await bulk(rows, { headers });
    const again = await bulk(rows, { headers });
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('ignored-fields')).toBe('appointments.0.nickname');
    const other = await bulk([...rows, {}], { headers });
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_key_reused']);
    const elsewhere = await bulk(rows, { headers, as: anteroom.organisations[1] });
    expect(elsewhere.headers.get('idempotency-replayed')).toBeNull();
  });

  it('gives a row whose entry code is taken another one', async () => {
    const { query } = anteroom.testDatabase;
    await query('create sequence collisions');
    await query(`create function collide() returns trigger language plpgsql as $$
      begin
        if nextval('collisions') <= 3 then new.entry_code := '0000000000'; end if;
        return new;
      end $$`);
    await query('grant usage on sequence collisions to anteroom_app');
    await query(`create trigger collide before insert on appointments
      for each row execute function collide()`);
    try {
      const answer = await bulk(rowsOf(5, 'collide'));
      expect(statusesOf(answer)).toEqual(Array(5).fill(201));
      const stored = await query<{ codes: number; events: number }>(
        `select count(distinct entry_code)::int as codes,
           (select count(*)::int from events where appointment_id in
             (select id from appointments where reference like 'collide-%')) as events
         from appointments where reference like 'collide-%'`,
      );
      expect(stored).toEqual([{ codes: 5, events: 5 }]);
      const read = await anteroom.call('GET', `${single}/${answer.json.data[2].data.id}`);
      expect(read.json.data).toEqual(answer.json.data[2].data);
    } finally {
      await query('drop trigger collide on appointments');
    }
  });

  it('leaves nothing of a bulk that fails at its end, and says that it failed', async () => {
    const { query } = anteroom.testDatabase;
    await query(`create function fail() returns trigger language plpgsql as $$
      begin raise exception 'no'; end $$`);
    // Asked at the commit, when all is written: the answer for a repetition as well.
    await query(`create constraint trigger fail after insert on appointments
      deferrable initially deferred for each row when (new.reference = 'fails-299') execute function fail()`);
    const headers = { 'idempotency-key': 'fails' };
    const rows = rowsOf(300, 'fails');
    try {
      const answer = await bulk(rows, { headers });
      expect([answer.status, answer.json.code]).toEqual([500, 'internal_error']);
      expect(await countLike('fails-%')).toBe(0);
    } finally {
      await query('drop trigger fail on appointments');
    }
    const again = await bulk(rows, { headers });
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(statusesOf(again)).toEqual(Array(300).fill(201));
    expect(await countLike('fails-%')).toBe(300);
  });
});

describe('bulks at the same time', () => {
  let anteroom: TestServer;
  let second: Awaited<ReturnType<typeof buildServer>>;
  let urls: [string, string];
  beforeAll(async () => {
    anteroom = await startTestServer();
    second = await buildServer({
      databaseUrl: anteroom.testDatabase.appUrl,
      log: pino({ level: 'silent' }),
      trustedProxies: [],
      rateLimitPerMinute: 0,
      sweepEveryMs: 0,
    });
    const port = await second.listen({ host: '127.0.0.1', port: 0 });
    urls = [anteroom.url, `http://127.0.0.1:${port}`];
  });
  afterAll(async () => {
    await second.close();
    await anteroom.close();
  });

  async function bulkAt(url: string, appointments: unknown[], headers = {}) {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${anteroom.organisations[0].token}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify({ appointments }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
  }

  it.each(['one server', 'two servers'])(
    'with one key make their rows once, on %s',
    async (where) => {
      const rows = rowsOf(250, where);
      const headers = { 'idempotency-key': where };
      const [one, other] = urls;
      const [first, again] = await Promise.all([
        bulkAt(one, rows, headers),
        bulkAt(where === 'one server' ? one : other, rows, headers),
      ]);
      expect([first.status, again.status]).toEqual([200, 200]);
      expect(again.text).toBe(first.text);
      expect(first.json.data.map(({ status }: { status: number }) => status)).toEqual(
        Array(250).fill(201),
      );
      const replayed = [first, again].map((answer) => answer.headers.get('idempotency-replayed'));
      expect(replayed.toSorted()).toEqual(['true', null].toSorted());
    },
  );

  it('on two servers with the same references make each of them once', async () => {
    const rows = rowsOf(300, 'contested');
    // On a loaded machine one may wait longer for the other than a lock may be waited for: 503, again.
    const insist: typeof bulkAt = async (...asked) => {
      const answer = await bulkAt(...asked);
      return answer.status === 503 ? insist(...asked) : answer;
    };
    const [there, back] = await Promise.all([
      insist(urls[0], rows),
      insist(urls[1], rows.toReversed()),
    ]);
    expect([there.status, back.status]).toEqual([200, 200]);
    const told = rows.map((_, index) => [there.json.data[index], back.json.data[299 - index]]);
    for (const pair of told) {
      expect(pair.map(({ status }) => status).toSorted()).toEqual([201, 422]);
      const [made, refused] = pair[0].status === 201 ? pair : pair.toReversed();
      expect(refused.existing_id).toBe(made.data.id);
    }
    const [found] = await anteroom.testDatabase.query(
      `select count(*)::int as rows, count(distinct reference)::int as different,
         (select count(*)::int from events join appointments a on a.id = appointment_id
           where reference like 'contested-%') as events
       from appointments where reference like 'contested-%'`,
    );
    expect(found).toEqual({ rows: 300, different: 300, events: 300 });
  });
});
