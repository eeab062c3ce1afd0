import { type IncomingHttpHeaders, request } from 'node:http';

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** What stands in markup as text; the blanks of the layout count as one. */
export const textOf = (markup: string): string =>
  decode(markup.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,.;:])/g, '');

export const decode = (text: string): string =>
  text.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);

/** Asks with any Host and encoding, which fetch sets by itself; nothing is decompressed. */
export function askRaw(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers }, async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part);
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: Buffer.concat(parts),
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
