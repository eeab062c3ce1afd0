import { defineConfig } from 'vitest/config';

// Journeys in a real browser against the running product, which each test starts for itself.
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts', 'packages/**/*.e2e.test.ts'],
    globalSetup: ['apps/server/test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000, interval: 20 } },
    onConsoleLog: () => true,
  },
});
