import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{apps,packages,tools,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.faults.test.ts', '**/*.e2e.test.ts'],
    setupFiles: ['apps/server/test/published.ts'],
    globalSetup: ['apps/server/test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    onConsoleLog: () => true,
  },
});
