import { request } from 'node:http';
import type { TestServer } from '../harness.ts';
import type { Route } from '../routes.ts';

export type Headers = Record<string, string | string[]>;

/** A route that pages ask, with a cookie. */
export const isOfPages = ({ path }: Route) => /^\/(portal|client-web)\/api\//.test(path);

export interface Asked {
  path: string;
  method: string;
  headers: Headers;
  body?: string;
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

/** A bare request: fetch would mend or refuse some of these. */
export const askOf =
  (anteroom: TestServer) =>
  ({ path, method, headers, body }: Asked): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const asked = request(`${anteroom.url}${path}`, { method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers as Headers,
            text,
          });
        });
      });
      asked.on('error', reject);
      // Node frames no body of a DELETE by itself.
      if (body !== undefined) asked.setHeader('content-length', Buffer.byteLength(body));
      asked.end(body);
    });

/** An answer without what differs from request to request. */
export const comparable = ({ status, headers, text }: Answered) => {
  const { date: _, 'x-request-id': id, ...rest } = headers;
  return { status, headers: rest, text: text.replace(String(id), '') };
};

/** Everything that is stored, but for tokens, counts of guesses and what the process notes of itself. */
export const storedIn = (anteroom: TestServer) => async (): Promise<Record<string, unknown>> => {
  const { query } = anteroom.testDatabase;
  const tables = await query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'
       and table_type = 'BASE TABLE' and table_name not in ('access_tokens', 'heartbeats', 'guesses')`,
  );
  const contents: Record<string, unknown> = {};
  for (const { name } of tables) {
    const [row] = await query<{ all: unknown }>(
      `select json_agg(row order by row::text) as all from ${name} row`,
    );
    contents[name] = row?.all;
  }
  return contents;
};
