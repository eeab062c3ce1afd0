import { mkdtemp, rm } from 'node:fs/promises';
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

/** One real PostgreSQL for the run; its database `anteroom` is the template that each test copies. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'anteroom-test-'));
  const embedded = await startEmbeddedDatabase({
    dataDirectory: join(folder, 'data'),
    log: () => {},
  });
  const { ownerUrl } = await provisionEmbedded(embedded);
  if (ownerUrl) await migrate(ownerUrl, 'anteroom_app');
  project.provide('superuserUrl', embeddedUrl(embedded, 'postgres', 'postgres'));
  return async () => {
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
    await rm(embedded.dataDirectory, { recursive: true, force: true });
  };
}
