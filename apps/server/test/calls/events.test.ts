import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EventsFollower,
  type FollowedEvent,
  followEvents,
} from '../../src/platform/events.ts';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import { schedule } from './pages.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

let follower: EventsFollower;
let told: FollowedEvent[];
/** How often it has looked. */
let looks = 0;
beforeEach(async () => {
  told = [];
  const { anywhere, ...database } = anteroom.database;
  const counting: typeof anywhere = {
    many: anywhere.many,
    one(...asked) {
      looks++;
      return anywhere.one(...asked);
    },
  };
  follower = await followEvents({ ...database, anywhere: counting }, pino({ level: 'silent' }));
  follower.follow(
    (events) => told.push(...events),
    () => true,
  );
});
afterEach(() => follower.stop());

const idsTold = () => told.map(({ appointmentId }) => appointmentId);

/** A connection that commits when it is told to. */
async function openOutside() {
  const outside = new Client({ connectionString: anteroom.testDatabase.superuserUrl });
  outside.on('error', () => {});
  await outside.connect();
  return outside;
}

const insertEvent = `insert into events (organisation_id, appointment_id, version, type, actor_kind, occurred_at)
  values ($1, $2, $3, 'appointment.changed', 'api', now())`;

describe('a follower of events', () => {
  it('is told of every organisation’s, each once', async () => {
    const made: string[] = [];
    for (const organisation of anteroom.organisations) {
      for (let count = 0; count < 20; count++)
        made.push((await schedule(anteroom, organisation)).id);
    }
    await eventually(() => made.every((id) => idsTold().includes(id)));
    const seen = idsTold().filter((id) => made.includes(id));
    expect(seen).toHaveLength(40);
    const [first] = told.filter(({ appointmentId }) => appointmentId === made[0]);
    expect(first).toEqual({
      organisationId: anteroom.organisations[0].id,
      appointmentId: made[0],
      version: 1,
      type: 'appointment.scheduled',
    });
  });

  it('misses none that is committed late, behind others with higher positions', async () => {
    const [{ id: organisationId }] = anteroom.organisations;
    const slow = await openOutside();
    const { id } = await schedule(anteroom);
    await slow.query('begin');
    await slow.query(insertEvent, [organisationId, id, 2]);
    const later: string[] = [];
    for (let count = 0; count < 10; count++) later.push((await schedule(anteroom)).id);
    // They are told although one before them is not there yet.
    await eventually(() => later.every((one) => idsTold().includes(one)));
    expect(told.filter((event) => event.appointmentId === id && event.version === 2)).toEqual([]);
    await slow.query('commit');
    await eventually(() => told.some((event) => event.appointmentId === id && event.version === 2));
    // What came behind it was not told again.
    for (const one of later) expect(idsTold().filter((other) => other === one)).toHaveLength(1);
    await slow.end();
  });

  it('misses none whose transaction is the newest of all while it looks', async () => {
    const [{ id: organisationId }] = anteroom.organisations;
    const newest = await openOutside();
    const { id } = await schedule(anteroom);
    await newest.query('begin');
    await newest.query(insertEvent, [organisationId, id, 2]);
    const before = looks;
    await eventually(() => looks >= before + 3);
    await newest.query('commit');
    await eventually(() => told.some((event) => event.appointmentId === id && event.version === 2));
    await newest.end();
  });

  it('is told nothing of what was rolled back, and goes on behind it', async () => {
    const [{ id: organisationId }] = anteroom.organisations;
    const outside = await openOutside();
    const { id } = await schedule(anteroom);
    await outside.query('begin');
    await outside.query(insertEvent, [organisationId, id, 2]);
    await outside.query('rollback');
    await outside.end();
    const next = (await schedule(anteroom)).id;
    await eventually(() => idsTold().includes(next));
    expect(told.some((event) => event.appointmentId === id && event.version === 2)).toBe(false);
  });

  it('goes on after the database has cut its connections', async () => {
    const before = (await schedule(anteroom)).id;
    await eventually(() => idsTold().includes(before));
    await anteroom.testDatabase.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    let after: string | null = null;
    await eventually(async () => {
      after = await schedule(anteroom).then(
        ({ id }) => id,
        () => null,
      );
      return after !== null;
    });
    await eventually(() => idsTold().includes(after as unknown as string));
  });
});
