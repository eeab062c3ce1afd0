import { expect, it } from 'vitest';
import { appointmentBody, eventually } from '../harness.ts';
import { startWithRoutes } from '../routes.ts';
import { tell } from './rounds.ts';
import { openSlowClients } from './slow-clients.ts';

const path = '/api/v1/appointments';

it('lets go of a thousand slow clients, and answers everyone else meanwhile', async () => {
  const { anteroom, fastify } = await startWithRoutes();
  try {
    for (let made = 0; made < 100; made++) {
      await anteroom.call('POST', path, { body: appointmentBody() });
    }
    // Once the test's own connections are idle, those that are left are the slow ones'.
    const connections = async () => {
      await fetch(`${anteroom.url}/healthz`, { headers: { connection: 'close' } });
      return new Promise<number>((resolve, reject) => {
        fastify.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      });
    };
    const own = await connections();
    const startedAt = performance.now();
    const slow = await openSlowClients(anteroom.url, anteroom.organisations[0].token);
    try {
      expect(await connections()).toBeGreaterThan(slow.count);
      let answered = 0;
      await eventually(async () => {
        const answer = await anteroom.call('GET', `${path}?per_page=1`);
        expect(answer.status).toBe(200);
        answered += 1;
        return (await connections()) <= own;
      }, 180_000);
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      tell(
        `${slow.count} slow clients, the last cut after ${seconds} s, ${answered} others served`,
      );
    } finally {
      slow.stop();
    }
  } finally {
    await anteroom.close();
  }
});

it('has a bound for the connections of one moment', async () => {
  const { anteroom, fastify } = await startWithRoutes();
  expect(fastify.server.maxConnections).toBe(10_000);
  await anteroom.close();
});
