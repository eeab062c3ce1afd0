import { expect, it } from 'vitest';
import { startTestServer } from '../../../apps/server/test/harness.ts';
import { anteroomOf, appointment } from './testing.ts';

it('searches by the SDK', async () => {
  const server = await startTestServer();
  const anteroom = anteroomOf(server);
  const stranger = anteroomOf(server, {}, server.organisations[1]);
  for (const number of [1, 2, 3]) {
    const reference = `s-${number}`;
    const claimant = { name: `Maria Nowak-${number}` };
    await anteroom.appointments.schedule(appointment({ reference, claimant }));
  }
  await anteroom.appointments.schedule(appointment());
  const found: unknown[] = [];
  const list = anteroom.appointments.search({
    q: 'nowak',
    per_page: 2,
    sort: 'created_at',
    include: ['extensions'],
  });
  for await (const { reference, extensions } of list) found.push([reference, typeof extensions]);
  expect(found).toEqual([
    ['s-1', 'object'],
    ['s-2', 'object'],
    ['s-3', 'object'],
  ]);
  for await (const one of stranger.appointments.search({ q: 'nowak' })) expect(one).toBeUndefined();
  await server.close();
});
