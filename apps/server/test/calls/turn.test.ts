import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iceServersFor } from '../../src/calls/turn.ts';
import { readConfig } from '../../src/config.ts';
import { startTestServer, type TestServer } from '../harness.ts';
import { joinRoom, scheduleArrived } from './pages.ts';

const secret = 'the secret of a relay';
const urls = ['turn:relay.example.org:3478', 'stun:relay.example.org:3478'];

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer({ turn: { urls, secret, isRelayOnly: true } });
});
afterAll(() => anteroom.close());

describe('whoever joins a room', () => {
  it('gets credentials of their own that the relay can check, and that last ten minutes', async () => {
    const page = await joinRoom(anteroom, await scheduleArrived(anteroom), 'claimant');
    const [welcome] = page.heard;
    if (welcome?.type !== 'welcome') throw new Error('not welcomed');
    expect(welcome.is_relay_only).toBe(true);
    const [plain, relay] = welcome.ice_servers;
    expect(plain).toEqual({ urls: ['stun:relay.example.org:3478'] });
    expect(relay?.urls).toEqual(['turn:relay.example.org:3478']);
    const [expiry, person] = relay?.username?.split(':') ?? [];
    expect(person).toBe('claimant');
    const lasts = Number(expiry) - Date.now() / 1000;
    expect(lasts).toBeGreaterThan(0);
    expect(lasts).toBeLessThanOrEqual(600);
    const password = createHmac('sha1', secret)
      .update(relay?.username ?? '')
      .digest('base64');
    expect(relay?.credential).toBe(password);
  });

  it('gets nothing where nothing is set', () => {
    expect(iceServersFor({ urls: [], secret: null, isRelayOnly: false }, 'claimant')).toEqual([]);
  });
});

describe('the configuration', () => {
  const faultsOf = (environment: Record<string, string>) => () => readConfig(environment);

  it('takes relays with their secret, and says what is missing', () => {
    const whole = { TURN_URLS: urls.join(', '), TURN_SECRET: secret, CALL_RELAY_ONLY: 'true' };
    expect(readConfig(whole)).toMatchObject({ TURN_URLS: urls, CALL_RELAY_ONLY: true });
    expect(readConfig({ TURN_URLS: 'stun:relay.example.org' })).toMatchObject({
      CALL_RELAY_ONLY: false,
    });
    expect(faultsOf({ TURN_URLS: 'turn:relay.example.org' })).toThrow(
      'TURN_URLS and TURN_SECRET go together.',
    );
    expect(faultsOf({ CALL_RELAY_ONLY: 'yes' })).toThrow('CALL_RELAY_ONLY must be true or false.');
    expect(faultsOf({ CALL_RELAY_ONLY: 'true' })).toThrow('CALL_RELAY_ONLY needs TURN_URLS.');
    expect(faultsOf({ TURN_URLS: 'https://relay.example.org' })).toThrow(
      'TURN_URLS must be addresses such as turn:',
    );
  });
});
