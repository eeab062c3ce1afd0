import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, eventually, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';
const local = { host: '127.0.0.1', port: 0, token: null };

const addressOf = ({ server }: TestServer) => `http://127.0.0.1:${server.metricsPort()}/metrics`;
const scrape = async (anteroom: TestServer) => (await fetch(addressOf(anteroom))).text();

/** The value of one line, such as `name{label="value"}`; undefined when there is none. */
function read(text: string, line: string): number | undefined {
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

describe('the metrics', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ metrics: local, sweepEveryMs: 20 });
  });
  afterAll(() => anteroom.close());

  const counted = (text: string, method: string, route: string, status: number) =>
    read(
      text,
      `anteroom_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`,
    );

  it('count requests by the pattern of their route, method and status, and refusals by code', async () => {
    for (const as of anteroom.organisations) {
      const { json } = await anteroom.call('POST', path, { body: appointmentBody(), as });
      await anteroom.call('GET', `${path}/${json.data.id}`, { as });
      await anteroom.call('GET', `${path}/${json.data.id}?x=1`, { as });
    }
    await anteroom.call('POST', path, { body: {} });
    await anteroom.call('GET', path, { token: 'nonsense' });
    await anteroom.call('GET', '/nowhere/at-all');
    const text = await scrape(anteroom);
    expect(counted(text, 'POST', path, 201)).toBe(2);
    expect(counted(text, 'POST', path, 422)).toBe(1);
    expect(counted(text, 'GET', `${path}/:id`, 200)).toBe(4);
    expect(counted(text, 'GET', path, 401)).toBe(1);
    expect(counted(text, 'GET', 'none', 404)).toBe(1);
    expect(counted(text, 'POST', '/oauth2/token', 200)).toBe(2);
    expect(read(text, 'anteroom_refusals_total{code="validation_failed"}')).toBe(1);
    expect(read(text, 'anteroom_refusals_total{code="unauthenticated"}')).toBe(1);
    const durations = `anteroom_request_duration_seconds_sum{method="POST",route="${path}",status="201"}`;
    expect(read(text, durations)).toBeGreaterThan(0);
  });

  it('name no person, organisation, client, appointment or address', async () => {
    const secrets = anteroom.organisations.flatMap(({ id, clientId, clientSecret, token }) => [
      id,
      clientId,
      clientSecret,
      token,
    ]);
    const body = appointmentBody({
      reference: 'canary-reference',
      claimant: { name: 'Canary Name', email: 'canary@example.org' },
    });
    const { json } = await anteroom.call('POST', path, { body });
    await anteroom.call('GET', `${path}?reference=canary-reference`);
    await anteroom.call('GET', `/canary-address/${json.data.id}`);
    const text = await scrape(anteroom);
    for (const secret of [...secrets, json.data.id, 'anary', 'example.org', 'Organisation 1'])
      expect(text).not.toContain(secret);
  });

  it('show sweeps as they are made', async () => {
    await anteroom.testDatabase.query(
      `insert into access_tokens (organisation_id, token_hash, client_id, scopes, expires_at)
       select organisation_id, sha256((id || n)::bytea), id, '{}', now() - interval '1 day'
       from clients, generate_series(1, 3) n`,
    );
    const settled = `anteroom_sweep_settled_total{sweep="tokens"}`;
    await eventually(async () => read(await scrape(anteroom), settled) === 6);
    const text = await scrape(anteroom);
    for (const sweep of ['connections', 'appointments', 'answers', 'tokens', 'heartbeats']) {
      const label = `{sweep="${sweep}"}`;
      expect(read(text, `anteroom_sweep_duration_seconds_count${label}`)).toBeGreaterThan(0);
      expect(read(text, `anteroom_sweep_failures_total${label}`)).toBe(0);
      const finishedAt = read(text, `anteroom_sweep_finished_timestamp_seconds${label}`) ?? 0;
      expect(Date.now() / 1000 - finishedAt).toBeLessThan(60);
    }
  });

  it('show event loop, memory and the database’s connections', async () => {
    const pipeline = 'anteroom_database_connections{kind="pipeline"}';
    await eventually(async () => read(await scrape(anteroom), pipeline) === 4);
    const text = await scrape(anteroom);
    expect(read(text, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
    expect(read(text, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    for (const kind of ['gathering', 'pool'])
      expect(read(text, `anteroom_database_waiting{kind="${kind}"}`)).toBeGreaterThanOrEqual(0);
    expect(read(text, 'anteroom_database_failures_total')).toBe(0);
  });

  it('show what waits for the database', async () => {
    const { json } = await anteroom.call('POST', path, { body: appointmentBody() });
    const asked: Promise<unknown>[] = [];
    await anteroom.testDatabase.query('begin; lock table events');
    try {
      await eventually(async () => {
        asked.push(anteroom.call('GET', `${path}/${json.data.id}/events`));
        const waiting = read(await scrape(anteroom), 'anteroom_database_waiting{kind="pipeline"}');
        return (waiting ?? 0) >= 3;
      });
    } finally {
      await anteroom.testDatabase.query('rollback');
    }
    await Promise.all(asked);
  });

  it('are on an address of their own, and on none without being asked for', async () => {
    expect((await fetch(`${anteroom.url}/metrics`)).status).toBe(404);
    const other = addressOf(anteroom).replace('/metrics', '/healthz');
    expect((await fetch(other)).status).toBe(404);
    const plain = await startTestServer();
    expect(plain.server.metricsPort()).toBeNull();
    await plain.close();
  });

  it('want the token where one is set', async () => {
    const guarded = await startTestServer({ metrics: { ...local, token: 'a secret of 16+' } });
    const ask = async (headers: Record<string, string>) =>
      (await fetch(addressOf(guarded), { headers })).status;
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: 'Bearer a secret of 16' })).toBe(401);
    expect(await ask({ authorization: 'Bearer a secret of 16+' })).toBe(200);
    await guarded.close();
  });

  it('say in one sentence that their port is taken', async () => {
    const port = anteroom.server.metricsPort() as number;
    await expect(startTestServer({ metrics: { ...local, port } })).rejects.toThrow(
      `port ${port} (EADDRINUSE). Set METRICS_HOST and METRICS_PORT`,
    );
  });
});

describe('the figures of appointments', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ metrics: local, sandboxAt: '2030-01-01T12:00:00Z' });
  });
  afterAll(() => anteroom.close());

  const insert = (rows: number, columns: Record<string, string>) =>
    anteroom.testDatabase
      .query(
        `insert into appointments (organisation_id, id, reference, appointment_at, duration_in_minutes, room_closes_at,
         is_interpreter_needed, claimant_name, features, use_custom_post_call_redirect, claimant_token, entry_code,
         meeting_id, room_name, room_key, created_at, updated_at)
       select (array[$1::uuid, $2::uuid])[1 + n % 2], uuidv7(), gen_random_uuid()::text, at, 30, room_closes_at(at, 30),
         false, repeat('x', 1700), '{}', false, 't', gen_random_uuid()::text, 1, gen_random_uuid(),
         'k', at, at
       from generate_series(1, $3) n, lateral (select timestamptz '2030-01-01T10:00:00Z' as at) t`,
        [anteroom.organisations[0].id, anteroom.organisations[1].id, rows],
      )
      .then(() => {
        const changes = Object.entries(columns).map(([name, value]) => `${name} = ${value}`);
        return changes.length === 0
          ? []
          : anteroom.testDatabase.query(
              `alter table appointments disable trigger allowed_moves;
             update appointments set ${changes.join(', ')} where updated_at = timestamptz '2030-01-01T10:00:00Z'
               and status = 'scheduled';
             alter table appointments enable trigger allowed_moves`,
            );
      });
  const inState = (text: string, status: string) =>
    read(text, `anteroom_appointments{status="${status}"}`);

  it('are counted exactly where there are few, over all organisations', async () => {
    await insert(3, { status: `'waiting'`, arrived_at: `'2030-01-01T11:58:30Z'` });
    await insert(2, { status: `'in_progress'` });
    await insert(4, { status: `'cancelled'` });
    // Nobody real, and so not counted.
    await insert(7, {
      status: `'waiting'`,
      arrived_at: `'2030-01-01T11:00:00Z'`,
      is_practice: 'true',
    });
    await insert(6, { is_practice: 'true' });
    await insert(5, {});
    const text = await scrape(anteroom);
    expect(
      ['scheduled', 'waiting', 'in_progress', 'on_hold', 'completed', 'cancelled', 'no_show'].map(
        (status) => inState(text, status),
      ),
    ).toEqual([5, 3, 2, 0, 0, 4, 0]);
    expect(read(text, 'anteroom_longest_wait_seconds')).toBe(90);
    expect(read(text, 'anteroom_oldest_due_seconds')).toBe(0);
    expect(read(text, 'anteroom_database_answers')).toBe(1);
  });

  it('say for how long the oldest has been due that nobody has swept', async () => {
    await anteroom.setClock('2030-01-02T00:09:59Z');
    expect(read(await scrape(anteroom), 'anteroom_oldest_due_seconds')).toBe(600);
  });

  it('are a sample where there are many, but for those in a call', async () => {
    await insert(6_000, {
      status: `case when meeting_id + ascii(reference) % 4 = 1 then 'no_show' else 'completed' end`,
    });
    const text = await scrape(anteroom);
    const [exact] = await anteroom.testDatabase.query<Record<string, number>>(
      `select count(*) filter (where status = 'completed')::integer as completed,
         count(*) filter (where status = 'no_show')::integer as no_show,
         pg_relation_size('appointments')::integer / 8192 as blocks from appointments`,
    );
    expect(exact?.blocks).toBeGreaterThan(2_000);
    for (const status of ['completed', 'no_show'])
      expect(Math.abs((inState(text, status) ?? 0) / (exact?.[status] ?? 1) - 1)).toBeLessThan(0.2);
    expect(inState(text, 'completed')).not.toBe(exact?.completed);
    expect([inState(text, 'waiting'), inState(text, 'in_progress')]).toEqual([3, 2]);

    const blocksRead = async () => {
      await anteroom.testDatabase.query('select pg_stat_force_next_flush()');
      const [{ blocks = 0 } = {}] = await anteroom.testDatabase.query<{ blocks: number }>(
        `select (heap_blks_hit + heap_blks_read)::integer as blocks from pg_statio_user_tables
         where relname = 'appointments'`,
      );
      return blocks;
    };
    const before = await blocksRead();
    await anteroom.testDatabase.query('select count_appointments(), find_oldest_waits()');
    expect((await blocksRead()) - before).toBeLessThan(1_500);
  });
});

describe('while the database is away', () => {
  it('the metrics answer, say so, and show no old figures', async () => {
    const anteroom = await startTestServer({ metrics: local, sweepEveryMs: 20 });
    await anteroom.call('POST', path, { body: appointmentBody() });
    expect(inScheduled(await scrape(anteroom))).toBe(1);
    const { query } = anteroom.testDatabase;
    const [{ name = '' } = {}] = await query<{ name: string }>('select current_database() as name');
    // This binds everybody but the superuser.
    await query(`alter database ${name} connection limit 0`);
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`;
    await query(cut);
    await eventually(async () => {
      const text = await scrape(anteroom);
      return (
        read(text, 'anteroom_database_answers') === 0 &&
        (read(text, 'anteroom_database_failures_total') ?? 0) > 0 &&
        (read(text, 'anteroom_sweep_failures_total{sweep="appointments"}') ?? 0) > 0
      );
    });
    const away = await scrape(anteroom);
    expect(inScheduled(away)).toBeUndefined();
    expect(read(away, 'anteroom_oldest_due_seconds')).toBeUndefined();
    expect(read(away, 'anteroom_database_connections{kind="pipeline"}')).toBe(0);

    await query(`alter database ${name} connection limit -1`);
    await eventually(async () => inScheduled(await scrape(anteroom)) === 1);
    await anteroom.close();
  });
  const inScheduled = (text: string) => read(text, 'anteroom_appointments{status="scheduled"}');
});

describe('deploy/monitoring', () => {
  const folder = new URL('../../../../deploy/monitoring/', import.meta.url);

  it('names only metrics that a scrape has', async () => {
    const anteroom = await startTestServer({ metrics: local, sweepEveryMs: 20 });
    await anteroom.call('POST', path, { body: {} });
    const refused = 'anteroom_refusals_total{code="validation_failed"}';
    const swept = 'anteroom_sweep_duration_seconds_count{sweep="heartbeats"}';
    await eventually(async () => {
      const text = await scrape(anteroom);
      return read(text, refused) === 1 && read(text, swept) !== undefined;
    });
    const text = await scrape(anteroom);
    const names = new Set(text.match(/^[a-z]\w+/gm));
    const files = await readdir(folder);
    expect(files.toSorted()).toEqual(['alerts.yml', 'dashboard.json']);
    for (const file of files) {
      const content = await readFile(new URL(file, folder), 'utf8');
      const used = new Set(content.match(/\b(?:anteroom|nodejs|process)_\w+/g));
      expect(used.size).toBeGreaterThan(2);
      expect([file, [...used].filter((name) => !names.has(name))]).toEqual([file, []]);
    }
    await anteroom.close();
  });

  it('has a dashboard that Grafana can read', async () => {
    const dashboard = JSON.parse(await readFile(new URL('dashboard.json', folder), 'utf8'));
    const titles = dashboard.panels.map(({ title }: { title: string }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const { title, targets, datasource, gridPos } of dashboard.panels) {
      expect([title, targets.length > 0, datasource.uid, gridPos.w + gridPos.x <= 24]).toEqual([
        title,
        true,
        `$\{source}`,
        true,
      ]);
    }
  });
});
