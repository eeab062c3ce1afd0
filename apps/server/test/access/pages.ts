import { randomBytes } from 'node:crypto';
import type { Role } from '@anteroom/contract';
import { createStaff } from '../../src/access/index.ts';
import { openDatabase } from '../../src/platform/database/index.ts';
import type { TestAnswer, TestServer } from '../harness.ts';

type Organisation = TestServer['organisations'][number];

export interface Page {
  /** What the browser keeps, or null. */
  cookie(): string | null;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<TestAnswer>;
}

/** A browser in front of our own pages: keeps its cookie, and says where its requests come from. */
export function openPage(anteroom: Pick<TestServer, 'url'>, kept: string | null = null): Page {
  let cookie = kept;
  return {
    cookie: () => cookie,
    async call(method, path, body, headers = {}) {
      const response = await fetch(`${anteroom.url}${path}`, {
        method,
        headers: {
          ...(cookie ? { cookie } : {}),
          'sec-fetch-site': 'same-origin',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        cookie = line.includes('Max-Age=0') ? null : pair;
      }
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson && text ? JSON.parse(text) : null,
      };
    },
  };
}

export const password = 'correct horse battery staple';

/** Makes a staff account of an organisation; answers its address and id. */
export async function makeStaff(
  anteroom: TestServer,
  as: Organisation,
  role: Role = 'customer_administrator',
  departmentIds: number[] = [],
): Promise<{ id: string; email: string }> {
  const owner = await openDatabase({
    url: anteroom.testDatabase.ownerUrl,
    pipelinedConnections: 1,
    transactionConnections: 1,
  });
  try {
    const email = `${role}-${randomBytes(4).toString('hex')}@example.org`;
    const settings = { email, name: `The ${role}`, password, role, departmentIds };
    return { id: await createStaff(owner.in(as.id), settings), email };
  } finally {
    await owner.close();
  }
}

/** A page on which somebody of this role has signed in. */
export async function signIn(anteroom: TestServer, email: string): Promise<Page> {
  const page = openPage(anteroom);
  const answer = await page.call('POST', '/portal/api/session', { email, password });
  if (answer.status !== 200) throw new Error(`nobody was signed in: ${answer.text}`);
  return page;
}

/** What the claimant's link of an appointment holds. */
export function linkOf(url: string): { reference: string; token: string } {
  const { searchParams, hash } = new URL(url);
  return { reference: searchParams.get('reference') ?? '', token: hash.slice(1) };
}
