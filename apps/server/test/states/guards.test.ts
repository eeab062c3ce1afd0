import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../harness.ts';
import type { Status } from './model.ts';
import { openScene, type Scene } from './scene.ts';
import {
  at,
  command,
  inProgress,
  movesBy,
  noShow,
  onHold,
  situations,
  sweep,
  wait,
  waiting,
} from './situations.ts';
import { openStage } from './stage.ts';
import { instant } from './stored.ts';
import { type Action, beginning } from './walk.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await openStage(beginning());
});
afterAll(() => anteroom.close());

/** An appointment that all this has happened to. */
async function after(...actions: readonly Action[]): Promise<Scene> {
  const scene = await openScene(anteroom);
  await scene.does(...actions);
  return scene;
}

const statusOf = async (scene: Scene) => (await scene.stored()).row.status;
const refused = 'transition_not_allowed';
const arrival = command('claimant', 'arrive');
const absence = command('agent', 'markNoShow');
const leave = command('claimant', 'leave');
const correction = command('agent', 'correct');
const lateCorrection = command('agent', 'correctClosed');

describe('an arrival', () => {
  it.each([
    ['31 minutes before the start', at('opens', -1), refused, 'scheduled'],
    ['30 minutes before the start', at('opens'), 'ok', 'waiting'],
    ['a minute before the room closes', at('closes', -1), 'ok', 'waiting'],
    ['when the room has closed', at('closes'), refused, 'scheduled'],
  ])('%s: %o is %s', async (_, moment, answered, status) => {
    for (const by of ['claimant', 'agent', 'api'] as const) {
      const scene = await after(moment);
      expect(await scene.does(command(by, 'arrive'))).toBe(answered);
      expect(await statusOf(scene)).toBe(status);
    }
  });

  it('reported again is well and changes nothing', async () => {
    const scene = await after(...waiting);
    const before = await scene.stored();
    expect(await scene.does(wait(1), arrival)).toBe('ok');
    expect(await scene.does({ does: 'patch', insists: 'current', status: 'waiting' })).toBe('ok');
    expect((await scene.stored()).bytes).toBe(before.bytes);
  });

  it('after a no-show is possible until the room closes', async () => {
    const scene = await after(...noShow, at('closes', -1));
    expect(await scene.does(arrival)).toBe('ok');
    const late = await after(...noShow, at('closes'));
    expect(await late.does(arrival)).toBe(refused);
  });

  it('of another actor is refused', async () => {
    const scene = await after(at('starts'));
    expect(await scene.does(command('sweeper', 'arrive'))).toBe(refused);
    expect(await scene.does(command('connection', 'arrive'))).toBe(refused);
  });
});

describe('a no-show', () => {
  it.each([
    ['14 minutes after the start', at('absent', -1), refused],
    ['15 minutes after the start', at('absent'), 'ok'],
    ['after the room has closed', at('closes'), 'ok'],
  ])('%s: %o is %s for agent and API', async (_, moment, answered) => {
    const byAgent = await after(moment);
    expect(await byAgent.does(absence)).toBe(answered);
    const byApi = await after(moment);
    expect(await byApi.does({ does: 'patch', insists: 'no', status: 'no_show' })).toBe(answered);
  });

  it('never follows an arrival, also when the claimant has left again', async () => {
    const present = await after(...waiting, at('absent'));
    expect(await present.does(absence)).toBe(refused);
    const left = await after(...waiting, wait(1), leave, at('absent'));
    expect(await left.does(absence)).toBe(refused);
    expect(await left.does({ does: 'patch', insists: 'no', status: 'no_show' })).toBe(refused);
    expect(await left.does(at('closes'), sweep)).toBe('ok');
    expect((await left.stored()).row).toMatchObject({
      status: 'cancelled',
      cancellation_reason: 'left',
    });
    const late = await after(...noShow, wait(1), arrival, wait(1), leave, wait(1));
    expect(await late.does(absence)).toBe(refused);
  });

  it('may follow an arrival for an earlier time, after a move to another', async () => {
    const scene = await after(...waiting, movesBy(30), at('absent'));
    expect(await scene.does(absence)).toBe('ok');
  });
});

describe('a correction', () => {
  it('before the room closes needs a reason, and returns to scheduled', async () => {
    const scene = await after(...noShow, wait(5));
    expect(await scene.does(command('agent', 'correct', null))).toBe(refused);
    expect(await scene.does(lateCorrection)).toBe(refused);
    expect(await scene.does(command('api', 'correct'))).toBe(refused);
    expect(await scene.does(correction)).toBe('ok');
    expect((await scene.stored()).row).toMatchObject({
      status: 'scheduled',
      correction_reason: 'why',
    });
  });

  it('after the room has closed needs a reason, and cancels', async () => {
    const scene = await after(...noShow, at('closes'));
    expect(await scene.does(command('agent', 'correctClosed', null))).toBe(refused);
    expect(await scene.does(correction)).toBe(refused);
    expect(await scene.does(lateCorrection)).toBe('ok');
    expect((await scene.stored()).row).toMatchObject({
      status: 'cancelled',
      cancellation_reason: 'corrected',
      correction_reason: 'why',
    });
  });
});

describe('a move to another time', () => {
  it('from waiting returns to scheduled, raises the revision and clears the arrival', async () => {
    const scene = await after(...waiting, command('agent', 'admit'));
    expect(await scene.does(movesBy(24 * 60))).toBe('ok');
    const { row } = await scene.stored();
    expect(row).toMatchObject({ status: 'scheduled', revision: 2, version: 4 });
    expect([row.arrived_at, row.left_at, row.admitted_at, row.corrected_at]).toEqual(
      Array(4).fill(null),
    );
    expect(instant(row.appointment_at)).toBe('2026-03-03T10:00:00.000Z');
  });

  it('to the same time is no move', async () => {
    const scene = await after(...waiting);
    const before = await scene.stored();
    expect(await scene.does(movesBy(0))).toBe('ok');
    expect((await scene.stored()).bytes).toBe(before.bytes);
  });

  it('to a time whose room has closed is refused', async () => {
    const scene = await after(...waiting);
    expect(await scene.does(movesBy(-48 * 60))).toBe('validation_failed');
  });

  it.each(Object.keys(situations).filter((name) => /session|progress|hold/.test(name)))(
    'is refused when %s, and another field is not',
    async (name) => {
      const scene = await after(...(situations[name] ?? []));
      expect(await scene.does(movesBy(30))).toBe(refused);
      expect(await scene.does({ does: 'patch', insists: 'no', name: 'Somebody Else' })).toBe('ok');
    },
  );

  it('is what a caller with an old version may not make', async () => {
    const scene = await after(...waiting);
    expect(await scene.does({ does: 'patch', insists: 'stale', movesBy: 30 })).toBe(
      'version_mismatch',
    );
  });
});

describe('leaving', () => {
  it('is possible before a session and not after one', async () => {
    const before = await after(...waiting);
    expect(await before.does(leave)).toBe('ok');
    expect(await statusOf(before)).toBe('scheduled');
    const midCall = await after(...inProgress);
    expect(await midCall.does(leave)).toBe(refused);
    expect(await midCall.does(command('agent', 'putBack'), leave)).toBe(refused);
  });
});

describe('cancelling', () => {
  it('by API, agent and claimant is possible before a session', async () => {
    for (const by of ['api', 'agent', 'claimant'] as const) {
      for (const situation of [[], waiting]) {
        const scene = await after(...situation);
        expect(await scene.does(command(by, 'cancel'))).toBe('ok');
        expect(await statusOf(scene)).toBe('cancelled');
      }
    }
  });

  it('is refused once there was a session', async () => {
    const scene = await after(...onHold);
    expect(await scene.does(command('api', 'cancel'))).toBe(refused);
    const again = await after(...inProgress, command('agent', 'putBack'));
    expect(await again.does(command('claimant', 'cancel'))).toBe(refused);
  });

  it('again is well and changes nothing, not even the reason', async () => {
    const scene = await after(command('api', 'cancel', 'the first reason'));
    const before = await scene.stored();
    expect(await scene.does(wait(5), command('api', 'cancel', 'another reason'))).toBe('ok');
    expect(await scene.does(command('agent', 'cancel', null))).toBe('ok');
    expect((await scene.stored()).bytes).toBe(before.bytes);
  });
});

describe('what is final', () => {
  const fields: Record<string, unknown> = {
    appointment_at: '2026-03-04T10:00:00Z',
    duration_in_minutes: 45,
    is_interpreter_needed: true,
    interpreter_language: 'Welsh',
    claimant: { name: 'Somebody Else' },
    features_screen_sharing_enable: true,
    use_custom_post_call_redirect: true,
    custom_user_post_call_redirect_url: 'https://www.example.org/after',
    custom_agent_post_call_redirect_url: 'https://www.example.org/after',
  };
  const finals = Object.entries(situations).filter(([name]) =>
    /^(completed|cancelled|no-show)/.test(name),
  );

  it.each(finals)('%s: no field can be changed any more, and no status', async (_, actions) => {
    const scene = await after(...actions);
    const before = await scene.stored();
    const path = `/api/v1/appointments/${scene.id}`;
    for (const [name, value] of Object.entries(fields)) {
      const answer = await anteroom.call('PATCH', path, { body: { [name]: value } });
      expect([name, answer.status, answer.json.code]).toEqual([name, 409, refused]);
    }
    const words: readonly Status[] = ['scheduled', 'in_progress', 'on_hold', 'completed'];
    for (const status of words.filter((word) => word !== before.row.status)) {
      const answer = await anteroom.call('PATCH', path, { body: { status } });
      expect([status, answer.status]).toEqual([status, 409]);
    }
    expect((await scene.stored()).bytes).toBe(before.bytes);
  });

  it.each(finals)('%s: saying again what already is changes nothing', async (_, actions) => {
    const scene = await after(...actions);
    const before = await scene.stored();
    const body = { claimant: { name: 'Ada Example' }, status: before.row.status };
    const answer = await anteroom.call('PATCH', `/api/v1/appointments/${scene.id}`, { body });
    expect(answer.status).toBe(200);
    expect((await scene.stored()).bytes).toBe(before.bytes);
  });
});
