import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedDatabase } from '../src/platform/database/embedded/launch.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { embeddedUrl, provisionEmbedded } from '../src/platform/database/provision.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's address of the test server's own database. */
    superuserUrl: string;
  }
}

const root = join(import.meta.dirname, '../../..');

/** One real PostgreSQL for the run; its database `anteroom` is the template that each test copies; and the pages, built. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync(process.execPath, ['tools/build-pages.ts'], { cwd: root, stdio: 'inherit' });
  const folder = await mkdtemp(join(tmpdir(), 'anteroom-test-'));
  // Started as root, PostgreSQL runs as another user, who has to reach it.
  await chmod(folder, 0o755);
  const embedded = await startEmbeddedDatabase({
    dataDirectory: join(folder, 'data'),
    log: () => {},
  });
  stopWithUs(embedded.dataDirectory);
  const { ownerUrl } = await provisionEmbedded(embedded);
  if (ownerUrl) await migrate(ownerUrl, 'anteroom_app');
  project.provide('superuserUrl', embeddedUrl(embedded, 'postgres', 'postgres'));
  return async () => {
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
    await rm(embedded.dataDirectory, { recursive: true, force: true });
  };
}

/** An interrupted run has no time to clean up: a shell stops PostgreSQL once its input from us ends. */
function stopWithUs(dataDirectory: string): void {
  const script = 'read -r _; kill -INT "$(head -n 1 "$0/postmaster.pid")" 2>/dev/null';
  const shell = spawn('/bin/sh', ['-c', script, dataDirectory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
}
