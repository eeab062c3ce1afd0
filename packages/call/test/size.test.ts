import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleEngine } from './windows.ts';

it('is small, and brings no schemas along', async () => {
  const code = await bundleEngine();
  expect(gzipSync(code).length).toBeLessThan(10 * 1024);
  expect(code).not.toContain('TypeBox');
  expect(code).not.toContain('~kind');
});
