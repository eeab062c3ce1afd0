import { expect, it } from 'vitest';
import { addDays, instantsOf, localTimeOf } from '../src/zone.ts';

const london = 'Europe/London';
const iso = (date: string, time: string, zone: string) =>
  instantsOf({ date, time }, zone).map((instant) => instant.toISOString());

it('knows the one instant of a time of day', () => {
  expect(iso('2026-07-01', '09:30', london)).toEqual(['2026-07-01T08:30:00.000Z']);
  expect(iso('2026-12-01', '09:30', london)).toEqual(['2026-12-01T09:30:00.000Z']);
  expect(iso('2026-07-01', '00:15', 'Asia/Kathmandu')).toEqual(['2026-06-30T18:30:00.000Z']);
});

it('knows no instant in the hour that is skipped', () => {
  expect(iso('2026-03-29', '01:30', london)).toEqual([]);
  expect(iso('2026-03-29', '02:00', london)).toEqual(['2026-03-29T01:00:00.000Z']);
});

it('knows both instants in the hour that comes twice', () => {
  expect(iso('2026-10-25', '01:30', london)).toEqual([
    '2026-10-25T00:30:00.000Z',
    '2026-10-25T01:30:00.000Z',
  ]);
});

it('reads nothing from what is no time', () => {
  expect(iso('', '', london)).toEqual([]);
});

it('says what clocks show, and counts days over a change of the clocks', () => {
  const instant = new Date('2026-10-25T23:30:00Z');
  expect(localTimeOf(instant, 'Europe/Warsaw')).toEqual({ date: '2026-10-26', time: '00:30' });
  expect(addDays('2026-10-24', 2)).toBe('2026-10-26');
  expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
});
