import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeStaff, signIn } from '../access/pages.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/portal/api/outbox';

describe('the outbox', () => {
  let anteroom: TestServer;
  beforeAll(async () => {
    anteroom = await startTestServer();
  });
  afterAll(() => anteroom.close());

  const schedule = (name: string, as = anteroom.organisations[0]) =>
    anteroom.call('POST', '/api/v1/appointments', {
      as,
      body: appointmentBody({ claimant: { name, email: 'ada@example.org' } }),
    });

  it('shows an administrator what would be sent, as text, and nobody else’s', async () => {
    await schedule('Ada <script>alert(1)</script>');
    await schedule('Of the others', anteroom.organisations[1]);
    const { email } = await makeStaff(anteroom, anteroom.organisations[0]);
    const page = await signIn(anteroom, email);
    const { status, text, headers } = await page.call('GET', path);
    expect(status).toBe(200);
    expect(text).toContain('Your video appointment with Organisation 1');
    expect(text).toContain('Hello Ada &lt;script&gt;alert(1)&lt;/script&gt;,');
    expect(text).not.toContain('Of the others');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('is for administrators alone, and strangers are not let in', async () => {
    const { email } = await makeStaff(anteroom, anteroom.organisations[0], 'agent');
    expect((await (await signIn(anteroom, email)).call('GET', path)).status).toBe(403);
    expect((await fetch(anteroom.url + path)).status).toBe(401);
  });

  it('is not there where mail is configured', async () => {
    const other = await startTestServer({ mail: { smtpUrl: 'smtp://127.0.0.1:9', from: null } });
    try {
      const { email } = await makeStaff(other, other.organisations[0]);
      const { text } = await (await signIn(other, email)).call('GET', path);
      expect(text).not.toContain('<h1>Outbox</h1>');
    } finally {
      await other.close();
    }
  });
});
