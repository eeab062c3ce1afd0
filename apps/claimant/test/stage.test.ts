import type { Visit } from '@anteroom/contract';
import { expect, it } from 'vitest';
import { mendOf, problemOfConnection, problemOfDevice } from '../src/device-check/findings.ts';
import { stageOf } from '../src/visit/stage.ts';

const visit = (more: Partial<Visit>) =>
  ({
    status: 'scheduled',
    arrival_opens_at: '2026-11-24T10:30:00.000000Z',
    room_closes_at: '2026-11-24T23:59:59.000000Z',
    admitted_at: null,
    ...more,
  }) as Visit;
const at = (time: string) => Date.parse(`2026-11-${time}Z`);

it.each([
  [{}, '24T10:29:59', 'early'],
  [{}, '24T10:30:00', 'arrivable'],
  [{}, '25T00:00:00', 'missed'],
  [{ status: 'no_show' }, '24T12:00:00', 'arrivable'],
  [{ status: 'no_show' }, '25T00:00:00', 'missed'],
  [{ status: 'waiting' }, '24T11:00:00', 'waiting'],
  [{ status: 'waiting', admitted_at: '2026-11-24T11:00:00Z' }, '24T11:00:01', 'called'],
  [{ status: 'in_progress' }, '24T11:00:00', 'called'],
  [{ status: 'on_hold' }, '25T01:00:00', 'called'],
  [{ status: 'completed' }, '24T12:00:00', 'completed'],
  [{ status: 'cancelled' }, '24T12:00:00', 'cancelled'],
] as const)('an appointment %j at %s is %s to its claimant', (more, time, stage) => {
  expect(stageOf(visit(more), at(time))).toBe(stage);
});

it('says what to do about a fault in the words of that browser', () => {
  expect(problemOfDevice('camera', 'blocked')).toBe('camera_blocked');
  expect(problemOfDevice('microphone', 'on')).toBeNull();
  expect(mendOf('microphone_blocked', 'firefox')).toBe('mend.blocked.firefox');
  expect(mendOf('connection_blocked', 'firefox')).toBe('mend.connection');
  expect(mendOf('camera_busy', 'safari')).toBe('mend.busy');
});

it('calls a connection slow by its rate, its answers or its losses, and blocked when calls cannot begin', () => {
  const good = { isOpen: true, round_trip_ms: 40, loss_percent: 0, rate_kbit_s: 2_000 };
  expect(problemOfConnection(good)).toBeNull();
  expect(problemOfConnection({ ...good, rate_kbit_s: 200 })).toBe('connection_slow');
  expect(problemOfConnection({ ...good, round_trip_ms: 900 })).toBe('connection_slow');
  expect(problemOfConnection({ ...good, loss_percent: 40 })).toBe('connection_slow');
  expect(problemOfConnection({ ...good, isOpen: false })).toBe('connection_blocked');
});
