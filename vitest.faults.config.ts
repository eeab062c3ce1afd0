import { defineConfig } from 'vitest/config';

// Faults: processes killed and paused under load. About fifteen minutes, one file at a time.
export default defineConfig({
  test: {
    include: ['{apps,packages}/**/*.faults.test.ts'],
    setupFiles: ['apps/server/test/published.ts'],
    globalSetup: ['apps/server/test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
    onConsoleLog: () => true,
  },
});
