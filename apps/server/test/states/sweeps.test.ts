import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepAppointments } from '../../src/appointments/index.ts';
import { sweepConnections } from '../../src/calls/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import type { TestServer } from '../harness.ts';
import { closesAt } from './model.ts';
import { openScene, type Scene } from './scene.ts';
import {
  at,
  command,
  inProgress,
  joins,
  leaves,
  noShow,
  onHold,
  situations,
  sweep,
  wait,
} from './situations.ts';
import { openStage } from './stage.ts';
import { instant } from './stored.ts';
import { type Action, beginning } from './walk.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await openStage(beginning());
});
afterAll(() => anteroom.close());

async function after(...actions: readonly Action[]): Promise<Scene> {
  const scene = await openScene(anteroom);
  await scene.does(...actions);
  return scene;
}

const rowOf = async (scene: Scene) => (await scene.stored()).row;

describe('a call that its people have left', () => {
  // The sweep asks only where something may be due, so the command is asked by itself as well.
  const endDeserted = command('sweeper', 'endDeserted');
  const calls = [
    ['in progress', inProgress],
    ['on hold', onHold],
  ] as const;

  it.each(calls)('%s, is over ten minutes after the last of them left', async (status, actions) => {
    const scene = await after(...actions, wait(3), leaves('claimant'), wait(4), leaves('agent'));
    const leftAt = new Date(scene.stand().now).toISOString();
    await scene.does(wait(9), sweep);
    expect(await scene.does(endDeserted)).toBe('transition_not_allowed');
    expect((await rowOf(scene)).status).toBe(status.replace(' ', '_'));
    await scene.does(wait(1), sweep);
    const row = await rowOf(scene);
    expect(row).toMatchObject({ status: 'completed', outcome: null });
    expect(instant(row.session_ended_at)).toBe(leftAt);
    const hold = status === 'on hold' ? leftAt : null;
    expect(instant(row.on_hold_ended_at)).toBe(hold);
  });

  it.each(calls)('%s, by one side, is over after an hour', async (_, actions) => {
    for (const side of ['agent', 'claimant'] as const) {
      const scene = await after(...actions, wait(3), leaves(side));
      const leftAt = new Date(scene.stand().now).toISOString();
      await scene.does(wait(59), sweep);
      expect(await scene.does(endDeserted)).toBe('transition_not_allowed');
      expect((await rowOf(scene)).session_ended_at).toBeNull();
      await scene.does(wait(1), sweep);
      const row = await rowOf(scene);
      expect(row.status).toBe('completed');
      expect(instant(row.session_ended_at)).toBe(leftAt);
    }
  });

  it('goes on when somebody comes back in time', async () => {
    const scene = await after(...inProgress, leaves('agent'), leaves('claimant'), wait(9));
    await scene.does(joins('claimant'), wait(10), joins('agent'), wait(300), sweep);
    expect((await rowOf(scene)).status).toBe('in_progress');
  });

  it('closes a hold that began after the last of them had left, where it began', async () => {
    const scene = await after(...inProgress, leaves('agent'), leaves('claimant'), wait(5));
    await scene.does(command('agent', 'hold'), wait(5), sweep);
    const row = await rowOf(scene);
    expect(row.status).toBe('completed');
    expect(row.on_hold_ended_at).toBe(row.on_hold_started_at);
    expect(row.session_ended_at).toBe(row.on_hold_started_at);
  });

  it('ends where it began when everyone left at once', async () => {
    const scene = await after(...inProgress, leaves('agent'), leaves('claimant'), wait(10), sweep);
    const row = await rowOf(scene);
    expect(row.session_ended_at).toBe(row.session_started_at);
  });
});

describe('when the room closes', () => {
  const endings: Record<string, [string, string | null, string | null]> = {
    scheduled: ['no_show', null, null],
    'scheduled after leaving': ['cancelled', 'left', null],
    'scheduled after a corrected no-show': ['cancelled', 'corrected', null],
    'scheduled after an arrival and a move to later': ['no_show', null, null],
    waiting: ['cancelled', 'not_seen', null],
    'waiting after a no-show': ['cancelled', 'not_seen', null],
    'waiting and admitted': ['cancelled', 'not_seen', null],
    'waiting after a session': ['completed', null, 'abandoned'],
    'waiting after a session that both left': ['completed', null, 'abandoned'],
    'in progress': ['in_progress', null, null],
    'on hold': ['on_hold', null, null],
    'no-show': ['no_show', null, null],
  };

  it.each(Object.entries(endings))('an appointment that is %s', async (name, wanted) => {
    const scene = await after(...(situations[name] ?? []));
    const before = await scene.stored();
    await scene.does(at('closes', -1), sweep);
    if (!name.startsWith('in progress')) expect((await scene.stored()).bytes).toBe(before.bytes);
    await scene.does(at('closes'), sweep);
    const { status, cancellation_reason: reason, outcome } = await rowOf(scene);
    expect([status, reason, outcome]).toEqual(wanted);
  });

  it('an abandoned call ended when the last of them left, else when the room closed', async () => {
    const left = await after(...(situations['waiting after a session that both left'] ?? []));
    const leftAt = new Date(left.stand().now).toISOString();
    await left.does(at('closes'), sweep);
    expect(instant((await rowOf(left)).session_ended_at)).toBe(leftAt);
    const there = await after(
      ...(situations['waiting after a session'] ?? []),
      at('closes'),
      sweep,
    );
    expect(instant((await rowOf(there)).session_ended_at)).toBe('2026-03-02T23:59:59.000Z');
  });

  it('however late the sweep comes, nobody who never came is called undecided', async () => {
    const scene = await after(at('undecided', 24 * 60), sweep);
    expect(await rowOf(scene)).toMatchObject({ status: 'no_show', cancellation_reason: null });
  });

  it('whom a person marked or moved in time is let be', async () => {
    const marked = await after(...noShow, at('closes'), sweep, at('undecided'), sweep);
    expect((await rowOf(marked)).status).toBe('no_show');
    const moved = await after(at('closes', 5), { does: 'patch', insists: 'no', movesBy: 24 * 60 });
    await moved.does(sweep);
    expect((await rowOf(moved)).status).toBe('scheduled');
  });
});

describe('two sweeps at once', () => {
  it('have one effect on each appointment', async () => {
    const names = [
      'scheduled',
      'scheduled after leaving',
      'waiting',
      'waiting after a session that both left',
      'in progress, left by both',
    ];
    const scenes: Scene[] = [];
    for (let count = 0; count < 10; count++) {
      for (const name of names) scenes.push(await after(...(situations[name] ?? [])));
    }
    const versions: number[] = [];
    for (const scene of scenes) versions.push(Number((await rowOf(scene)).version));
    await anteroom.setClock(new Date(closesAt(beginning().appointment)).toISOString());
    const { appUrl } = anteroom.testDatabase;
    const doors = await Promise.all([1, 2, 3].map(() => openDatabase({ url: appUrl })));
    await Promise.all(doors.map((door) => sweepAppointments(door)));
    await Promise.all(doors.map((door) => door.close()));
    for (const [index, scene] of scenes.entries()) {
      const { row, events } = await scene.stored();
      expect(row.version).toBe((versions[index] ?? 0) + 1);
      expect(events).toHaveLength(Number(row.version));
    }
  });
});

describe('time alone', () => {
  const unfinished = Object.entries(situations).filter(([name]) =>
    /^(scheduled|waiting|in progress|on hold)/.test(name),
  );

  it.each(unfinished)('brings what is %s to an end (I9)', async (_, actions) => {
    const dying = actions.map((action) =>
      action.does === 'connect' ? { ...action, lasts: false } : action,
    );
    const scene = await after(...dying);
    await scene.does(sweep, wait(60), sweep, at('closes'), sweep, at('undecided'), sweep);
    expect(['completed', 'cancelled', 'no_show']).toContain((await rowOf(scene)).status);
  });

  it('does not end a call whose people are still connected', async () => {
    const scene = await after(...inProgress, at('undecided'));
    await sweepConnections(anteroom.database);
    await scene.does(sweep);
    expect((await rowOf(scene)).status).toBe('in_progress');
  });
});
