import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { buildServer } from '../../src/server.ts';
import { appointmentBody, createTestDatabase, startTestServer } from '../harness.ts';

const path = '/api/v1/appointments';

describe('a server', () => {
  it('can be built twice in one process, and one does not know of the other', async () => {
    const [one, other] = await Promise.all([
      startTestServer(),
      startTestServer({ sandboxAt: '2030-01-01T00:00:00Z' }),
    ]);
    const body = appointmentBody({ appointment_at: '2030-01-02T10:00:00Z' });
    const mine = await one.call('POST', path, { body });
    const theirs = await other.call('POST', path, { body });
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect(mine.headers.get('sandbox-clock')).toBeNull();
    expect(theirs.headers.get('sandbox-clock')).toBe('2030-01-01T00:00:00.000000Z');
    const crossed = await one.call('GET', path, { token: other.organisations[0].token });
    expect(crossed.status).toBe(401);

    await one.close();
    expect((await other.call('GET', path)).json.data).toHaveLength(1);
    await other.close();
  });

  it('can be closed and built again on the same database', async () => {
    const first = await startTestServer();
    await first.server.close();
    const second = await buildServer({
      databaseUrl: first.testDatabase.appUrl,
      log: pino({ level: 'silent' }),
      trustedProxies: [],
      rateLimitPerMinute: 0,
    });
    const port = await second.listen({ host: '127.0.0.1', port: 0 });
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    await second.close();
    await first.testDatabase.drop();
  });

  it('does not wait for a connection that has never said anything', async () => {
    const anteroom = await startTestServer();
    const silent = connect(Number(new URL(anteroom.url).port), '127.0.0.1');
    await once(silent, 'connect');
    expect((await anteroom.call('GET', path)).status).toBe(200);
    const ended = once(silent, 'close');
    const startedAt = performance.now();
    await anteroom.close();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    await ended;
  });

  it('leaves nothing that would keep its process alive once it is closed', async () => {
    const database = await createTestDatabase();
    const main = fileURLToPath(new URL('../../src/server.ts', import.meta.url));
    const script = `
      import { pino } from 'pino';
      import { buildServer } from ${JSON.stringify(main)};
      const server = await buildServer({
        databaseUrl: ${JSON.stringify(database.appUrl)},
        log: pino({ level: 'silent' }),
        trustedProxies: [],
        rateLimitPerMinute: 1200,
      });
      const port = await server.listen({ host: '127.0.0.1', port: 0 });
      const answer = await fetch('http://127.0.0.1:' + port + '/readyz');
      await answer.text();
      await server.close();
      process.stdout.write('closed ' + answer.status + '\\n');
    `;
    const child = spawn(execPath, ['--input-type=module', '--eval', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = await once(createInterface(child.stdout), 'line');
    const closedAt = performance.now();
    expect(line).toBe('closed 200');
    const [code] = await exited;
    expect(code).toBe(0);
    expect(performance.now() - closedAt).toBeLessThan(2_000);
    await database.drop();
  });
});
