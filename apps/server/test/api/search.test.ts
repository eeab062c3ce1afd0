import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idsText } from '../../src/appointments/search-terms.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';
const search = `${path}/search`;

type Answer = { data: { reference: string }[]; meta: Record<string, unknown> };
const names = (json: Answer) => json.data.map(({ reference }) => reference);

describe('searching', () => {
  let anteroom: TestServer;
  const lines: string[] = [];
  const find = async (q: string, more: object = {}) => {
    const answer = await anteroom.call('POST', search, { body: { q, ...more } });
    if (answer.status !== 200) throw new Error(answer.text);
    return names(answer.json).toSorted();
  };
  const add = async (reference: string, claimant: object, as = anteroom.organisations[0]) => {
    const body = appointmentBody({ reference, claimant });
    const { json, status } = await anteroom.call('POST', path, { body, as });
    expect(status).toBe(201);
    return json.data.id as string;
  };
  beforeAll(async () => {
    anteroom = await startTestServer({ log: { write: (line) => void lines.push(line) } });
    await add('REF-2041', { name: 'John Smith', email: 'j.smith@mail.example.org' });
    await add('REF-2042', { name: 'Johanna Smithson', phone_number: '020 7946 0123' });
    await add('EAST 7/b', { name: 'Jürgen Müller', email: 'jm@example.com' });
    await add('WEST 8', { name: 'Karl Mueller', phone_number: '+49 30 901820' });
    await add('91234', { name: 'Zoë Anne-Marie O’Brien', email: 'zoe@smith.example.net' });
    await add('ΣΟΦ-1', { name: 'ΝΊΚΟΣ Παπάς' });
    await add('r-1', { name: 'שָׁלוֹם כהן' });
    await add('r-2', { name: 'محمد عَلي' });
    await add('r-3', { name: '100% _Test\\ "Quoted" 🙂 d’Artagnan' });
    await add('r-4', { name: 'Søren Ångström-Łukasz Straße' });
    await add(
      'foreign',
      { name: 'John Smith', phone_number: '020 7946 0123' },
      anteroom.organisations[1],
    );
  }, 60_000);
  afterAll(() => anteroom.close());

  it.each([
    ['john smith', ['REF-2041']],
    ['SMI joh', ['REF-2041', 'REF-2042']],
    ['Smith, John', ['REF-2041']],
    ['smiths', ['REF-2042']],
    ['john nobody', []],
    ['ohn', []],
    ['müller', ['EAST 7/b', 'WEST 8']],
    ['MÜLL', ['EAST 7/b', 'WEST 8']],
    ['mu\u0308ller', ['EAST 7/b', 'WEST 8']],
    ['mueller', ['EAST 7/b', 'WEST 8']],
    ['muller', ['EAST 7/b']],
    ['zoe', ['91234']],
    ['Zoë obrien', ['91234']],
    ["o'brien", ['91234']],
    ['anne-marie', ['91234']],
    ['marie anne', ['91234']],
    ['soren angstrom', ['r-4']],
    ['soeren aangstroem', ['r-4']],
    ['lukasz STRASSE', ['r-4']],
    ['νικος παπας', ['ΣΟΦ-1']],
    ['σοφ', ['ΣΟΦ-1']],
    ['שלום כהן', ['r-1']],
    ['\u202eכהן', ['r-1']],
    ['محمد علي', ['r-2']],
    ['j.smi', ['REF-2041']],
    ['j.smith@mail.exa', ['REF-2041']],
    ['@mail.example', ['REF-2041']],
    ['smith.example.net', ['91234']],
    ['0123', ['REF-2042']],
    ['020 7946 0123', ['REF-2042']],
    ['(020) 7946-0123', ['REF-2042']],
    ['+44 20 79460123', ['REF-2042']],
    ['0044 20 7946 0123', ['REF-2042']],
    ['7946 0123 johanna', ['REF-2042']],
    ['123', []],
    ['+49 30 901820', ['WEST 8']],
    ['901820', ['WEST 8']],
    ['ref-2041', ['REF-2041']],
    ['ref-20', ['REF-2041', 'REF-2042']],
    ['912', ['91234']],
    ['east 7/b', ['EAST 7/b']],
    ['100%', ['r-3']],
    ['10%', []],
    ['_test\\', ['r-3']],
    ['_est', []],
    ['🙂 dartagnan', ['r-3']],
    ['"quoted"', ['r-3']],
    [`'; drop table appointments; --`, []],
    [
      Array.from({ length: 100 }, (_, index) => index % 10)
        .join(' ')
        .slice(0, 199),
      [],
    ],
  ])('finds by %s', async (q, references) => {
    expect(await find(q)).toEqual(references.toSorted());
  });

  it.each([
    [{}, 'q is required: text of 2 to 200 characters.'],
    [{ q: '  ' }, 'q is required: text of 2 to 200 characters.'],
    [{ q: ' a ' }, 'q must be text of 2 to 200 characters.'],
    [{ q: 'a'.repeat(201) }, 'q must be text of 2 to 200 characters.'],
    [{ q: Array(200).fill('ab').join(' ') }, 'q must be text of 2 to 200 characters.'],
    [{ q: 'a\u0000b' }, 'q must be text without NUL characters or broken Unicode.'],
    [{ q: 'a\ud800b' }, 'q must be text without NUL characters or broken Unicode.'],
    [{ q: ['ab', 'cd'] }, 'q was sent more than once; send it once.'],
    [
      { q: '( )' },
      'q must hold a word to look for: a name, an email address, a phone number, a reference.',
    ],
    [
      { q: '\u200b\u200b' },
      'q must hold a word to look for: a name, an email address, a phone number, a reference.',
    ],
  ])('refuses %j', async (body, sentence) => {
    const answer = await anteroom.call('POST', search, { body });
    expect([answer.status, answer.json.errors]).toEqual([422, { q: [sentence] }]);
  });

  it('takes forms, and what else a list takes', async () => {
    const form = await anteroom.call('POST', search, {
      body: 'q=smi+joh&status[]=scheduled&per_page=1',
    });
    expect(form.json.meta).toMatchObject({
      total: 2,
      is_total_exact: true,
      per_page: 1,
      last_page: 2,
    });
    const refused = await anteroom.call('POST', search, { body: { q: 'smith', sort: 'name' } });
    expect(Object.keys(refused.json.errors)).toEqual(['sort']);
    const scopes = await anteroom.token(anteroom.organisations[0], ['appointments:write']);
    const lacking = await anteroom.call('POST', search, { body: { q: 'smith' }, token: scopes });
    expect(lacking.json.code).toBe('missing_scope');
  });

  it('shows each organisation its own', async () => {
    const as = anteroom.organisations[1];
    const other = await anteroom.call('POST', search, { body: { q: '7946 0123' }, as });
    expect(names(other.json)).toEqual(['foreign']);
    expect(await find('7946 0123')).toEqual(['REF-2042']);
  });

  it('finds a changed appointment by what it says now, and no longer by what it said', async () => {
    const id = await add('changing', {
      name: 'Before Change',
      email: 'before@old.example',
      phone_number: '020 7946 0999',
    });
    expect(await find('before 0999')).toEqual(['changing']);
    const claimant = {
      name: 'After Change',
      email: 'after@new.example',
      phone_number: '020 7946 0777',
    };
    await anteroom.call('PATCH', `${path}/${id}`, { body: { claimant } });
    for (const q of ['before', 'old.example', '0999']) expect([q, await find(q)]).toEqual([q, []]);
    for (const q of ['after', 'new.exa', '0777', 'change']) {
      expect([q, await find(q)]).toEqual([q, ['changing']]);
    }
    await anteroom.call('PATCH', `${path}/${id}`, { body: { claimant: { email: null } } });
    expect(await find('new.exa')).toEqual([]);
    expect(await find('after 0777')).toEqual(['changing']);
  });

  it('keeps terms with every row, whoever writes it, and none without', async () => {
    const { query } = anteroom.testDatabase;
    const bare = (reference: string) =>
      query(
        `insert into appointments select copy.* from appointments a,
           jsonb_populate_record(a, jsonb_build_object('id', uuidv7(), 'reference', $1::text,
             'claimant_name', 'Written Elsewhere', 'entry_code', $1::text, 'search_text', null)) copy
         where a.reference = 'REF-2041'`,
        [reference],
      );
    await bare('elsewhere-1');
    expect(await find('elsewhere written')).toEqual(['elsewhere-1']);
    await query(`delete from appointments where reference = 'elsewhere-1'`);
    const left = await query(
      `select from search_terms t where not exists (select from appointments a where a.id = t.appointment_id)`,
    );
    expect(left).toEqual([]);
    const [row] = await query<{ same: boolean }>(
      `select bool_and(terms.list = words.list) as same from appointments a,
         lateral (select array_agg(distinct term order by term) list from search_terms t where t.appointment_id = a.id) terms,
         lateral (select array_agg(distinct w order by w) list from string_to_table(a.search_text, ' ') w where w <> '') words`,
    );
    expect(row?.same).toBe(true);
  });

  it('finds what a bulk scheduled, and nothing of the rows that it refused', async () => {
    const rows = ['bulk-1', 'REF-2041', 'bulk-1', 'bulk-2'].map((reference) =>
      appointmentBody({ reference, claimant: { name: `Bulky ${reference}` } }),
    );
    const answer = await anteroom.call('POST', `${path}/bulk`, { body: { appointments: rows } });
    expect(answer.json.data.map(({ status }: { status: number }) => status)).toEqual([
      201, 422, 422, 201,
    ]);
    expect(await find('bulky')).toEqual(['bulk-1', 'bulk-2']);
    const orphans = await anteroom.testDatabase.query(
      'select from search_terms t where not exists (select from appointments a where a.id = t.appointment_id)',
    );
    expect(orphans).toEqual([]);
  });

  it('leads to the next page by the body and by addresses that hold nothing of it', async () => {
    const body = { q: 'smi joh', per_page: 1, sort: 'created_at' };
    const first = await anteroom.call('POST', search, { body });
    const address = `https://visits-1.example.org${search}`;
    expect(first.json.links).toEqual({
      first: `${address}?page=1`,
      last: `${address}?page=2`,
      prev: null,
      next: `${address}?page=2`,
    });
    const follow = (link: string, of: object) =>
      anteroom.call('POST', link.replace('https://visits-1.example.org', ''), { body: of });
    expect(names((await follow(first.json.links.next, body)).json)).toEqual(['REF-2042']);
    const byCursor = await anteroom.call('POST', search, { body: { ...body, cursor: '' } });
    expect(names(byCursor.json)).toEqual(['REF-2041']);
    const cursor = byCursor.json.meta.next_cursor;
    const [inBody, inAddress] = [
      await anteroom.call('POST', search, { body: { ...body, cursor } }),
      await follow(byCursor.json.links.next, { ...body, cursor: '' }),
    ];
    expect(names(inBody.json)).toEqual(['REF-2042']);
    expect(inAddress.json.data).toEqual(inBody.json.data);
    expect(inBody.json.meta.next_cursor).toBeNull();
    const back = await anteroom.call('POST', search, {
      body: { ...body, cursor: inBody.json.meta.prev_cursor },
    });
    expect(names(back.json)).toEqual(['REF-2041']);
    expect(byCursor.text + inBody.text).not.toContain('joh&');
    expect(byCursor.json.links.next).not.toMatch(/smi|joh/i);
  });

  it('takes an Idempotency-Key and keeps nothing for it', async () => {
    const headers = { 'idempotency-key': 'search-1' };
    const answer = await anteroom.call('POST', search, { body: { q: 'smith' }, headers });
    const other = await anteroom.call('POST', search, { body: { q: 'müller' }, headers });
    expect([answer.status, other.status]).toEqual([200, 200]);
    const kept = await anteroom.testDatabase.query(
      `select from idempotency_keys where key = 'search-1'`,
    );
    expect(kept).toEqual([]);
  });

  it('leaves nothing of it in logs and events', async () => {
    await find('canary-name@canary.example 020 7946 0999');
    await anteroom.call('POST', `${search}?q=canary`, { body: { q: 'x', canary: 1 } });
    expect(lines.join()).not.toContain('canary-name');
    expect(lines.join()).not.toMatch(/7946 ?0999/);
    const events = await anteroom.testDatabase.query<{ text: string }>(
      'select data::text as text from events',
    );
    expect(events.map(({ text }) => text).join()).not.toMatch(/smith|m[uü]ller/i);
  });
});

describe('a database of before', () => {
  it('gets the same terms for what is there, organisation by organisation', async () => {
    const anteroom = await startTestServer();
    try {
      for (const as of anteroom.organisations) {
        const claimant = {
          name: 'Zoë Müller-Smith',
          email: 'zoe@example.org',
          phone_number: '020 7946 0123',
        };
        await anteroom.call('POST', path, { body: appointmentBody({ claimant }), as });
      }
      const { query, ownerUrl } = anteroom.testDatabase;
      const stored = () =>
        query<{ term: string }>(
          'select distinct organisation_id, period, term, appointment_id from search_terms order by 1, 2, 3, 4',
        );
      const before = await stored();
      await query(
        `drop function renew_search_terms, add_search_terms, remove_search_terms cascade;
         drop table search_terms;
         alter table appointments drop column search_text;
         drop function folded, spelt_out, search_text_of, search_period;
         delete from migrations where name = '0004_create_search_terms.sql'`,
      );
      expect(await migrate(ownerUrl, 'anteroom_app')).toEqual(['0004_create_search_terms.sql']);
      expect(await stored()).toEqual(before);
      expect(before.filter(({ term }) => term === 'zoe')).toHaveLength(2);
    } finally {
      await anteroom.close();
    }
  });
});

describe('searching among many', () => {
  let anteroom: TestServer;
  const count = 14_000;
  /** Names that are common, rarer and rare, and never all met in the few rows looked at first. */
  const fill = (organisation: string, interval: string) =>
    anteroom.testDatabase.query(
      `insert into appointments (organisation_id, id, reference, status, appointment_at, duration_in_minutes,
         room_closes_at, is_interpreter_needed, department_id, claimant_name, features,
         use_custom_post_call_redirect, claimant_token, entry_code, meeting_id, room_name, room_key,
         created_at, updated_at, search_text)
       select $1, uuidv7(made_at - now()), 'n-' || n, 'scheduled', made_at + (n * 7919 % 997) * interval '1 hour', 30,
         made_at, false, null, name, template.features, false, 't', 'n-' || n, 1, gen_random_uuid(), 'k', made_at,
         made_at + (n * 104729 % 991) * interval '1 minute', search_text_of(name, null, null, 'n-' || n)
       from (select features from appointments limit 1) template, generate_series(1, ${count}) n,
         lateral (select now() - (${count} - n) * $2::interval as made_at,
           case when n % 2 = 0 then 'Common ' else 'Usual ' end || case when n % 3 = 0 then 'Frequent ' else '' end
             || case when n % 2 = 1 or n % 150 = 0 then 'Mixed ' else '' end
             || case when n % 50 = 0 then 'Rarer ' else '' end || case when n < 40 then 'Oldest' else 'Later' end as name) made`,
      [organisation, interval],
    );
  beforeAll(async () => {
    anteroom = await startTestServer();
    const { query } = anteroom.testDatabase;
    // Its switches are copied; no word of it is looked for.
    await anteroom.call('POST', path, { body: appointmentBody() });
    await query('set session_replication_role = replica');
    // Spread over years, and all within an hour.
    await fill(anteroom.organisations[0].id, '40 minutes');
    await fill(anteroom.organisations[1].id, '0.2 seconds');
    await query(
      `insert into search_terms (organisation_id, period, term, appointment_id)
       select organisation_id, search_period(id), term, id from appointments, string_to_table(search_text, ' ') term
       where term <> ''`,
    );
    await query('vacuum analyze appointments, search_terms');
  }, 120_000);
  afterAll(() => anteroom.close());

  const expected: Record<string, (n: number) => boolean> = {
    'rarer oldest': () => false,
    oldest: (n) => n < 40,
    'common oldest': (n) => n < 40 && n % 2 === 0,
    'usual rarer': () => false,
    'common rarer frequent': (n) => n % 150 === 0,
    'n-139': (n) => String(n).startsWith('139'),
    'common usual': () => false,
    'common mixed': (n) => n % 150 === 0,
  };
  const orders: Record<string, (n: number) => number> = {
    '-created_at': (n) => -n,
    created_at: (n) => n,
    appointment_at: () => 0,
    '-updated_at': () => 0,
  };

  describe.each([0, 1] as const)('of organisation %i', (which) => {
    it.each(Object.keys(expected))(
      'meets each of “%s” once by cursor, in every order, forth and back',
      async (q) => {
        const as = anteroom.organisations[which];
        const wanted = Array.from({ length: count }, (_, index) => index + 1).filter(
          expected[q] as never,
        );
        for (const [sort, order] of Object.entries(orders)) {
          const ask = (cursor: string) =>
            anteroom.call('POST', search, { as, body: { q, sort, cursor, per_page: 30 } });
          const pages: string[][] = [];
          let answer = await ask('');
          for (;;) {
            pages.push(names(answer.json));
            if (!answer.json.meta.next_cursor) break;
            answer = await ask(answer.json.meta.next_cursor);
          }
          const seen = pages.flat().map((reference) => Number(reference.slice(2)));
          expect([sort, seen.toSorted((a, b) => a - b)]).toEqual([sort, wanted]);
          if (order(1) !== 0) expect(seen).toEqual(wanted.toSorted((a, b) => order(a) - order(b)));
          const back: string[] = names(answer.json);
          while (answer.json.meta.prev_cursor) {
            answer = await ask(answer.json.meta.prev_cursor);
            back.unshift(...names(answer.json));
          }
          expect([sort, back.slice(-pages.flat().length)]).toEqual([sort, pages.flat()]);
        }
      },
    );

    it('counts and numbers what can be counted, and says what is more', async () => {
      const as = anteroom.organisations[which];
      const rare = await anteroom.call('POST', search, {
        as,
        body: { q: 'common rarer frequent', per_page: 50 },
      });
      expect(rare.json.meta).toMatchObject({ total: 93, is_total_exact: true, last_page: 2 });
      // Words of thousands each: they are read to the end in steps.
      for (const sort of ['created_at', '-created_at']) {
        const both = await anteroom.call('POST', search, { as, body: { q: 'common mixed', sort } });
        expect(both.json.meta).toMatchObject({ total: 93, is_total_exact: true });
      }
      const common = await anteroom.call('POST', search, {
        as,
        body: { q: 'common', per_page: 100, page: 10 },
      });
      expect(common.json.meta).toMatchObject({
        total: 1000,
        is_total_exact: false,
        last_page: 10,
        to: 1000,
      });
    });

    it('joins words with filters', async () => {
      const as = anteroom.organisations[which];
      const find = async (more: object) =>
        (await anteroom.call('POST', search, { as, body: { q: 'oldest', ...more } })).json.meta
          .total;
      expect(await find({ status: ['scheduled'] })).toBe(39);
      expect(await find({ status: ['cancelled'] })).toBe(0);
      expect(await find({ reference: 'n-7' })).toBe(1);
      expect(await find({ reference: 'n-77' })).toBe(0);
      expect(await find({ updated_since: '2000-01-01' })).toBe(39);
      expect(await find({ appointment_from: '2100-01-01' })).toBe(0);
    });
  });

  it('repeats and skips nothing while others schedule', async () => {
    const [as] = anteroom.organisations;
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const body: object = { q: 'rarer common', cursor, per_page: 40 };
      const { json } = await anteroom.call('POST', search, { as, body });
      seen.push(...names(json));
      cursor = json.meta.next_cursor;
      await anteroom.call('POST', path, {
        as,
        body: appointmentBody({ claimant: { name: 'Rarer Common' } }),
      });
    }
    expect(seen.length).toBe(count / 50);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('reads the terms by their index alone, under row-level security', async () => {
    const [{ id }] = anteroom.organisations;
    const stretch = { first: 2 ** 20 - 1, last: 0, isDescending: true, after: null };
    const { text, values } = idsText([['rarer'], ['common', 'usual']], stretch);
    const rows = await anteroom.database
      .in(id)
      .many<{ 'QUERY PLAN': string }>({ name: '', text: `explain ${text}` }, values);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan.match(/Index Only Scan using search_terms_by_term/g)?.length).toBe(3);
    expect(plan.match(/Index Cond: .*term >= .*term </g)?.length).toBe(3);
    const leaky = await anteroom.testDatabase.query(
      `select proname from pg_proc where proname in ('text_ge', 'text_lt', 'int4ge', 'int4le', 'uuid_eq') and not proleakproof`,
    );
    expect(leaky).toEqual([]);
  });
});
