import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admit, end, hold, resume } from '../../src/appointments/index.ts';
import { connect, disconnect, startIfReady } from '../../src/calls/index.ts';
import type { TestServer } from '../harness.ts';
import { openScene } from './scene.ts';
import {
  at,
  command,
  inProgress,
  joins,
  leaves,
  movesBy,
  onHold,
  wait,
  waiting,
} from './situations.ts';
import { lastingProcess, openStage } from './stage.ts';
import { instant, type Stored } from './stored.ts';
import { beginning } from './walk.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await openStage(beginning());
});
afterAll(() => anteroom.close());

const organisation = () => anteroom.database.in(anteroom.organisations[0].id);

/** The three things that a start needs, each as whoever does it would. */
const needed = {
  'the agent admits': async (id: string) => {
    await admit(organisation(), { kind: 'agent' }, { id });
    return startIfReady(organisation(), id);
  },
  'the agent connects': async (id: string) =>
    (await connect(organisation(), 'agent', id, { processId: lastingProcess, number: 1 }))
      .hasStarted,
  'the claimant connects': async (id: string) =>
    (await connect(organisation(), 'claimant', id, { processId: lastingProcess, number: 1 }))
      .hasStarted,
};
type Need = keyof typeof needed;

const orders = (Object.keys(needed) as Need[]).flatMap((first, _, all) =>
  all.flatMap((second) =>
    all
      .filter((third) => new Set([first, second, third]).size === 3)
      .map((third) => [first, second, third] as const),
  ),
);

const startsOf = ({ events }: Stored) =>
  events.filter(({ type }) => type === 'appointment.started').length;

describe('a call', () => {
  it.each(orders)('starts once when %s, then %s, then %s', async (...order) => {
    const scene = await openScene(anteroom);
    await scene.does(...waiting);
    const answers: boolean[] = [];
    for (const step of order) answers.push(await needed[step](scene.id));
    expect(answers).toEqual([false, false, true]);
    const before = await scene.stored();
    expect(before.row.status).toBe('in_progress');
    expect(startsOf(before)).toBe(1);
    expect(instant(before.row.session_started_at)).toBe('2026-03-02T09:40:00.000Z');

    await anteroom.setClock('2026-03-02T09:41:00Z');
    for (const step of order.filter((name) => name.endsWith('connects'))) {
      expect(await needed[step](scene.id)).toBe(true);
    }
    expect(await startIfReady(organisation(), scene.id)).toBe(true);
    expect((await scene.stored()).bytes).toBe(before.bytes);
  });

  it('starts once when all of it happens at the same moment, a hundred times', async () => {
    for (let round = 1; round <= 100; round++) {
      const scene = await openScene(anteroom);
      await scene.does(...waiting);
      const answers = await Promise.all(Object.values(needed).map((step) => step(scene.id)));
      expect(answers).toContain(true);
      const stored = await scene.stored();
      expect(stored.row.status).toBe('in_progress');
      expect(startsOf(stored)).toBe(1);
      expect(stored.row.version).toBe(stored.events.length);
    }
  });

  it('does not start while the agent or the claimant is missing, or has left again', async () => {
    const scene = await openScene(anteroom);
    await scene.does(...waiting, command('agent', 'admit'), joins('agent'), leaves('agent'));
    await scene.does(joins('claimant'));
    expect((await scene.stored()).row.status).toBe('waiting');
    await scene.does(leaves('claimant'), joins('agent'));
    expect((await scene.stored()).row.status).toBe('waiting');
    await scene.does(joins('claimant'));
    expect((await scene.stored()).row.status).toBe('in_progress');
  });

  it('goes on after the claimant was put back and admitted again; its start stays', async () => {
    const scene = await openScene(anteroom);
    await scene.does(...inProgress);
    const first = (await scene.stored()).row.session_started_at;
    await scene.does(wait(5), command('agent', 'putBack'));
    expect(await startIfReady(organisation(), scene.id)).toBe(false);
    expect((await scene.stored()).row).toMatchObject({ status: 'waiting', admitted_at: null });
    await scene.does(wait(5), command('agent', 'admit'));
    expect(await startIfReady(organisation(), scene.id)).toBe(true);
    const { row, events } = await scene.stored();
    expect(row).toMatchObject({ status: 'in_progress', session_started_at: first });
    expect(events.filter(({ type }) => type === 'appointment.started')).toHaveLength(2);
  });

  it('is held and resumed any number of times, and keeps the latest hold', async () => {
    const scene = await openScene(anteroom);
    await scene.does(...onHold);
    for (let count = 1; count <= 3; count++) {
      await scene.does(wait(1), command('agent', 'resume'), wait(1), command('agent', 'hold'));
    }
    const { row, events } = await scene.stored();
    expect(row.status).toBe('on_hold');
    expect(instant(row.on_hold_started_at)).toBe('2026-03-02T10:11:00.000Z');
    expect(row.on_hold_ended_at).toBeNull();
    expect(events.filter(({ type }) => type === 'appointment.held')).toHaveLength(4);
    expect(await scene.does(command('agent', 'putBack'))).toBe('transition_not_allowed');
    expect(await scene.does(wait(1), command('agent', 'end'))).toBe('ok');
    expect(instant((await scene.stored()).row.on_hold_ended_at)).toBe('2026-03-02T10:12:00.000Z');
  });

  it('is held also when the clock was put back since it started', async () => {
    const scene = await openScene(anteroom);
    await scene.does(...inProgress);
    const started = '2026-03-02T10:00:00.000Z';
    await anteroom.setClock('2026-03-02T09:59:58Z');
    await hold(organisation(), { kind: 'agent' }, { id: scene.id });
    expect(instant((await scene.stored()).row.on_hold_started_at)).toBe(started);
    await resume(organisation(), { kind: 'agent' }, { id: scene.id });
    await hold(organisation(), { kind: 'agent' }, { id: scene.id });
    await end(organisation(), { kind: 'agent' }, { id: scene.id });
    const { row } = await scene.stored();
    expect(row.status).toBe('completed');
    expect(
      [row.on_hold_started_at, row.on_hold_ended_at, row.session_ended_at].map(instant),
    ).toEqual(Array(3).fill(started));
  });

  it('of another time is not started by connections to the old one', async () => {
    const scene = await openScene(anteroom);
    await scene.does(...waiting, joins('agent'), joins('claimant'), movesBy(10));
    await scene.does(at('starts'), command('claimant', 'arrive'), command('agent', 'admit'));
    expect(await startIfReady(organisation(), scene.id)).toBe(false);
    await scene.does(joins('claimant'), joins('agent'));
    expect((await scene.stored()).row.status).toBe('in_progress');
  });

  it('does not lose a side whose older connection ends after a newer one began', async () => {
    const scene = await openScene(anteroom);
    await scene.does(...inProgress);
    const newer = { processId: lastingProcess, number: 2 };
    const other = { processId: randomUUID(), number: 2 };
    await connect(organisation(), 'claimant', scene.id, other);
    await connect(organisation(), 'claimant', scene.id, newer);
    await disconnect(organisation(), 'claimant', scene.id, 1, other);
    await disconnect(organisation(), 'claimant', scene.id, 1, { ...newer, number: 1 });
    const [call] = await anteroom.testDatabase.query(
      'select claimant_left_at from calls where appointment_id = $1',
      [scene.id],
    );
    expect(call).toEqual({ claimant_left_at: null });
  });
});
