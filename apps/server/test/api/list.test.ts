import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listText } from '../../src/appointments/list.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

describe('listing', () => {
  let anteroom: TestServer;
  const references: string[] = [];
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: '2030-05-06T09:00:00Z' });
    for (let index = 0; index < 60; index++) {
      await anteroom.setClock(`2030-05-06T09:${String(index).padStart(2, '0')}:00Z`);
      const body = appointmentBody({
        reference: `r${index}`,
        // The same time for several, so that the id has to decide.
        appointment_at: `2030-06-${String(30 - (index % 7)).padStart(2, '0')}T10:00:00Z`,
      });
      await anteroom.call('POST', path, { body });
      references.push(`r${index}`);
      if (index % 3 === 0) {
        const own = await anteroom.call('GET', `${path}?reference=r${index}`);
        await anteroom.call('POST', `${path}/${own.json.data[0].id}/cancel`);
      }
    }
    const body = appointmentBody({ reference: 'foreign', appointment_at: '2030-06-30T10:00:00Z' });
    await anteroom.call('POST', path, { body, as: anteroom.organisations[1] });
  }, 60_000);
  afterAll(() => anteroom.close());

  const names = (json: { data: { reference: string }[] }) =>
    json.data.map(({ reference }) => reference);

  it('is newest first, 25 a page, with the paginator’s links', async () => {
    const { json } = await anteroom.call('GET', path);
    expect(names(json)).toEqual(references.toReversed().slice(0, 25));
    const address = 'https://visits-1.example.org/api/v1/appointments';
    expect(json.links).toEqual({
      first: `${address}?page=1`,
      last: `${address}?page=3`,
      prev: null,
      next: `${address}?page=2`,
    });
    expect(json.meta).toMatchObject({
      current_page: 1,
      from: 1,
      to: 25,
      last_page: 3,
      per_page: 25,
      total: 60,
      path: address,
    });
    expect(json.meta.links.map(({ label }: { label: string }) => label)).toEqual([
      '&laquo; Previous',
      '1',
      '2',
      '3',
      'Next &raquo;',
    ]);
  });

  it('walks by pages until next is null, and meets each appointment once', async () => {
    const seen: string[] = [];
    let next: string | null = `${path}?per_page=7&sort=appointment_at`;
    while (next) {
      const { json } = await anteroom.call('GET', next);
      seen.push(...names(json));
      next = json.links.next?.replace('https://visits-1.example.org', '') ?? null;
    }
    expect(seen.toSorted()).toEqual(references.toSorted());
  });

  it.each([
    'created_at',
    '-created_at',
    'appointment_at',
    '-appointment_at',
    'updated_at',
    '-updated_at',
  ])('walks by cursor forth and back, sorted by %s', async (sort) => {
    const whole = names((await anteroom.call('GET', `${path}?per_page=100&sort=${sort}`)).json);
    const pages: string[][] = [];
    let answer = (await anteroom.call('GET', `${path}?cursor=&per_page=8&sort=${sort}`)).json;
    expect(answer.meta).not.toHaveProperty('total');
    for (;;) {
      pages.push(names(answer));
      if (!answer.meta.next_cursor) break;
      const next = answer.links.next.replace('https://visits-1.example.org', '');
      answer = (await anteroom.call('GET', next)).json;
    }
    expect(pages.flat()).toEqual(whole);
    for (const page of pages.toReversed().slice(1)) {
      const previous = answer.links.prev.replace('https://visits-1.example.org', '');
      answer = (await anteroom.call('GET', previous)).json;
      expect(names(answer)).toEqual(page);
    }
    expect(answer.meta.prev_cursor).toBeNull();
  });

  it.each([
    ['status=cancelled', 20],
    ['status=cancelled&status=scheduled', 60],
    ['status[]=cancelled&status[]=waiting', 20],
    ['reference=r7', 1],
    ['appointment_from=2030-06-30T10:00:00Z', 9],
    ['appointment_to=2030-06-24T12:00:00%2B02:00', 8],
    ['appointment_from=2030-06-25&appointment_to=2030-06-26', 8],
    ['updated_since=2030-05-06T09:50:00Z', 10],
    ['updated_since=2030-05-06T11:50:00+02:00', 10],
    ['department_id=4', 0],
    ['status=&reference=&per_page=&sort=', 60],
  ])('filters by %s', async (query, total) => {
    const { json } = await anteroom.call('GET', `${path}?${query}`);
    expect(json.meta.total).toBe(total);
  });

  it.each([
    'page=0',
    'per_page=101',
    'status=done',
    'sort=name',
    'appointment_from=soon',
    'cursor=x',
    `cursor=${cursorOf({ s: '-created_at', v: '2025-13-45 99:99:99+00', b: false })}`,
    `sort=appointment_at&cursor=${cursorOf({ s: 'appointment_at', v: '', b: false })}`,
    `sort=appointment_at&cursor=${cursorOf({ s: 'appointment_at', v: '2025-13-45 99:99:99+00', b: false })}`,
    'page=1&page=2',
  ])('refuses %s', async (query) => {
    const answer = await anteroom.call('GET', `${path}?${query}`);
    expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed']);
  });

  it('refuses a cursor of another sort', async () => {
    const { json } = await anteroom.call('GET', `${path}?cursor=&per_page=5`);
    const cursor = json.meta.next_cursor;
    const answer = await anteroom.call('GET', `${path}?cursor=${cursor}&sort=updated_at`);
    expect(Object.keys(answer.json.errors)).toEqual(['cursor']);
  });

  it('never shows another organisation’s', async () => {
    const own = await anteroom.call('GET', `${path}?per_page=100`);
    expect(own.text).not.toContain('foreign');
    const other = await anteroom.call('GET', path, { as: anteroom.organisations[1] });
    expect(names(other.json)).toEqual(['foreign']);
  });

  it('has an index for every filter and sort, under row-level security', async () => {
    const { query } = anteroom.testDatabase;
    const [{ id: organisation }] = anteroom.organisations;
    await query(
      `insert into departments (organisation_id, id, name) values ($1, 4, 'Fourth') on conflict do nothing`,
      [organisation],
    );
    // New appointments are scheduled; for these rows the triggers sleep.
    await query('set session_replication_role = replica');
    const insert = (first: number, last: number) =>
      query(
        `insert into appointments (organisation_id, id, reference, status, appointment_at, duration_in_minutes,
         room_closes_at, is_interpreter_needed, department_id, claimant_name, features,
         use_custom_post_call_redirect, claimant_token, entry_code, meeting_id, room_name, room_key,
         created_at, updated_at, cancelled_at)
       select $1, gen_random_uuid(), 'bulk-' || n, case when n % 500 = 0 then 'scheduled' else 'cancelled' end,
         at, 30, room_closes_at(at, 30), false, case when n % 300 = 0 then 4 end, 'x', '{}', false, 't', 'bulk-' || n, 1,
         gen_random_uuid(), repeat('k', 700), now(), now() - n * interval '1 minute', case when n % 500 = 0 then null else now() end
       from generate_series($2::int, $3::int) n, lateral (select now() + n * interval '1 hour' as at) t`,
        [organisation, first, last],
      );
    await insert(1, 600);
    const firstPage = listText({}, { kind: 'page', page: 1, perPage: 25 });
    // Without statistics; a plan made now is kept while the table grows.
    expect(await explain(anteroom, organisation, firstPage.text, [])).not.toContain('Sort');
    await insert(601, 20_000);
    await query('analyze appointments');
    const requests = [
      {},
      { sort: 'created_at' },
      { sort: 'appointment_at' },
      { sort: '-appointment_at' },
      { sort: '-updated_at' },
      { reference: 'bulk-7' },
      { status: ['scheduled'] },
      { department_id: 4 },
      { appointment_from: '2030-06-01T00:00:00Z', appointment_to: '2030-06-02T00:00:00Z' },
      { updated_since: '2030-05-06T09:50:00Z' },
    ] as const;
    for (const request of requests) {
      const slice = { kind: 'keyset', perPage: 25, after: null, goesBack: false } as const;
      const { text, values } = listText(request as never, slice);
      const plan = await explain(anteroom, organisation, text, values);
      expect(plan, JSON.stringify(request)).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
      expect(plan, JSON.stringify(request)).not.toMatch(/Seq Scan on appointments/);
    }
  });
});

/** A cursor that no answer ever gave out. */
function cursorOf(mark: object): string {
  const id = '0198c2c4-2820-7002-8533-ab1b86d419da';
  return Buffer.from(JSON.stringify({ ...mark, i: id })).toString('base64url');
}

/** The plan as the app's role gets it, with the organisation set. */
async function explain(
  anteroom: TestServer,
  organisation: string,
  text: string,
  values: readonly unknown[],
): Promise<string> {
  const rows = await anteroom.database
    .in(organisation)
    .many<{ 'QUERY PLAN': string }>({ name: '', text: `explain ${text}` }, values as never);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}
