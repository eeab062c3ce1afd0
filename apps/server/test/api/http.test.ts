import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';
import { sendRaw } from './raw-http.ts';

const path = '/api/v1/appointments';

describe('the habits of every answer', () => {
  let anteroom: TestServer;
  const log: string[] = [];
  beforeAll(async () => {
    anteroom = await startTestServer({
      log: { write: (line) => log.push(line) },
      rateLimitPerMinute: 500,
    });
  });
  afterAll(() => anteroom.close());

  it.each([
    ['cut JSON', '{"a":', 'application/json', 400, 'malformed_body'],
    ['prototype keys', '{"__proto__":{"a":1}}', 'application/json', 400, 'malformed_body'],
    ['no JSON at all', '', 'application/json', 422, 'validation_failed'],
    ['a list for an object', '[]', 'application/json', 422, 'validation_failed'],
    ['text for an object', '"x"', 'application/json', 422, 'validation_failed'],
    ['null', 'null', 'application/json', 422, 'validation_failed'],
    ['a broken percent sign', 'a=%zz', 'application/x-www-form-urlencoded', 400, 'malformed_body'],
    [
      'bytes that are no UTF-8',
      'reference=%ff',
      'application/x-www-form-urlencoded',
      400,
      'malformed_body',
    ],
    [
      'too many fields',
      'a=1&'.repeat(3000),
      'application/x-www-form-urlencoded',
      400,
      'malformed_body',
    ],
    ['XML', '<a/>', 'application/xml', 415, 'unsupported_media_type'],
    ['plain text', '{}', 'text/plain', 415, 'unsupported_media_type'],
    [
      'multipart with a part that has no name',
      '--x\r\nContent-Disposition: form-data;\0 name="a"\r\n\r\n1\r\n--x--\r\n',
      'multipart/form-data; boundary=x',
      400,
      'malformed_body',
    ],
    ['multipart without a boundary', 'x', 'multipart/form-data', 400, 'malformed_body'],
    [
      'multipart cut short',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
      'multipart/form-data; boundary=x',
      400,
      'malformed_body',
    ],
    [
      'a body of 300 KiB',
      `{"a":"${'x'.repeat(300 * 1024)}"}`,
      'application/json',
      413,
      'body_too_large',
    ],
  ])('answers %s with its reason', async (_, body, type, status, code) => {
    const answer = await anteroom.call('POST', path, { body, headers: { 'content-type': type } });
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.json.request_id).toBe(answer.headers.get('x-request-id'));
  });

  it.each([
    ['application/json', Buffer.from('{"reference":"Jos\xe9"}', 'latin1')],
    ['application/x-www-form-urlencoded', Buffer.from('reference=Jos\xe9', 'latin1')],
    [
      'multipart/form-data; boundary=x',
      Buffer.concat([
        Buffer.from(
          '--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-16le\r\n\r\n',
        ),
        Buffer.from([0x00, 0xd8]),
        Buffer.from('\r\n--x--\r\n'),
      ]),
    ],
  ])('answers %s that is not Unicode with its reason', async (type, body) => {
    const response = await fetch(anteroom.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${anteroom.organisations[0].token}`, 'content-type': type },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'malformed_body' });
  });

  it('answers nesting of 60,000 with its reason, with a key and without', async () => {
    const body = `{"reference":"x","department":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
    for (const headers of [{}, { 'idempotency-key': 'deep' }]) {
      const answer = await anteroom.call('POST', path, {
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
      expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed']);
    }
  });

  it('passes over expectations that it does not know', async () => {
    const port = Number(new URL(anteroom.url).port);
    const answer = await sendRaw(
      port,
      `GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 200-ok\r\n\r\n`,
      true,
    );
    expect([answer.status, answer.text]).toEqual([200, '{"status":"ok"}']);
  });

  it('refuses files in multipart bodies', async () => {
    const body = new FormData();
    body.set('reference', new Blob(['x']), 'x.txt');
    const answer = await anteroom.call('POST', path, { body });
    expect([answer.status, answer.json.code]).toEqual([415, 'unsupported_media_type']);
  });

  it.each([
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', '/api/v1/appointments/not-an-id', 404, 'not_found'],
    ['GET', '/api/v1/appointments/0198c2c4-2820-7002-8533-ab1b86d419da', 404, 'not_found'],
    ['GET', '/api/v1/%E0%A4%A', 400, 'malformed_request'],
    ['GET', '/api/v1/appointments?page=%zz', 400, 'malformed_request'],
    ['GET', '/api/v1/appointments/%00', 404, 'not_found'],
    ['GET', '/.well-known/oauth-authorization-server?%', 400, 'malformed_request'],
    ['PUT', '/api/v1/appointments', 405, 'method_not_allowed'],
  ])('answers %s %s in the one shape', async (method, address, status, code) => {
    const answer = await anteroom.call(method, address);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(Object.keys(answer.json)).toEqual(['message', 'code', 'request_id']);
    if (status === 405) expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('has security headers, a request id and what is left of the limit on answers', async () => {
    const answer = await anteroom.call('GET', path, { headers: { 'x-request-id': 'mine-1' } });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-request-id': 'mine-1',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'ratelimit-policy': '"client";q=500;w=60',
      ratelimit: expect.stringMatching(/^"client";r=\d+;t=\d+$/),
    });
    const unsafe = await anteroom.call('GET', path, { headers: { 'x-request-id': 'a b"c' } });
    expect(unsafe.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('answers what is no HTTP, and headers over 16 KiB', async () => {
    const { port, hostname } = new URL(anteroom.url);
    const say = (text: string) =>
      new Promise<string>((resolve) => {
        let heard = '';
        const socket = connect(Number(port), hostname, () => socket.write(text));
        socket.on('data', (chunk) => {
          heard += chunk;
        });
        socket.on('close', () => resolve(heard));
      });
    expect(await say('NONSENSE\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*"code":"malformed_request"/,
    );
    const large = `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await say(large)).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers_too_large"/);
  });

  it('logs one line per request, with its id and without personal data', async () => {
    log.length = 0;
    const canary = 'Quentin Canary';
    const body = appointmentBody({
      reference: `canary-${Date.now()}`,
      claimant: { name: canary, email: 'canary@example.org', phone_number: '+442079460000' },
    });
    await anteroom.call('POST', path, { body, headers: { 'x-request-id': 'canary-request' } });
    await anteroom.call('POST', path, { body });
    await anteroom.call('GET', `${path}?reference=${body.reference}`);
    await anteroom.call('GET', `/nowhere/${canary}`);
    await expect.poll(() => log.length).toBeGreaterThanOrEqual(4);
    const lines = log.map((line) => JSON.parse(line));
    expect(lines.find(({ reqId }) => reqId === 'canary-request')).toMatchObject({
      method: 'POST',
      route: path,
      status: 201,
      organisation: anteroom.organisations[0].id,
    });
    for (const secret of [
      'Canary',
      'canary@',
      '7946',
      String(body.reference),
      anteroom.organisations[0].token,
    ]) {
      expect(log.join('')).not.toContain(secret);
    }
  });

  it('limits a client and says when to come back', async () => {
    const limited = await startTestServer({ rateLimitPerMinute: 5 });
    const answers = [];
    for (let count = 0; count < 6; count++) answers.push(await limited.call('GET', path));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(0);
    const other = await limited.call('GET', path, { as: limited.organisations[1] });
    expect(other.status).toBe(200);
    await limited.close();
  });

  it('tells the operator that it lives and is ready', async () => {
    expect((await fetch(`${anteroom.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${anteroom.url}/readyz`)).status).toBe(200);
  });

  it('marks every answer of a sandbox', async () => {
    const sandbox = await startTestServer({ sandboxAt: '2025-08-19T14:38:12Z' });
    const answer = await sandbox.call('GET', '/nowhere');
    expect(answer.headers.get('sandbox-clock')).toBe('2025-08-19T14:38:12.000000Z');
    await sandbox.close();
  });
});
