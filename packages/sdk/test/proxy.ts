import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A place between client and server where connections can be made to fail at a chosen moment. */
export interface FaultyProxy {
  url: string;
  /** Connections of clients that are open. */
  connections(): number;
  /** How many requests have begun to arrive. */
  requests(): number;
  /** So many of the next answers are thrown away with their connections, after the server gave them. */
  loseAnswers(count: number): void;
  /** From here on nothing is handed on, and no connection closed. */
  hold(): void;
  /** Refuses connections, until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export async function startProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port: targetPort } = new URL(target);
  const clients = new Set<Socket>();
  let answersToLose = 0;
  let isHolding = false;
  let requests = 0;

  const server = createServer((client) => {
    const upstream = connect(Number(targetPort), hostname);
    clients.add(client);
    client.on('data', (chunk) => {
      if (/^(GET|POST|PATCH) /.test(chunk.toString('latin1'))) requests++;
      if (!isHolding) upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (answersToLose > 0) {
        answersToLose--;
        client.destroy();
        return;
      }
      client.write(chunk);
    });
    client.on('error', () => {});
    upstream.on('error', () => client.destroy());
    upstream.on('end', () => client.end());
    client.on('close', () => {
      clients.delete(client);
      upstream.destroy();
    });
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const goAway = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const client of clients) client.destroy();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => clients.size,
    requests: () => requests,
    loseAnswers(count) {
      answersToLose = count;
    },
    hold() {
      isHolding = true;
    },
    goAway,
    comeBack: () => listen(port),
    close: goAway,
  };
}
