import { expect, it } from 'vitest';
import { stopUnderRequests } from './stops.ts';

const requests = 40;

// A loaded machine may need longer than the two seconds that a request waits for a row.
it('answers what it accepted, refuses more at once, and leaves no process', {
  retry: 2,
  timeout: 120_000,
}, async () => {
  const stop = await stopUnderRequests(requests);
  expect(stop.isWaiting).toBe(true);
  expect(stop.answers).toEqual(Array(requests).fill(200));
  expect(stop.ended).toEqual({ code: 0, signal: null });
  expect(stop.lastedMs).toBeLessThan(20_000);
  expect(stop.processesLeft).toEqual([]);
});
