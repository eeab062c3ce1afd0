import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  command,
  type Database,
  openDatabase,
  statement,
  unnamed,
} from '../../src/platform/database/index.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const organisations = 50;
const requests = 10_000;

const readAll = statement<{ organisation_id: string; claimant_name: string }>(
  'test_read_all',
  'select organisation_id, claimant_name from appointments limit 5',
);
const insertName = statement<{ organisation_id: string; claimant_name: string }>(
  'test_touch',
  `update appointments set claimant_name = $1 where reference = 'same' returning organisation_id, claimant_name`,
);
/** Not prepared beforehand: its first use may fail before it is parsed. */
const fail = statement('test_fail', `select 1 / (length($1) - length($1))`);
const markName = command<{ organisation_id: string; claimant_name: string; mark: string }>(
  'test_mark',
  `update appointments set claimant_name = $1 where reference = 'same'
   returning organisation_id, claimant_name, $2::text as mark`,
);
const failShared = command('test_fail_shared', `select 1 / (length($1) - length($1))`);
const broken = unnamed('select nonsense from nowhere');

describe('the door to the data', () => {
  let anteroom: TestServer;
  let database: Database;
  beforeAll(async () => {
    anteroom = await startTestServer({ organisations });
    for (const organisation of anteroom.organisations) {
      // The same reference in all of them.
      const body = appointmentBody({ reference: 'same', claimant: { name: organisation.id } });
      const answer = await anteroom.call('POST', '/api/v1/appointments', {
        body,
        as: organisation,
      });
      expect(answer.status).toBe(201);
    }
    database = await openDatabase({
      url: anteroom.testDatabase.appUrl,
      pipelinedConnections: 3,
      transactionConnections: 2,
    });
  }, 60_000);
  afterAll(async () => {
    await database.close();
    await anteroom.close();
  });

  /** Runs one request of a kind and answers the rows it saw; a third of them fail on purpose. */
  async function request(id: string, kind: number) {
    const door = database.in(id);
    switch (kind) {
      case 0:
        return door.many(readAll, []);
      case 1:
        return door.many(insertName, [id]);
      case 2:
        return door.transaction(async (transaction) => {
          const rows = await transaction.many(readAll, []);
          if (Math.random() < 0.5) throw new Error('aborted on purpose');
          return rows;
        });
      case 3:
        return door.many(fail, ['x']);
      case 4:
        return door.many(broken, []);
      default:
        return database.in('no organisation').many(readAll, []);
    }
  }

  async function countForeign(
    door: typeof request,
  ): Promise<{ foreign: number; seen: number; failed: number }> {
    let [foreign, seen, failed, next] = [0, 0, 0, 0];
    const worker = async () => {
      while (next < requests) {
        next++;
        const { id } = anteroom.organisations[next % organisations] as { id: string };
        // Half read or change, a sixth is a transaction, a third fails one way or another.
        const kind = [0, 1, 0, 2, 3 + (next % 3), 3 + ((next >> 2) % 3)][next % 6] as number;
        const rows = await door(id, kind).catch(() => null);
        if (rows === null) failed++;
        for (const row of (rows ?? []) as { organisation_id: string; claimant_name: string }[]) {
          seen++;
          if (row.organisation_id !== id || row.claimant_name !== id) foreign++;
        }
      }
    };
    await Promise.all(Array.from({ length: 64 }, worker));
    return { foreign, seen, failed };
  }

  it(`shows no foreign byte in ${requests} requests of ${organisations} organisations, a third of them failing`, async () => {
    const { foreign, seen, failed } = await countForeign(request);
    expect(foreign).toBe(0);
    expect(seen).toBeGreaterThan(requests / 3);
    expect(failed).toBeGreaterThan(requests / 4);
  }, 60_000);

  it('gives each of 6000 commands that share transactions its own rows, a third of them failing', async () => {
    const few = anteroom.organisations.slice(0, 3);
    let [wrong, failed, next] = [0, 0, 0];
    const worker = async () => {
      while (next < 6_000) {
        const mark = String(next++);
        const { id } = few[next % few.length] as { id: string };
        if (Math.random() < 1 / 3) {
          const isRefused = await database
            .in(id)
            .many(failShared, [mark])
            .then(
              () => false,
              (error) => error.code === '22012',
            );
          if (isRefused) failed++;
          else wrong++;
          continue;
        }
        const rows = await database.in(id).many(markName, [id, mark]);
        const [row] = rows;
        const isOwn = row?.organisation_id === id && row.claimant_name === id && row.mark === mark;
        if (rows.length !== 1 || !isOwn) wrong++;
      }
    };
    await Promise.all(Array.from({ length: 64 }, worker));
    expect(wrong).toBe(0);
    expect(failed).toBeGreaterThan(1_500);
  }, 60_000);

  it('would show them if a policy let everything through (broken twin)', async () => {
    const { query } = anteroom.testDatabase;
    await query('create policy careless on appointments using (true)');
    try {
      const { foreign } = await countForeign((id) => database.in(id).many(readAll, []));
      expect(foreign).toBeGreaterThan(0);
    } finally {
      await query('drop policy careless on appointments');
    }
  }, 60_000);

  it('is empty without an organisation, and no error', async () => {
    for (const table of [
      'organisations',
      'departments',
      'clients',
      'client_secrets',
      'access_tokens',
      'appointments',
      'events',
      'idempotency_keys',
      'calls',
      'staff',
    ]) {
      expect(await database.anywhere.many(unnamed(`select 1 from ${table}`), [])).toEqual([]);
    }
  });

  it.each([
    'update events set type = type',
    'delete from events',
    'delete from appointments',
    'delete from idempotency_keys',
    'insert into organisations (name, public_url, host) values (1, 2, 3)',
    'update clients set revoked_at = null',
    'alter table appointments disable row level security',
    'set role anteroom_lookup',
  ])('does not let the serving role say: %s', async (text) => {
    const [{ id }] = anteroom.organisations;
    await expect(database.in(id).many(unnamed(text), [])).rejects.toThrow(
      /permission denied|must be owner/,
    );
  });

  it('does not let a row be written for another organisation', async () => {
    const [mine, other] = anteroom.organisations;
    const steal = unnamed('update appointments set organisation_id = $1');
    await expect(database.in(mine.id).many(steal, [other.id])).rejects.toThrow(
      'row-level security',
    );
  });
});
