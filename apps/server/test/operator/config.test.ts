import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';

describe('the configuration', () => {
  it('has defaults for everything that can have one', () => {
    expect(readConfig({})).toMatchObject({
      HOST: 'localhost',
      PORT: 3000,
      DATA_DIR: './data',
      DATABASE_URL: null,
      TRUSTED_PROXIES: [],
      LOG_LEVEL: 'info',
      RATE_LIMIT_PER_MINUTE: 1200,
      SANDBOX_CLOCK: null,
    });
  });

  it('takes blank for not set', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '' })).toMatchObject({
      PORT: 3000,
      DATABASE_URL: null,
    });
  });

  it('names all faults in one go, and never repeats a value', () => {
    const faulty = {
      PORT: 'secret-70000',
      PUBLIC_URL: 'secret.example.org/path',
      DATABASE_URL: 'mysql://secret',
      TRUSTED_PROXIES: '10.0.0.0/64,secret',
      LOG_LEVEL: 'secret',
      RATE_LIMIT_PER_MINUTE: '-1',
      SANDBOX_CLOCK: 'secret',
      NODE_ENV: 'production',
      BOOTSTRAP_CLIENT_ID: 'has:colon',
      BOOTSTRAP_ADMIN_EMAIL: 'secret',
      BOOTSTRAP_ADMIN_PASSWORD: 'secret',
    };
    const message = messageOf(() => readConfig(faulty));
    for (const name of Object.keys(faulty)) expect(message).toContain(name);
    expect(message).toContain('BOOTSTRAP_CLIENT_ID and BOOTSTRAP_CLIENT_SECRET go together');
    expect(message).not.toContain('secret.');
    expect(message).not.toContain('secret-');
  });

  it('reads proxies, instants and addresses', () => {
    expect(
      readConfig({
        TRUSTED_PROXIES: '10.0.0.0/8, ::1',
        SANDBOX_CLOCK: '2025-08-19T16:38:12+02:00',
        PUBLIC_URL: 'https://Visits.example.org/',
      }),
    ).toMatchObject({
      TRUSTED_PROXIES: ['10.0.0.0/8', '::1'],
      SANDBOX_CLOCK: '2025-08-19T14:38:12.000000Z',
      PUBLIC_URL: 'https://visits.example.org',
    });
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
