import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Product {
  url: string;
  client: { id: string; secret: string };
  administrator: { email: string; password: string };
  /** Ends it at once, as the machine's failure would, and starts it again on the same data. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the product as its users do, on a free port, with a data folder and accounts of its own. */
export async function startProduct(environment: Record<string, string> = {}): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'anteroom-e2e-'));
  // Started as root, PostgreSQL runs as another user, who has to reach it.
  await chmod(folder, 0o755);
  const client = { id: 'journey', secret: 'the secret of a journey' };
  const administrator = { email: 'grace@example.org', password: 'the password of a journey' };

  async function start(port: string) {
    const child = spawn(process.execPath, ['apps/server/src/main.ts', 'serve'], {
      cwd: join(import.meta.dirname, '..'),
      env: {
        PATH: process.env.PATH,
        DATA_DIR: folder,
        PORT: port,
        BOOTSTRAP_CLIENT_ID: client.id,
        BOOTSTRAP_CLIENT_SECRET: client.secret,
        BOOTSTRAP_ADMIN_EMAIL: administrator.email,
        BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
        ...environment,
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
    return { child, ended, url };
  }

  let running = await start('0');
  const { url } = running;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    running.child.kill(signal);
    await running.ended;
  };
  return {
    url,
    client,
    administrator,
    async crash() {
      await end('SIGKILL');
      running = await start(new URL(url).port);
    },
    async stop() {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
