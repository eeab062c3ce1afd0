import { randomUUID } from 'node:crypto';
import type { TestServer } from '../../../apps/server/test/harness.ts';
import {
  Anteroom,
  type AnteroomError,
  type AnteroomSettings,
  type ClientCredentials,
  type ScheduleRequest,
} from '../src/index.ts';

/** The SDK as the client of an organisation, the first unless another is given. */
export function anteroomOf(
  server: TestServer,
  settings: Partial<AnteroomSettings> & Pick<ClientCredentials, 'scopes'> = {},
  { clientId, clientSecret } = server.organisations[0],
): Anteroom {
  return new Anteroom({ url: server.url, clientId, clientSecret, ...settings });
}

/** A valid appointment, an hour from now unless it says otherwise. */
export function appointment(changes: Partial<ScheduleRequest> = {}): ScheduleRequest {
  return {
    reference: `sdk-${randomUUID()}`,
    appointment_at: new Date(Date.now() + 3_600_000).toISOString(),
    duration_in_minutes: 30,
    claimant: { name: 'Ada Example', email: 'ada@example.org' },
    ...changes,
  };
}

/** What the call was rejected with. */
export async function failureOf(call: Promise<unknown>): Promise<AnteroomError> {
  const answer = await call.catch((error: unknown) => ({ error }));
  if (typeof answer === 'object' && answer !== null && 'error' in answer) {
    return answer.error as AnteroomError;
  }
  throw new Error('the call was expected to fail');
}

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  sentAt: number;
  answeredAt?: number;
  status?: number;
  retryAfter?: string | null;
}

/** A `fetch` that keeps a list of what it was asked for. */
export function watchedFetch() {
  const sent: Sent[] = [];
  const watched: typeof fetch = async (input, init) => {
    const request: Sent = {
      method: init?.method ?? 'GET',
      path: new URL(String(input)).pathname,
      headers: init?.headers as Record<string, string>,
      sentAt: Date.now(),
    };
    sent.push(request);
    const response = await fetch(input, init);
    const { status, headers } = response;
    const retryAfter = headers.get('retry-after');
    Object.assign(request, { answeredAt: Date.now(), status, retryAfter });
    return response;
  };
  const countOf = (path: string) => sent.filter((request) => request.path === path).length;
  return { fetch: watched, sent, countOf };
}
