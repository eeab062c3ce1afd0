import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

export interface MetricsAddress {
  host: string;
  port: number;
  /** What a scrape has to bring as its bearer token; null lets anybody in who reaches the port. */
  token: string | null;
}

/**
 * Answers `GET /metrics` on an address of its own, away from what the world reaches. Throws a sentence for
 * the operator when the port cannot be had.
 */
export async function serveMetrics(
  scrape: () => Promise<string>,
  { host, port, token }: MetricsAddress,
): Promise<{ port: number; close(): Promise<void> }> {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = token === null ? null : digest(`Bearer ${token}`);
  const server = createServer(async (request, reply) => {
    const isKnown = !wanted || timingSafeEqual(digest(request.headers.authorization ?? ''), wanted);
    if (request.method !== 'GET' || request.url !== '/metrics') reply.writeHead(404).end();
    else if (!isKnown) reply.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    else {
      const text = await scrape().catch(() => null);
      if (text === null) reply.writeHead(500).end();
      else
        reply
          .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
          .end(text);
    }
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error) => {
    throw new Error(
      `The metrics cannot be served on ${host} port ${port} (${error.code}). Set METRICS_HOST and METRICS_PORT to an address that is free.`,
      { cause: error },
    );
  });
  const bound = server.address();
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : port,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
