import { expect, it } from 'vitest';
import { startTestServer } from '../../../apps/server/test/harness.ts';
import { NotFoundError } from '../src/index.ts';
import { startProxy } from './proxy.ts';
import { anteroomOf, failureOf } from './testing.ts';

it('moves the clock once though its answer is lost', async () => {
  const server = await startTestServer({ sandboxAt: '2030-01-01T08:00:00Z' });
  const proxy = await startProxy(server.url);
  const anteroom = anteroomOf(server, { url: proxy.url });
  const first = await anteroom.moveClock({ clock_at: '2030-01-01T09:00:00Z' });
  expect(first.data.clock_at).toBe('2030-01-01T09:00:00.000000Z');
  proxy.loseAnswers(1);
  const moved = await anteroom.moveClock({ advance_in_minutes: 30 });
  expect([moved.data.clock_at, moved.isReplayed]).toEqual(['2030-01-01T09:30:00.000000Z', true]);
  await proxy.close();
  await server.close();
  const real = await startTestServer();
  expect(await failureOf(anteroomOf(real).moveClock({ advance_in_minutes: 1 }))).toBeInstanceOf(
    NotFoundError,
  );
  await real.close();
});
