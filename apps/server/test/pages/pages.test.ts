import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../harness.ts';

describe('the pages of claimants and staff', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server?.close());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, { headers, redirect: 'manual' });

  const claimantPages = [
    '/client-web/schedule/pre-call/summary?reference=anything',
    '/client-web/schedule/pre-call/device-check',
    '/client-web/schedule/pre-call/waiting',
    '/client-web/schedule/call',
    '/client-web/schedule/after/',
    '/j/0123456789',
  ];

  it.each([...claimantPages, '/portal', '/portal/', '/portal/any/page', '/meet/any'])(
    '%s is a page that nobody keeps, and that may do little',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).toContain("connect-src 'self'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(answer.headers.get('permissions-policy')).toContain('camera=(self)');
    },
  );

  it.each(['br', 'gzip', 'identity'])(
    'assets come as %s, and are kept for good',
    async (coding) => {
      const page = await (await get('/j/x')).text();
      const script = /src="(\/client-web\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? '';
      const plain = Buffer.from(await (await get(script)).arrayBuffer());
      const answer = await get(script, { 'accept-encoding': coding });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('vary')).toBe('accept-encoding');
      const encoding = coding === 'identity' ? null : coding;
      expect(answer.headers.get('content-encoding')).toBe(encoding);
      expect(Buffer.from(await answer.arrayBuffer()).equals(plain)).toBe(true);
    },
  );

  it.each([
    '/client-web',
    '/client-web/',
    '/client-web/schedule/pre-call/nothing',
    '/client-web/schedule/pre-call/summary/more',
  ])('%s is a plain page that says it does not exist', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toContain('This page does not exist');
  });

  it.each([
    '/client-web/api/nothing',
    '/portal/api/nothing',
    '/client-web/assets/nothing.js',
    '/client-web/assets/..%2findex.html',
    '/client-web/assets/../.built-from',
    '/portal/assets/.vite/manifest.json',
  ])('%s is answered as programs read it', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toMatch(/json|html/);
    expect(await answer.text()).not.toMatch(/^[0-9a-f]{64}$|"isEntry"/);
  });

  it('says at the bare address what this is, and where staff and programs go', async () => {
    const answer = await get('/');
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('href="/portal/"');
    expect(text).toContain('href="/api/docs"');
    expect(text).toContain('open the link in your invitation');
  });

  it('lets nothing stand in a page but what it was built with', async () => {
    const answer = await get('/j/x');
    const policy = answer.headers.get('content-security-policy') ?? '';
    const page = await answer.text();
    const inline = [...page.matchAll(/<(script|style)>/g)].length;
    expect(policy.match(/'sha256-/g)).toHaveLength(inline);
  });

  it('keeps what was compressed the same as what was not', async () => {
    const plain = await (await get('/j/x', { 'accept-encoding': 'identity' })).text();
    const { readBuiltPages } = await import('../../src/pages/built.ts');
    const { page } = readBuiltPages('claimant') ?? { page: null };
    const [[, brotli] = [], [, gzip] = []] = page?.encoded ?? [];
    expect(brotliDecompressSync(brotli ?? Buffer.alloc(0)).toString()).toBe(plain);
    expect(gunzipSync(gzip ?? Buffer.alloc(0)).toString()).toBe(plain);
  });
});
