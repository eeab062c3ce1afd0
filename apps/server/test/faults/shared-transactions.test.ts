import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

describe('commands that arrive together', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  const create = (reference?: string) =>
    anteroom.call('POST', path, { body: appointmentBody(reference ? { reference } : {}) });
  const change = (id: string, minutes: number) =>
    anteroom.call('PATCH', `${path}/${id}`, { body: { duration_in_minutes: minutes } });
  async function createMany(count: number): Promise<string[]> {
    const answers = await Promise.all(Array.from({ length: count }, () => create()));
    expect(answers.map(({ status }) => status)).toEqual(Array(count).fill(201));
    return answers.map(({ json }) => json.data.id);
  }

  it('share transactions, and each is committed when it is answered', async () => {
    const ids = await createMany(100);
    const [found] = await anteroom.testDatabase.query<{ transactions: number; events: number }>(
      `select count(distinct transaction_id)::int as transactions, count(*)::int as events
       from events where appointment_id = any($1)`,
      [ids],
    );
    expect(found?.events).toBe(100);
    expect(found?.transactions).toBeLessThan(100);
  });

  it('stand or fall each by itself', async () => {
    await create('taken');
    const references = Array.from({ length: 40 }, (_, index) =>
      index % 4 ? `free-${index}` : 'taken',
    );
    const answers = await Promise.all(references.map(create));
    expect(answers.map(({ status }) => status)).toEqual(
      references.map((reference) => (reference === 'taken' ? 422 : 201)),
    );
    const stored = await anteroom.testDatabase.query(
      `select reference from appointments where reference like 'free-%'`,
    );
    expect(stored).toHaveLength(30);
    const [found] = await anteroom.testDatabase.query<{ most: number }>(
      `select max(count) as most from (select count(*)::int from events group by appointment_id) counts`,
    );
    expect(found?.most).toBe(1);
  });

  // A loaded machine may need longer than the two seconds that a request waits for a row.
  it('do not wait for one whose row is held by someone else', { retry: 2 }, async () => {
    const ids = await createMany(20);
    const [held, ...free] = ids as [string, ...string[]];
    const outside = new Client({ connectionString: anteroom.testDatabase.superuserUrl });
    await outside.connect();
    try {
      // Every connection knows the statement.
      await Promise.all(ids.map((id) => change(id, 40)));
      await Promise.all(ids.map((id) => change(id, 41)));
      await outside.query('begin');
      await outside.query('select from appointments where id = $1 for update', [held]);
      let isHeld = true;
      const waiting = change(held, 45).then(({ status }) => ({ status, isHeld }));
      const others = await Promise.all(free.map((id) => change(id, 45)));
      expect(others.map(({ status }) => status)).toEqual(free.map(() => 200));
      isHeld = false;
      await outside.query('rollback');
      expect(await waiting).toEqual({ status: 200, isHeld: false });
    } finally {
      await outside.end();
    }
  });

  it('do not block one another for good when they meet in opposite orders', async () => {
    const ids = await createMany(12);
    for (let round = 0; round < 20; round++) {
      const minutes = 100 + round * 2;
      const there = ids.map((id) => change(id, minutes));
      const back = ids.toReversed().map((id) => change(id, minutes + 1));
      const answers = await Promise.all([...there, ...back]);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
  });
});
