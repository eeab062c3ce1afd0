import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { type Line, openLine } from '../src/socket.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that welcomes everyone, and says when. */
async function openServer() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  closers.push(() => server.close());
  const helloes: { ticket: string; at: number }[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      helloes.push({ ticket: JSON.parse(String(data)).ticket, at: performance.now() });
      socket.send(
        '{"type":"welcome","you":{"id":"1","role":"day"},"room":null,"ice_servers":[],"is_relay_only":false}',
      );
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    helloes,
    closeAll(code: number) {
      for (const socket of server.clients) socket.close(code);
    },
  };
}

let tickets = 0;
function openLines(
  count: number,
  socketUrl: string,
  isUrgent: boolean,
  connections: string[] = [],
) {
  const kind = isUrgent ? 'urgent' : 'waiting';
  const lines: Line[] = Array.from({ length: count }, () =>
    openLine({
      socketUrl,
      fetchTicket: async () => `${kind} ${++tickets}`,
      page: 'a-page-of-this-test',
      isUrgent: () => isUrgent,
      onMessage: () => {},
      onConnection: (connection) => connections.push(connection),
    }),
  );
  closers.push(() => {
    for (const line of lines) line.close();
  });
  return lines;
}

describe('lines to a server that restarts', () => {
  it('come back spread over seconds, those in a call first and at once, each with a fresh ticket', async () => {
    const server = await openServer();
    openLines(500, server.url, false);
    openLines(20, server.url, true);
    await expect.poll(() => server.helloes.length, { timeout: 15_000 }).toBe(520);
    const closedAt = performance.now();
    server.closeAll(1012);
    await expect.poll(() => server.helloes.length, { timeout: 30_000 }).toBe(1_040);
    const back = server.helloes.slice(520);
    const times = (kind: string) =>
      back
        .filter(({ ticket }) => ticket.startsWith(kind))
        .map(({ at }) => at - closedAt)
        .sort((one, other) => one - other);
    const [urgent, waiting] = [times('urgent'), times('waiting')];
    const median = (list: number[]) => list[Math.floor(list.length / 2)] ?? 0;
    expect(median(urgent)).toBeLessThan(median(waiting));
    // Spread: each second of the first five brings some, and none brings most of them.
    const perSecond = Map.groupBy(waiting, (at) => Math.floor(at / 1_000));
    expect(perSecond.size).toBeGreaterThanOrEqual(5);
    for (const those of perSecond.values()) expect(those.length).toBeLessThan(250);
    expect(new Set(server.helloes.map(({ ticket }) => ticket)).size).toBe(1_040);
  }, 60_000);

  it.each([
    [4002, 'over'],
    [4003, 'seat_taken'],
    [1008, 'refused'],
  ])('stay away after code %i: %s', async (code, connection) => {
    const server = await openServer();
    const connections: string[] = [];
    openLines(1, server.url, true, connections);
    await expect.poll(() => connections).toContain('open');
    server.closeAll(code);
    await expect.poll(() => connections.at(-1)).toBe(connection);
    expect(server.helloes).toHaveLength(1);
  });

  it('tell who asked for something that they cannot know what came of it', async () => {
    const server = await openServer();
    const connections: string[] = [];
    const [line] = openLines(1, server.url, true, connections);
    await expect.poll(() => connections).toContain('open');
    const asked = line?.ask({ type: 'admit' });
    server.closeAll(1012);
    await expect(asked).rejects.toMatchObject({ code: 'not_connected' });
  });
});
