import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Product {
  url: string;
  client: { id: string; secret: string };
  stop(): Promise<void>;
}

/** Starts the product as its users do, on a free port, with a data folder and a client of its own. */
export async function startProduct(): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'anteroom-e2e-'));
  // Started as root, PostgreSQL runs as another user, who has to reach it.
  await chmod(folder, 0o755);
  const client = { id: 'journey', secret: 'the secret of a journey' };
  const child = spawn(process.execPath, ['apps/server/src/main.ts', 'serve'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      PATH: process.env.PATH,
      DATA_DIR: folder,
      PORT: '0',
      BOOTSTRAP_CLIENT_ID: client.id,
      BOOTSTRAP_CLIENT_SECRET: client.secret,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (part) => {
      said += part;
      const address = /Anteroom answers at (\S+)/.exec(said)?.[1];
      if (address) resolve(address);
    });
    ended.then(() => reject(new Error(`the product did not start:\n${said}`)), reject);
  });
  return {
    url,
    client,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
