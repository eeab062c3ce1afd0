import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetTokens } from '../../src/access/index.ts';
import { forget } from '../../src/platform/database/forgetting.ts';
import { forgetHeartbeats } from '../../src/platform/heartbeat.ts';
import { forgetAnswers } from '../../src/platform/idempotency.ts';
import { appointmentBody, eventually, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

const ask: TestServer['testDatabase']['query'] = (text, values) =>
  anteroom.testDatabase.query(text, values);
const count = async (table: string, condition = 'true') =>
  Number((await ask<{ n: string }>(`select count(*) as n from ${table} where ${condition}`))[0]?.n);

const schedule = (key: string, as = anteroom.organisations[0], body = appointmentBody()) =>
  anteroom.call('POST', path, { body, headers: { 'idempotency-key': key }, as });
const age = (key: string, by: string) =>
  ask('update idempotency_keys set created_at = now() - $2::interval where key = $1', [key, by]);

/** Keys of both organisations, so long ago. */
const insertAnswers = (rows: number, ago: string) =>
  ask(
    `insert into idempotency_keys (organisation_id, client_id, route, key, fingerprint, status, body, created_at)
     select (array[$1::uuid, $2::uuid])[1 + n % 2], 'c', 'r', gen_random_uuid()::text, '', 201, repeat('x', 1500),
       now() - $4::interval - n * interval '1 second'
     from generate_series(1, $3) n`,
    [anteroom.organisations[0].id, anteroom.organisations[1].id, rows, ago],
  );
const insertTokens = (rows: number, ago: string) =>
  ask(
    `insert into access_tokens (organisation_id, token_hash, client_id, scopes, expires_at, revoked_at)
     select c.organisation_id, sha256(gen_random_uuid()::text::bytea), c.id, '{}',
       now() - $2::interval - n * interval '1 second', case when n % 2 = 0 then now() end
     from clients c, generate_series(1, $1 / 2) n`,
    [rows, ago],
  );

describe('an Idempotency-Key', () => {
  it('answers for a day, and then is free again, also where it is not deleted yet', async () => {
    const [mine, other] = anteroom.organisations;
    const body = appointmentBody();
    const first = await schedule('day', mine, body);
    const theirs = await schedule('day', other, body);
    await age('day', '23 hours 59 minutes');
    const repeated = await schedule('day', mine, body);
    expect([repeated.text, repeated.headers.get('idempotency-replayed')]).toEqual([
      first.text,
      'true',
    ]);

    await age('day', '24 hours');
    const changed = appointmentBody();
    const second = await schedule('day', mine, changed);
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, null]);
    expect(second.json.data.id).not.toBe(first.json.data.id);
    expect((await schedule('day', mine, changed)).text).toBe(second.text);

    const [kept] = await ask<{ body: string }>(
      `select body from idempotency_keys where key = 'day' and organisation_id = $1`,
      [other.id],
    );
    expect(kept?.body).toBe(theirs.text);
  });

  it('that is too old does not hide that the reference is taken', async () => {
    const body = appointmentBody();
    await schedule('taken', undefined, body);
    await age('taken', '25 hours');
    const again = await schedule('taken', undefined, body);
    expect([again.status, again.json.code]).toEqual([422, 'reference_taken']);
  });

  it('is free again for every kind of POST', async () => {
    const { id } = (await anteroom.call('POST', path, { body: appointmentBody() })).json.data;
    const cancel = (reason: string) =>
      anteroom.call('POST', `${path}/${id}/cancel`, {
        body: { cancellation_reason: reason },
        headers: { 'idempotency-key': 'cancel' },
      });
    expect((await cancel('first')).status).toBe(200);
    expect((await cancel('second')).json.code).toBe('idempotency_key_reused');
    await age('cancel', '24 hours');
    const again = await cancel('second');
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null]);
    expect((await cancel('second')).headers.get('idempotency-replayed')).toBe('true');
  });

  it('that is free again makes one appointment, however many ask at once', async () => {
    await schedule('race');
    await age('race', '2 days');
    const body = appointmentBody();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => schedule('race', undefined, body)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => !headers.get('idempotency-replayed'))).toHaveLength(1);
  });
});

describe('what has had its time', () => {
  it('is deleted by the server itself, and nothing else is', async () => {
    const own = await startTestServer({ sweepEveryMs: 20 });
    const { query } = own.testDatabase;
    const body = appointmentBody();
    for (const key of ['old', 'young'])
      await own.call('POST', path, {
        body: key === 'old' ? appointmentBody() : body,
        headers: { 'idempotency-key': key },
      });
    const expired = await own.token(own.organisations[1], ['appointments:read']);
    await query(
      `update access_tokens set expires_at = now() where scopes = '{appointments:read}';
       update idempotency_keys set created_at = now() - interval '24 hours' where key = 'old';
       insert into heartbeats values (gen_random_uuid(), now() - interval '41 days', now() - interval '40 days')`,
    );
    const left = async () =>
      (
        await query<{ line: string }>(
          `select 'key ' || key as line from idempotency_keys union all
           select 'token ' || scopes[1] from access_tokens union all
           select 'heartbeat' from heartbeats order by line`,
        )
      ).map(({ line }) => line);
    await eventually(async () => (await left()).length === 4);
    expect(await left()).toEqual([
      'heartbeat',
      'key young',
      'token appointments:read',
      'token appointments:read',
    ]);
    expect((await own.call('GET', path, { token: expired })).status).toBe(401);
    expect((await own.call('GET', path)).status).toBe(200);
    await own.close();
  });

  it('goes in batches, the oldest first, and a sweep ends after twenty of them', async () => {
    await forget(anteroom.database, forgetAnswers);
    await insertAnswers(20_500, '25 hours');
    const before = await count('idempotency_keys');
    expect(await forget(anteroom.database, forgetAnswers)).toBe(20_000);
    expect(await count('idempotency_keys')).toBe(before - 20_000);
    const oldest = `created_at < now() - interval '25 hours 600 seconds'`;
    expect(await count('idempotency_keys', oldest)).toBe(0);
    expect(await forget(anteroom.database, forgetAnswers)).toBe(500);

    await insertTokens(1_500, '1 minute');
    const tokens = await count('access_tokens');
    expect(await forget(anteroom.database, forgetTokens)).toBe(1_500);
    expect(await count('access_tokens')).toBe(tokens - 1_500);
    expect(await count('access_tokens', 'expires_at <= now()')).toBe(0);
  });

  it.each([
    ['forget_answers', 'idempotency_keys', insertAnswers, '10 hours', '25 hours'],
    ['forget_tokens', 'access_tokens', insertTokens, '-30 days', '1 minute'],
  ])('%s reads what it deletes, and nothing else', async (name, table, insert, young, old) => {
    await insert(20_000, young);
    await ask(`analyze ${table}`);
    // Of these the statistics do not know, so that the plan may take them for few.
    await insert(5_000, old);
    const readSoFar = async () =>
      (
        await ask<Record<'whole' | 'byIndex' | 'deleted', number>>(
          `select seq_scan::integer as whole, idx_tup_fetch::integer as "byIndex", n_tup_del::integer as deleted
           from pg_stat_xact_user_tables where relname = $1`,
          [table],
        )
      )[0] ?? { whole: 0, byIndex: 0, deleted: 0 };
    await ask('begin');
    const before = await readSoFar();
    await ask(`select ${name}(1000)`);
    const after = await readSoFar();
    await ask('rollback');
    expect([after.whole - before.whole, after.deleted - before.deleted]).toEqual([0, 1_000]);
    expect(after.byIndex - before.byIndex).toBeLessThan(1_100);
  });

  it('is left to one server at a time; nobody waits for it', async () => {
    await forget(anteroom.database, forgetAnswers);
    await insertAnswers(1_500, '25 hours');
    await schedule('in the way');
    await age('in the way', '26 hours');
    // Another server's batch, which has not been committed.
    await ask('begin');
    expect((await ask('select forget_answers(1000) as rows'))[0]).toEqual({ rows: 1_000 });
    expect(await forget(anteroom.database, forgetAnswers)).toBe(0);
    expect((await schedule('beside')).status).toBe(201);
    await ask('commit');
    const both = await Promise.all([1, 2].map(() => forget(anteroom.database, forgetAnswers)));
    expect(both.toSorted()).toContain(501);
    expect(await count('idempotency_keys', `created_at <= now() - interval '24 hours'`)).toBe(0);
  });

  it('is all that the deleting role may delete', async () => {
    const young = await count('idempotency_keys');
    await ask('begin; set local role anteroom_lookup');
    await ask(`select set_config('app.organisation', $1, true)`, [anteroom.organisations[0].id]);
    await ask('delete from idempotency_keys');
    await ask('delete from access_tokens');
    await ask('savepoint here');
    await expect(ask('select body from idempotency_keys')).rejects.toThrow('permission denied');
    await ask('rollback to here; commit');
    expect(await count('idempotency_keys')).toBe(young);
    expect((await anteroom.call('GET', path)).status).toBe(200);
  });
});

describe('a heartbeat', () => {
  const beat = async (daysAgo: number) => {
    const id = randomUUID();
    await ask(
      `insert into heartbeats values ($1, now() - ($2 + 1) * interval '1 day', now() - $2 * interval '1 day')`,
      [id, daysAgo],
    );
    return async () => (await count('heartbeats', `process_id = '${id}'`)) === 1;
  };

  it('is kept for thirty days, and for as long as an open appointment may need it', async () => {
    const [longAgo, recently] = [await beat(60), await beat(29)];
    const { id } = (
      await anteroom.call('POST', path, { body: appointmentBody(), as: anteroom.organisations[1] })
    ).json.data;
    // Never settled, as when the service was down for a long time.
    await ask(
      `update appointments set appointment_at = now() - interval '61 days', duration_in_minutes = 1440,
         room_closes_at = room_closes_at(now() - interval '61 days', 1440) where id = $1`,
      [id],
    );
    expect(await forget(anteroom.database, forgetHeartbeats)).toBe(0);
    expect(await longAgo()).toBe(true);

    await ask(`update appointments set status = 'cancelled', cancelled_at = now() where id = $1`, [
      id,
    ]);
    expect(await forget(anteroom.database, forgetHeartbeats)).toBe(1);
    expect([await longAgo(), await recently()]).toEqual([false, true]);
  });
});
