import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestServer, type TestServer } from '../harness.ts';

interface One {
  data: { id: string };
}

interface List {
  data: { reference: string }[];
  links: { next: string | null };
}

/** What an integrator's program is made of: one class over `fetch`, none of our code. */
class Integration {
  tokensFetched = 0;
  private readonly url: string;
  private readonly clientId: string;
  private readonly clientSecret: string;
  private token = '';
  private renewAt = 0;

  constructor(url: string, clientId: string, clientSecret: string) {
    this.url = url;
    this.clientId = clientId;
    this.clientSecret = clientSecret;
  }

  /** The cached token, renewed a minute before it expires. */
  private async accessToken(): Promise<string> {
    if (Date.now() < this.renewAt) return this.token;
    const response = await fetch(`${this.url}/oauth2/token?clientid=${this.clientId}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${this.clientId}:${this.clientSecret}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token: token, expires_in: seconds } = (await response.json()) as {
      access_token: string;
      expires_in: number;
    };
    this.tokensFetched += 1;
    this.token = token;
    this.renewAt = Date.now() + (seconds - 60) * 1000;
    return token;
  }

  private async send<Answer>(
    method: string,
    address: string,
    type?: string,
    body?: string,
  ): Promise<Answer> {
    const response = await fetch(address, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${await this.accessToken()}`,
        ...(type ? { 'content-type': type } : {}),
      },
      ...(body ? { body } : {}),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json() as Promise<Answer>;
  }

  postForm(path: string, fields: Record<string, string>) {
    const body = String(new URLSearchParams(fields));
    return this.send<One>('POST', this.url + path, 'application/x-www-form-urlencoded', body);
  }

  patchJson(path: string, fields: object) {
    return this.send<One>('PATCH', this.url + path, 'application/json', JSON.stringify(fields));
  }

  /** Follows `links.next` until there is none. */
  async listAll(path: string): Promise<List['data']> {
    const all: List['data'] = [];
    for (let address: string | null = this.url + path; address !== null; ) {
      const { data, links }: List = await this.send<List>('GET', address);
      all.push(...data);
      // The links name the organisation's public address, which leads to this machine only outside of tests.
      const next: URL | null = links.next === null ? null : new URL(links.next);
      address = next && this.url + next.pathname + next.search;
    }
    return all;
  }
}

describe('an integrator’s program', () => {
  let anteroom: TestServer;
  let integration: Integration;
  beforeAll(async () => {
    anteroom = await startTestServer();
    const { clientId, clientSecret } = anteroom.organisations[0];
    integration = new Integration(anteroom.url, clientId, clientSecret);
  });
  afterAll(() => anteroom.close());
  afterEach(() => {
    vi.useRealTimers();
  });

  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19);
  const form = (reference: string) => ({
    reference,
    appointment_at: tomorrow,
    duration_in_minutes: '30',
    is_interpreter_needed: '0',
    interpreter_language: '',
    'claimant[name]': 'Maria Nowak',
    'claimant[date_of_birth]': '1957-11-02',
    'claimant[phone_number]': '+442079460123',
    'claimant[email]': 'maria.nowak@example.org',
    features_messages_chat_enable: 'true',
    use_custom_post_call_redirect: 'false',
  });

  it('schedules by form, changes by JSON, cancels by form, with one token', async () => {
    const { data } = await integration.postForm('/api/v1/appointments', form('A-1'));
    expect(data).toMatchObject({
      reference: 'A-1',
      appointment_at: `${tomorrow}.000000Z`,
      duration_in_minutes: 30,
      is_interpreter_needed: false,
      interpreter_language: null,
      status: 'scheduled',
      features_messages_chat_enable: true,
    });
    const path = `/api/v1/appointments/${data.id}`;
    const changed = await integration.patchJson(path, {
      duration_in_minutes: 45,
      claimant: { email: null, phone_number: '020 7946 0199' },
    });
    expect(changed.data).toMatchObject({
      duration_in_minutes: 45,
      claimant: { name: 'Maria Nowak', email: null, phone_number: '+442079460199' },
    });
    const cancelled = await integration.postForm(`${path}/cancel`, {
      cancellation_reason: 'Asked to be seen at home.',
    });
    expect(cancelled.data).toMatchObject({
      status: 'cancelled',
      cancellation_reason: 'Asked to be seen at home.',
    });
    expect(integration.tokensFetched).toBe(1);
  });

  it('goes through a list by its links, and finds its own organisation’s alone', async () => {
    const other = anteroom.organisations[1];
    const stranger = new Integration(anteroom.url, other.clientId, other.clientSecret);
    await stranger.postForm('/api/v1/appointments', form('B-1'));
    const references = Array.from({ length: 60 }, (_, number) => `list-${number}`);
    for (const reference of references) {
      await integration.postForm('/api/v1/appointments', form(reference));
    }
    const all = await integration.listAll('/api/v1/appointments?status=scheduled&sort=created_at');
    expect(all.map(({ reference }) => reference)).toEqual(references);
  });

  it('renews its token a minute before it expires, and goes on', async () => {
    const { tokensFetched } = integration;
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + (3600 - 59) * 1000);
    await integration.listAll('/api/v1/appointments?per_page=100');
    await integration.listAll('/api/v1/appointments?per_page=100');
    expect(integration.tokensFetched).toBe(tokensFetched + 1);
  });
});
