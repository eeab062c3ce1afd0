import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setOrganisation } from '../../src/organisation/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import { appointmentBody, eventually, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';
const userField = 'custom_user_post_call_redirect_url';
const agentField = 'custom_agent_post_call_redirect_url';
const listed = ['good.example', '*.example.org', 'xn--bcher-kva.example', 'port.example:8443'];
const rule = `must be an address on one of the hosts that this organisation allows: ${listed.join(', ')} (*. stands for any host below).`;

describe('addresses for after a call', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
    await keepHosts(listed);
  });
  afterAll(() => anteroom.close());

  /** Gives the first organisation this list; the server knows of it when this is done. */
  async function keepHosts(redirectHosts: string[]): Promise<void> {
    const owner = await openDatabase({
      url: anteroom.testDatabase.ownerUrl,
      pipelinedConnections: 1,
      transactionConnections: 1,
    });
    await setOrganisation(owner.anywhere, anteroom.organisations[0].id, { redirectHosts });
    await owner.close();
    await eventually(async () => {
      const { json } = await anteroom.call('GET', '/api/v1/me');
      return String(json.data.organisation.redirect_hosts) === String(redirectHosts);
    });
  }

  const create = (fields: object, options = {}) =>
    anteroom.call('POST', path, { body: appointmentBody({ ...fields }), ...options });

  it.each([
    'https://good.example',
    'https://GOOD.Example/after?x=1#y',
    'https://good.example:443/',
    'https://good.example/@evil.example',
    'https://good.example?@evil.example',
    'https://a.example.org/',
    'https://a.b.example.org/',
    'https://bücher.example/',
    'https://xn--bcher-kva.example/',
    'https://ｇｏｏｄ.example/',
    'https://port.example:8443/',
  ])('are taken on a host of the list: %s', async (address) => {
    for (const field of [userField, agentField]) {
      const answer = await create({ [field]: address });
      expect([answer.status, answer.json.data[field]]).toEqual([201, address]);
    }
  });

  it.each([
    'https://evil.example/',
    'https://good.example.evil.example/',
    'https://evil.example/good.example',
    'https://evil.example?good.example',
    'https://evil.example#good.example',
    'https://evil.example\\@good.example/',
    'https://good.example\\@evil.example/',
    'https://evil.example\\.example.org/',
    'https://good.example\t.evil.example/',
    'https://evil.example/ https://good.example',
    'https://notgood.example/',
    'https://good.example./',
    'https://good.example:8443/',
    'https://port.example/',
    'https://port.example:8444/',
    'https://example.org/',
    'https://.example.org/',
    'https://notexample.org/',
    'https://example.org.evil.example/',
    'https://a.example.org:8443/',
    'https://bucher.example/',
    'https://gооd.example/',
    'http://localhost:3000/',
  ])('are refused anywhere else: %s', async (address) => {
    for (const field of [userField, agentField]) {
      const answer = await create({ [field]: address });
      expect([answer.status, answer.json.errors]).toEqual([422, { [field]: [`${field} ${rule}`] }]);
    }
  });

  it.each([
    'https://good.example@evil.example/',
    'https://evil@good.example/',
    'http://good.example/',
  ])('are refused for what they are before the list is looked at: %s', async (address) => {
    const answer = await create({ [userField]: address });
    expect(answer.status).toBe(422);
    expect(answer.json.errors[userField]).toEqual([expect.stringContaining('absolute https')]);
  });

  it('are held to the list in a change, and only those that are sent', async () => {
    await keepHosts([]);
    const made = await create({ [userField]: 'https://evil.example/' });
    await keepHosts(listed);
    const one = `${path}/${made.json.data.id}`;
    const changed = await anteroom.call('PATCH', one, { body: { duration_in_minutes: 45 } });
    expect(changed.json.data[userField]).toBe('https://evil.example/');
    const refused = await anteroom.call('PATCH', one, {
      body: `${agentField}=${encodeURIComponent('https://evil.example/')}`,
    });
    expect(refused.json.errors).toEqual({ [agentField]: [`${agentField} ${rule}`] });
    const cleared = await anteroom.call('PATCH', one, { body: { [userField]: null } });
    expect(cleared.json.data[userField]).toBeNull();
  });

  it('are free where no list is kept', async () => {
    const as = anteroom.organisations[1];
    for (const address of [
      'https://evil.example/',
      'https://a.example:8443/x y',
      'http://localhost/',
    ]) {
      const answer = await create({ [userField]: address }, { as });
      expect([answer.status, answer.json.data[userField]]).toEqual([201, address]);
    }
    const me = await anteroom.call('GET', '/api/v1/me', { as });
    expect(me.json.data.organisation.redirect_hosts).toEqual([]);
  });
});
