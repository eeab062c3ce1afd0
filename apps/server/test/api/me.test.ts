import { defaultFeatures, scopeNames } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/me';

describe('me', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer({ rateLimitPerMinute: 600 });
    await anteroom.testDatabase.query('update organisations set features = $2 where id = $1', [
      anteroom.organisations[1].id,
      { features_bandwidth: 'low' },
    ]);
    await anteroom.testDatabase.query(`update clients set name = 'Clinic' where id = $1`, [
      anteroom.organisations[1].clientId,
    ]);
  });
  afterAll(() => anteroom.close());

  it('is who calls, for whom, and within which limits', async () => {
    const answer = await anteroom.call('GET', path);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      data: {
        client: { id: anteroom.organisations[0].clientId, name: 'Test client' },
        scopes: scopeNames,
        organisation: {
          name: 'Organisation 1',
          country: 'GB',
          time_zone: 'Europe/London',
          public_url: 'https://visits-1.example.org',
          redirect_hosts: [],
          ...defaultFeatures,
        },
        limits: {
          requests_per_minute: 600,
          body_bytes: 262_144,
          bulk_body_bytes: 2_097_152,
          bulk_rows: 500,
          per_page: 100,
        },
        is_sandbox: false,
        sandbox_clock_at: null,
      },
    });
  });

  it('is somebody else for another client', async () => {
    const second = anteroom.organisations[1];
    const { status, json } = await anteroom.call('GET', path, {
      token: await anteroom.token(second, ['appointments:read']),
    });
    expect(status).toBe(200);
    expect(json.data).toMatchObject({
      client: { id: second.clientId, name: 'Clinic' },
      scopes: ['appointments:read'],
      organisation: { name: 'Organisation 2', features_bandwidth: 'low' },
    });
  });

  it('takes appointments:read and no other scope in its place', async () => {
    for (const scope of scopeNames.filter((name) => name !== 'appointments:read')) {
      const token = await anteroom.token(anteroom.organisations[0], [scope]);
      expect((await anteroom.call('GET', path, { token })).status).toBe(403);
    }
  });

  it('is nobody without a token', async () => {
    expect((await anteroom.call('GET', path, { token: 'nobody' })).status).toBe(401);
  });

  it('says where a sandbox’s clock stands, and that nothing is limited where nothing is', async () => {
    const sandbox = await startTestServer({ sandboxAt: '2030-01-01T08:00:00Z' });
    try {
      const before = await sandbox.call('GET', path);
      expect(before.json.data).toMatchObject({
        is_sandbox: true,
        sandbox_clock_at: '2030-01-01T08:00:00.000000Z',
        limits: { requests_per_minute: null },
      });
      await sandbox.setClock('2030-01-02T08:00:00Z');
      const after = await sandbox.call('GET', path);
      expect(after.json.data.sandbox_clock_at).toBe('2030-01-02T08:00:00.000000Z');
    } finally {
      await sandbox.close();
    }
  });
});
