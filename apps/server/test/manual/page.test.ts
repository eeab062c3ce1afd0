import { errors } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPage } from '../../src/manual/page.ts';
import { startTestServer, type TestServer } from '../harness.ts';
import { comparePublished } from '../published.ts';
import { askRaw, decode, textOf } from './reading.ts';

interface Answer {
  content?: Record<string, { example?: unknown }>;
}

describe('the manual at /api/docs', () => {
  let anteroom: TestServer;
  let page: string;
  // biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document, read here and there
  let document: any;
  beforeAll(async () => {
    anteroom = await startTestServer();
    page = await (await fetch(`${anteroom.url}/api/docs`)).text();
    document = await (await fetch(`${anteroom.url}/api/openapi.json`)).json();
  });
  afterAll(() => anteroom.close());

  const operations = () =>
    Object.entries(
      document.paths as Record<string, Record<string, { operationId: string }>>,
    ).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => ({ method, path, operationId })),
    );

  it('describes every operation of the OpenAPI file', () => {
    expect(operations().length).toBeGreaterThan(8);
    for (const { method, path, operationId } of operations()) {
      const start = page.indexOf(`<h3 id="${operationId}">`);
      expect(start, operationId).toBeGreaterThan(0);
      const described = textOf(page.slice(start, page.indexOf('</article>', start)));
      expect(described).toContain(`${method.toUpperCase()} ${path}`);
      expect(described).toContain('curl');
    }
  });

  it('says of every error code what it means and what to do', () => {
    const inDocument = JSON.stringify(document.components.schemas.Error.properties.code.enum);
    for (const [code, { status, message, mend }] of Object.entries(errors)) {
      expect(inDocument).toContain(code);
      const start = page.indexOf(`<div id="error-${code}">`);
      expect(start, code).toBeGreaterThan(0);
      const described = textOf(page.slice(start, page.indexOf('</div>', start)));
      expect(described).toContain(`${status} ${code}`);
      expect(described).toContain(message.replaceAll('`', ''));
      expect(described).toContain(mend.replaceAll('`', ''));
    }
  });

  it('names every field of every body, with its limits in numbers', () => {
    const fieldsIn = (schema: { properties?: object } = {}): string[] =>
      Object.entries(schema.properties ?? {}).flatMap(([name, part]) => [name, ...fieldsIn(part)]);
    for (const schema of Object.values(document.components.schemas)) {
      for (const name of fieldsIn(schema as object)) {
        expect(page).toContain(`<code class="name">${name}</code>`);
      }
    }
    const text = textOf(page);
    expect(text).toContain('reference text, 1 to 191 characters required');
    expect(text).toContain('duration_in_minutes whole number, 1 to 1,440 required');
    expect(text).toContain('per_page whole number, 1 to 100, or null, else 25');
  });

  it('shows answers of the published shape', () => {
    let examples = 0;
    for (const { method, path, operationId } of operations()) {
      const start = page.indexOf(`<h3 id="${operationId}">`);
      const described = page.slice(start, page.indexOf('</article>', start));
      for (const [status, answer] of Object.entries(document.paths[path][method].responses)) {
        const { example } = (answer as Answer).content?.['application/json'] ?? {};
        if (!example) continue;
        const text = JSON.stringify(example, null, 2);
        comparePublished(method, path, Number(status), text);
        expect(decode(described)).toContain(text);
        examples++;
      }
    }
    expect(examples).toBeGreaterThan(10);
  });

  it('has every id once, and links lead somewhere', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const targets = [...page.matchAll(/ (?:href="#|aria-labelledby=")([^"]+)"/g)].map(
      ([, id]) => id,
    );
    expect(targets.length).toBeGreaterThan(50);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('brings everything itself and runs nothing inline', async () => {
    const { headers } = await fetch(`${anteroom.url}/api/docs`);
    const policy = headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'.*script-src 'self'.*trusted-types 'none'/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page).not.toMatch(/<style|<script(?![^>]* src="\/)|\sstyle=|<[^>]*\son\w+=|javascript:/);
    const addresses = [...page.matchAll(/ (?:href|src|action)="([^"]*)"/g)].map(([, one]) => one);
    expect(addresses.filter((address) => !/^(#|\/api\/)/.test(address ?? ''))).toEqual([]);

    const files = new Set(addresses.filter((address) => address?.startsWith('/api/docs/')));
    expect(files.size).toBeGreaterThanOrEqual(8);
    for (const file of files) {
      const answer = await fetch(anteroom.url + file);
      expect(answer.status, file).toBe(200);
      const text = await answer.text();
      expect(text.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
        /https?:\/\/|localStorage|sessionStorage|document\.cookie|innerHTML/,
      );
    }
  });

  it('is small, compressed where that is taken, and fetched once', async () => {
    expect(Buffer.byteLength(page)).toBeLessThan(200_000);
    const plain = await askRaw(anteroom.url, '/api/docs', { 'accept-encoding': 'gzip;q=0, br' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString()).toBe(page);
    const zipped = await askRaw(anteroom.url, '/api/docs', { 'accept-encoding': 'br, gzip;q=0.5' });
    expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(zipped.body.byteLength).toBeLessThan(30_000);
    for (const path of ['/api/docs', '/api/docs/style.css']) {
      const { headers } = await askRaw(anteroom.url, path);
      const known = { 'if-none-match': `"other", ${headers.etag}` };
      const again = await askRaw(anteroom.url, path, known);
      expect([again.status, again.body.byteLength]).toEqual([304, 0]);
      expect((await askRaw(anteroom.url, path, { 'if-none-match': '"other"' })).status).toBe(200);
    }
  });

  it('shows text of the interface as text', () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const operation = {
      operationId: 'x',
      summary: hostile,
      description: `${hostile} \`${hostile}\``,
      tags: [hostile],
      parameters: [{ name: hostile, in: 'query', schema: { type: 'string', enum: [hostile] } }],
      requestBody: {
        content: { 'application/json': { schema: {}, example: { [hostile]: `'${hostile}"` } } },
      },
      responses: { 200: { description: hostile } },
    };
    const text = renderPage({
      document: { servers: [{ url: hostile }], paths: { [hostile]: { post: operation } } },
      address: hostile,
      files: '/api/docs',
      programs: [],
      rateLimitPerMinute: 0,
    });
    expect(text).toContain('&lt;img');
    expect(text).not.toContain('<img');
  });
});

describe('the address that answers name', () => {
  const places = ['/api/docs', '/api/openapi.json', '/.well-known/oauth-authorization-server'];

  it('is the organisation’s whose Host was asked, and never a Host that nobody here owns', async () => {
    const anteroom = await startTestServer({ publicUrl: 'https://rooms.example.org' });
    try {
      for (const path of places) {
        for (const { publicUrl } of anteroom.organisations) {
          const answer = await askRaw(anteroom.url, path, { host: new URL(publicUrl).host });
          expect(answer.body.toString()).toContain(publicUrl);
          expect(answer.body.toString()).not.toContain('rooms.example.org');
        }
        const other = await askRaw(anteroom.url, path, { host: 'evil.example' });
        expect(other.body.toString()).toContain('https://rooms.example.org');
        expect(other.body.toString()).not.toMatch(/evil\.example|visits-\d/);
      }
    } finally {
      await anteroom.close();
    }
  });

  it('is localhost with the port where nothing else is set', async () => {
    const anteroom = await startTestServer();
    try {
      const { json } = await anteroom.call('GET', '/api/openapi.json');
      expect(json.servers).toEqual([{ url: `http://localhost:${new URL(anteroom.url).port}` }]);
    } finally {
      await anteroom.close();
    }
  });
});
