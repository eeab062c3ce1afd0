import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/sandbox/clock';
const appointments = '/api/v1/appointments';

describe('the sandbox’s clock', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: '2030-01-01T08:00:00Z' });
  });
  afterAll(() => anteroom.close());

  const move = (body: unknown, headers = {}) => anteroom.call('POST', path, { body, headers });
  const standsAt = async () =>
    (await anteroom.call('GET', appointments)).headers.get('sandbox-clock');

  it('moves for every organisation, and what is due has happened when the answer comes', async () => {
    const scheduled = await Promise.all(
      anteroom.organisations.map((as) =>
        anteroom.call('POST', appointments, {
          body: appointmentBody({ appointment_at: '2030-01-01T10:00:00Z' }),
          as,
        }),
      ),
    );
    const moved = await move({ clock_at: '2030-01-02T01:00:00+01:00' });
    expect(moved.json).toEqual({ data: { clock_at: '2030-01-02T00:00:00.000000Z' } });
    expect(moved.headers.get('sandbox-clock')).toBe('2030-01-02T00:00:00.000000Z');
    for (const [index, { json }] of scheduled.entries()) {
      const as = anteroom.organisations[index];
      const read = await anteroom.call('GET', `${appointments}/${json.data.id}`, {
        ...(as && { as }),
      });
      expect(read.json.data.status).toBe('no_show');
    }
  });

  it('moves on by minutes, once for each Idempotency-Key, in forms as well', async () => {
    await move({ clock_at: '2030-01-03T00:00:00Z' });
    const headers = { 'idempotency-key': 'on' };
    const first = await move({ advance_in_minutes: 90 }, headers);
    expect(first.json.data.clock_at).toBe('2030-01-03T01:30:00.000000Z');
    const again = await move({ advance_in_minutes: 90 }, headers);
    expect([again.text, again.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
    expect((await move('advance_in_minutes=30&clock_at=')).json.data.clock_at).toBe(
      '2030-01-03T02:00:00.000000Z',
    );
  });

  it.each([
    [{ clock_at: '2029-12-31T00:00:00Z' }, 'the clock moves forward only'],
    [{}, 'one of the two'],
    [{ clock_at: '2031-01-01T00:00:00Z', advance_in_minutes: 1 }, 'one of the two'],
    [{ advance_in_minutes: -1 }, 'advance_in_minutes must be'],
    [{ clock_at: 'noon' }, 'clock_at must be'],
  ])('refuses %j, says why, and stands still', async (body, sentence) => {
    const before = await standsAt();
    const refused = await move(body);
    expect([refused.status, refused.json.code]).toEqual([422, 'validation_failed']);
    expect(refused.json.message).toContain(sentence);
    expect((await move({ advance_in_minutes: 0 })).json.data.clock_at).toBe(before);
  });

  it('takes the scope clients:manage', async () => {
    const token = await anteroom.token(anteroom.organisations[0], ['appointments:write']);
    const answer = await anteroom.call('POST', path, { body: { advance_in_minutes: 1 }, token });
    expect(answer.status).toBe(403);
  });
});

describe('an installation in real time', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  it('has no clock to move: the address is found no more than any other', async () => {
    const body = { advance_in_minutes: 1 };
    const comparable = async (address: string, token?: string) => {
      const { status, json } = await anteroom.call('POST', address, {
        body,
        ...(token !== undefined && { token }),
      });
      return [status, { ...json, request_id: '' }];
    };
    for (const token of [undefined, 'nobody'])
      expect(await comparable(path, token)).toEqual(await comparable(`${path}s`, token));
    expect((await comparable(path))[0]).toBe(404);
    const { json } = await anteroom.call('GET', '/api/openapi.json');
    expect(json.paths).not.toHaveProperty(path);
  });

  it('cannot be made a sandbox by the serving role', async () => {
    const [row] = await anteroom.database.anywhere.many(
      { name: '', text: `select move_sandbox_clock('2040-01-01', null) as at` },
      [],
    );
    expect(row).toBeUndefined();
    const [{ sandbox_at: at } = { sandbox_at: 0 }] = await anteroom.testDatabase.query<{
      sandbox_at: unknown;
    }>('select sandbox_at from installation');
    expect(at).toBeNull();
  });
});

describe('docs/sandbox.md', () => {
  const canCall = spawnSync('curl', ['--version']).status === 0;

  it('can be pasted, and prints what it says', async (context) => {
    context.skip(!canCall, 'curl is not installed (apt-get install curl)');
    const anteroom = await startTestServer({ sandboxAt: '2030-01-01T08:00:00Z' });
    const [{ clientId, clientSecret }] = anteroom.organisations;
    const guide = await readFile(new URL('../../../../docs/sandbox.md', import.meta.url), 'utf8');
    const pieces = [...guide.matchAll(/^```sh\n(.*?)^```/gms)].map(([, piece = '']) => piece);
    // The first one starts a sandbox, which is what we have.
    expect(pieces.shift()).toContain('npm start');
    const script = pieces
      .join('')
      .replaceAll('http://localhost:3000', anteroom.url)
      .replaceAll('CLIENT_ID:CLIENT_SECRET', `${clientId}:${clientSecret}`);
    const told = [...script.matchAll(/^# -> (.*)$/gm)].map(([, line]) => line);
    expect(told.length).toBeGreaterThan(10);
    const { stdout } = await promisify(execFile)('sh', ['-c', script]);
    expect(stdout.split('\n').filter((line) => line !== '')).toEqual(told);
    await anteroom.close();
  });
});
