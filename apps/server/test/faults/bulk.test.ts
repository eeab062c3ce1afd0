import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTurns } from '../../src/platform/turns.ts';
import { buildServer, type Server } from '../../src/server.ts';
import { appointmentBody, eventually, startTestServer, type TestServer } from '../harness.ts';
import { install } from './installation.ts';
import { strike } from './strike.ts';

const single = '/api/v1/appointments';
const path = `${single}/bulk`;

const rowsOf = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => appointmentBody({ reference: `${prefix}-${index}` }));

/** Takes a reference and does not commit: whoever wants it has to wait until `client` decides. */
async function holdReference(client: Client, reference: string): Promise<void> {
  await client.query('begin');
  const { rowCount } = await client.query(
    `insert into appointments
     select (jsonb_populate_record(a, jsonb_build_object(
       'id', gen_random_uuid(), 'entry_code', 'held', 'reference', $1::text))).*
     from appointments a where reference = 'template'`,
    [reference],
  );
  if (rowCount !== 1) throw new Error('the template is not there');
}

/** Resolves when so many bulks wait for a row. */
const untilWaiting = (query: TestServer['testDatabase']['query'], count: number) =>
  // On a connection without a transaction, in which the view would stand still.
  eventually(async () => {
    const waiting = await query(
      `select from pg_stat_activity where datname = current_database()
         and wait_event_type = 'Lock' and query like 'with sent%'`,
    );
    return waiting.length === count;
  });

async function send(url: string, token: string, address: string, body: object, headers = {}) {
  const response = await fetch(`${url}${address}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const json = (await response.json()) as { data: { status: number }[] };
  return { status: response.status, headers: response.headers, json };
}

/** Rows are waited for up to two seconds; where the machine took longer, the scene is played again. */
async function unhurried<Answer extends { status: number }>(
  name: string,
  play: (attempt: string) => Promise<Answer[]>,
): Promise<Answer[]> {
  for (let attempt = 1; ; attempt++) {
    const answers = await play(`${name}-${attempt}`);
    if (attempt === 5 || answers.every(({ status }) => status !== 503)) return answers;
  }
}

describe('a bulk that has to wait', () => {
  let anteroom: TestServer;
  let second: Server;
  let outside: Client;
  let secondUrl: string;
  beforeAll(async () => {
    anteroom = await startTestServer();
    second = await buildServer({
      databaseUrl: anteroom.testDatabase.appUrl,
      log: pino({ level: 'silent' }),
      trustedProxies: [],
      rateLimitPerMinute: 0,
      sweepEveryMs: 0,
    });
    secondUrl = `http://127.0.0.1:${await second.listen({ host: '127.0.0.1', port: 0 })}`;
    outside = new Client({ connectionString: anteroom.testDatabase.superuserUrl });
    await outside.connect();
    await anteroom.call('POST', single, { body: appointmentBody({ reference: 'template' }) });
  });
  afterAll(async () => {
    await outside.end();
    await second.close();
    await anteroom.close();
  });

  const statusesOf = ({ json }: { json: { data: { status: number }[] } }) =>
    json.data.map(({ status }) => status);

  it('holds up the client’s next bulks, of which too many are refused, and nobody else', async () => {
    const bulk = (prefix: string) =>
      anteroom.call('POST', path, { body: { appointments: rowsOf(200, prefix) } });
    const answers = await unhurried('held', async (attempt) => {
      await holdReference(outside, `${attempt}-150`);
      let isHeld = true;
      const noting = async (prefix: string) => ({ ...(await bulk(prefix)), isHeld });
      const held = noting(attempt);
      await untilWaiting(anteroom.testDatabase.query, 1);
      const next = ['b', 'c', 'd', 'e'].map((prefix) => noting(`${attempt}-${prefix}`));
      const first = await Promise.race([held, ...next]);
      const alone = await anteroom.call('POST', single, { body: appointmentBody() });
      const other = await anteroom.call('POST', path, {
        body: { appointments: rowsOf(200, attempt) },
        as: anteroom.organisations[1],
      });
      isHeld = false;
      await outside.query('rollback');
      expect([alone.status, other.status]).toEqual([201, 200]);
      return [...(await Promise.all([held, ...next])), first];
    });
    const [held, ...next] = answers.slice(0, -1);
    const first = answers.at(-1);
    expect([first?.status, first?.json.code, first?.isHeld]).toEqual([
      429,
      'too_many_requests',
      true,
    ]);
    expect(first?.headers.get('retry-after')).toBe('2');
    expect([held?.status, held?.isHeld]).toEqual([200, false]);
    expect(next.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429]);
    for (const answer of [held, ...next]) {
      if (answer?.status === 200) expect(statusesOf(answer)).toEqual(Array(200).fill(201));
    }
  });

  it('is tried again when another that waits for it was let through first', async () => {
    const [there, back] = await unhurried('crossed', async (attempt) => {
      const rows = rowsOf(300, attempt);
      const { token } = anteroom.organisations[0];
      await holdReference(outside, `${attempt}-150`);
      const both = Promise.all([
        send(anteroom.url, token, path, { appointments: rows }),
        send(secondUrl, token, path, { appointments: rows.toReversed() }),
      ]);
      await untilWaiting(anteroom.testDatabase.query, 2);
      // Each has half of the rows now, and will want the other's.
      await outside.query('rollback');
      return both;
    });
    expect([there?.status, back?.status]).toEqual([200, 200]);
    const told = [there, back].map((answer) => new Set(answer && statusesOf(answer)));
    expect(told.toSorted((one) => (one.has(201) ? -1 : 1))).toEqual([
      new Set([201]),
      new Set([422]),
    ]);
    await eventually(async () => {
      const [found] = await anteroom.testDatabase.query<{ deadlocks: string }>(
        'select deadlocks from pg_stat_database where datname = current_database()',
      );
      return Number(found?.deadlocks) > 0;
    });
  });
});

describe('turns', () => {
  it('are given in order, one of a key and a few of all, also after a failure', async () => {
    const turns = openTurns({ together: 2, mostWaiting: 3, patienceMs: 60_000 });
    const told: string[] = [];
    const ends = new Map<string, PromiseWithResolvers<void>>();
    const work = (key: string, name: string) => {
      const end = Promise.withResolvers<void>();
      ends.set(name, end);
      return turns(key, async () => {
        told.push(name);
        await end.promise;
      });
    };
    const done = ['a1', 'a2', 'b1', 'c1', 'a3'].map((name) => work(name.slice(0, 1), name));
    const settled = Promise.allSettled(done);
    const turn = async (name: string) => {
      ends.get(name)?.resolve();
      await eventually(() => told.length >= 3);
    };
    expect(told).toEqual([]);
    await eventually(() => told.length === 2);
    expect(told).toEqual(['a1', 'b1']);
    await turn('b1');
    expect(told).toEqual(['a1', 'b1', 'c1']);
    ends.get('a1')?.reject(new Error('failed'));
    await eventually(() => told.length === 4);
    expect(told.at(-1)).toBe('a2');
    ends.get('c1')?.resolve();
    ends.get('a2')?.resolve();
    await eventually(() => told.length === 5);
    ends.get('a3')?.resolve();
    expect((await settled).map(({ status }) => status)).toEqual([
      'rejected',
      ...Array(4).fill('fulfilled'),
    ]);
  });

  it('are not waited for longer than patience lasts', async () => {
    const turns = openTurns({ together: 1, mostWaiting: 3, patienceMs: 20 });
    const end = Promise.withResolvers<void>();
    const first = turns('a', () => end.promise);
    await expect(turns('b', async () => {})).rejects.toMatchObject({ code: 'unavailable' });
    end.resolve();
    await first;
    await expect(turns('b', async () => 'done')).resolves.toBe('done');
  });
});

it('leaves nothing of a bulk when the server is killed in the middle of it', async () => {
  const installation = await install();
  const outside = await installation.connect();
  try {
    const post = (address: string, body: object) =>
      send(installation.url, installation.token, address, body, { 'idempotency-key': address });
    const count = async () =>
      (await outside.query(`select from appointments where reference like 'kill-%'`)).rowCount;
    await post(single, appointmentBody({ reference: 'template' }));
    await holdReference(outside, 'kill-250');
    const appointments = rowsOf(300, 'kill');
    const cut = post(path, { appointments }).then(
      () => 'answered',
      () => 'cut',
    );
    await untilWaiting(installation.query, 1);
    const { processId, ended } = installation.server;
    await strike({ processId, word: 'main.ts serve', deed: 'SIGKILL', afterMs: 0 });
    await ended;
    expect(await cut).toBe('cut');
    await outside.query('rollback');
    await eventually(async () => {
      const { rowCount } = await outside.query(
        `select from pg_stat_activity where application_name = 'anteroom'`,
      );
      return rowCount === 0;
    });
    expect(await count()).toBe(0);

    installation.serve();
    await eventually(() =>
      fetch(`${installation.url}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    const [made, again] = [await post(path, { appointments }), await post(path, { appointments })];
    expect([made.status, made.headers.get('idempotency-replayed')]).toEqual([200, null]);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect(again.json).toEqual(made.json);
    expect(await count()).toBe(300);
  } finally {
    await outside.end();
    await installation.remove();
  }
}, 60_000);
