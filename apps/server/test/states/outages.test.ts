import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepAppointments } from '../../src/appointments/index.ts';
import { sweepConnections } from '../../src/calls/index.ts';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import { day, hour, minute } from './model.ts';
import { plant } from './raw-moves.ts';
import { instant, look } from './stored.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

const iso = (time: number) => new Date(time).toISOString();
const second = 1_000;

/** A process that beat from here to there. */
const beats = (from: number, until: number, processId = randomUUID()) =>
  anteroom.testDatabase.query('insert into heartbeats values ($1, $2, $3)', [
    processId,
    iso(from),
    iso(until),
  ]);

/** An appointment of an hour, in real time; its id. */
const book = (startsAt: number, more: Record<string, unknown> = {}) =>
  plant(anteroom.testDatabase, anteroom.organisations[0].id, 'scheduled', {
    appointment_at: iso(startsAt),
    duration_in_minutes: 60,
    ...more,
  });

async function sweptTo(id: string): Promise<unknown> {
  await sweepAppointments(anteroom.database);
  const { row } = await look(anteroom, id);
  return row.cancellation_reason ? `${row.status}: ${row.cancellation_reason}` : row.status;
}

/** Noon, this many days ago: each test has days of its own. */
const noon = (daysAgo: number) => Math.floor(Date.now() / day) * day - daysAgo * day + 12 * hour;

/** The time in which the claimant of such an appointment could have come: what must be served. */
const windowOf = (startsAt: number) => [startsAt - 30 * minute, startsAt + hour] as const;

describe('somebody who never came', () => {
  it('is a no-show when the service ran then, whatever it did before and after', async () => {
    const startsAt = noon(2);
    await beats(...windowOf(startsAt));
    expect(await sweptTo(await book(startsAt))).toBe('no_show');
  });

  it('is a no-show when one process took over from another within a minute', async () => {
    const startsAt = noon(3);
    const [from, until] = windowOf(startsAt);
    await beats(from - hour, startsAt);
    await beats(startsAt + 60 * second, until + hour);
    expect(await sweptTo(await book(startsAt))).toBe('no_show');
  });

  it('is nothing yet when the service was silent for longer than a minute', async () => {
    const startsAt = noon(4);
    const [from, until] = windowOf(startsAt);
    await beats(from - hour, startsAt);
    await beats(startsAt + 61 * second, until + hour);
    expect(await sweptTo(await book(startsAt))).toBe('scheduled');
  });

  it('is nothing yet when the service came late, or went early', async () => {
    const [late, early] = [noon(5), noon(6)];
    await beats(windowOf(late)[0] + second, windowOf(late)[1]);
    await beats(windowOf(early)[0], windowOf(early)[1] - 61 * second);
    expect(await sweptTo(await book(late))).toBe('scheduled');
    expect(await sweptTo(await book(early))).toBe('scheduled');
  });

  it('is undecided after seven days in which nobody decided', async () => {
    const startsAt = noon(9);
    const aWeekAgo = Date.now() - 7 * day;
    const soon = await book(startsAt, { room_closes_at: iso(aWeekAgo + minute) });
    const due = await book(startsAt, { room_closes_at: iso(aWeekAgo - second) });
    expect(await sweptTo(soon)).toBe('scheduled');
    expect(await sweptTo(due)).toBe('cancelled: undecided');
  });

  it('is a no-show also when the sweep comes weeks late: there was nothing to decide', async () => {
    const startsAt = noon(30);
    await beats(...windowOf(startsAt));
    expect(await sweptTo(await book(startsAt))).toBe('no_show');
  });
});

describe('somebody who came, or was wrongly marked absent, in a time of silence', () => {
  it('is cancelled when the room closes, without waiting for a decision', async () => {
    const startsAt = noon(4);
    const arrived = { arrived_at: iso(startsAt), left_at: iso(startsAt + minute) };
    expect(await sweptTo(await book(startsAt, arrived))).toBe('cancelled: left');
    const corrected = { corrected_at: iso(startsAt + hour) };
    expect(await sweptTo(await book(startsAt, corrected))).toBe('cancelled: corrected');
  });
});

describe('the heartbeat of a process', () => {
  it('keeps a gap when the process, or the database, was away for more than a minute', async () => {
    const startsAt = noon(20);
    const [own] = await anteroom.testDatabase.query<{ process_id: string }>(
      `select process_id from heartbeats where beat_at > now() - interval '1 minute'`,
    );
    await anteroom.testDatabase.query(
      'update heartbeats set started_at = $2, beat_at = $3 where process_id = $1',
      [own?.process_id, iso(startsAt - day), iso(startsAt)],
    );
    await eventually(async () => {
      const [row] = await anteroom.testDatabase.query<{ is_back: boolean }>(
        `select beat_at > now() - interval '1 minute' as is_back from heartbeats
         where process_id = $1`,
        [own?.process_id],
      );
      return row?.is_back === true;
    });
    expect(await sweptTo(await book(startsAt - 3 * hour))).toBe('no_show');
    expect(await sweptTo(await book(startsAt))).toBe('cancelled: undecided');
  });
});

describe('connections of a process that is gone', () => {
  const connectedSince = async (id: string, agent: string, claimant: string, at: number) =>
    anteroom.testDatabase.query(
      `insert into calls (organisation_id, appointment_id, revision, agent_connected_at,
         agent_process_id, claimant_connected_at, claimant_process_id)
       values ($1, $2, 1, $3, $4, $3, $5)`,
      [anteroom.organisations[0].id, id, iso(at), agent, claimant],
    );
  const callOf = async (id: string) => {
    const [call] = await anteroom.testDatabase.query<{ agent: Date | null; claimant: Date | null }>(
      `select agent_left_at as agent, claimant_left_at as claimant from calls
       where appointment_id = $1`,
      [id],
    );
    return call;
  };
  const inCall = (startedAt: number) =>
    plant(anteroom.testDatabase, anteroom.organisations[0].id, 'in_progress', {
      appointment_at: iso(startedAt),
      session_started_at: iso(startedAt),
    });

  it('count as left at its last beat, and the call ends then', async () => {
    const [startedAt, lastBeat] = [Date.now() - hour, Date.now() - 11 * minute];
    const gone = randomUUID();
    await beats(startedAt - hour, lastBeat, gone);
    const id = await inCall(startedAt);
    await connectedSince(id, gone, gone, startedAt);
    await sweepConnections(anteroom.database);
    expect(await callOf(id)).toEqual({ agent: new Date(lastBeat), claimant: new Date(lastBeat) });
    expect(await sweptTo(id)).toBe('completed');
    expect(instant((await look(anteroom, id)).row.session_ended_at)).toBe(iso(lastBeat));
  });

  it('count as left now when it never beat, and the call goes on for a while', async () => {
    const before = Date.now();
    const id = await inCall(before - hour);
    await connectedSince(id, randomUUID(), randomUUID(), before - hour);
    await sweepConnections(anteroom.database);
    const call = await callOf(id);
    expect(call?.agent?.getTime()).toBeGreaterThanOrEqual(before - second);
    expect(await sweptTo(id)).toBe('in_progress');
  });

  it('count while it has been silent for less than a minute, and on other processes', async () => {
    const [silent, gone] = [randomUUID(), randomUUID()];
    await beats(Date.now() - hour, Date.now() - 40 * second, silent);
    await beats(Date.now() - hour, Date.now() - 2 * minute, gone);
    const id = await inCall(Date.now() - hour);
    await connectedSince(id, silent, gone, Date.now() - hour);
    await sweepConnections(anteroom.database);
    const call = await callOf(id);
    expect(call?.agent).toBeNull();
    expect(call?.claimant).not.toBeNull();
  });

  it('never end before they began', async () => {
    const [connectedAt, lastBeat] = [Date.now() - 5 * minute, Date.now() - 11 * minute];
    const gone = randomUUID();
    await beats(lastBeat - hour, lastBeat, gone);
    const id = await inCall(connectedAt);
    await connectedSince(id, gone, gone, connectedAt);
    await sweepConnections(anteroom.database);
    expect((await callOf(id))?.agent).toEqual(new Date(connectedAt));
  });
});
