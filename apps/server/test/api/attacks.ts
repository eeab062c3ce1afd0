// Requests that no integrator means to send, made from the published OpenAPI file.

import { scheduleExample } from '@anteroom/contract';
import fc from 'fast-check';
import type { Operation } from '../openapi.ts';
import {
  encode,
  madeUp,
  monsters,
  oddName,
  oddValue,
  spoilt,
  vandalism,
  type Written,
  writers,
  writeText,
} from './hostile-bodies.ts';

export interface Attack {
  /** The operation's name. */
  operation: string;
  method: string;
  /** As it is written in the request line; `{id}` still stands for a thing of the caller. */
  address: string;
  /** These and the body are Latin-1 text: any bytes. */
  headers: [string, string][];
  body: string | null;
  /** Whether it is sent to the end, as its own headers say. */
  isWhole: boolean;
}

/** Query parameters by name and value, as they are written. */
function queryOf({ query }: Operation): fc.Arbitrary<string> {
  const names = Object.keys(query);
  const name = fc.oneof(fc.constantFrom('x', 'access_token', ...names), oddName);
  const value = oddValue.map((odd) => writeText(odd).slice(0, 600));
  const usual = fc.constantFrom('1', '25', 'scheduled', '-created_at', '2025-01-01');
  const cursor = fc.oneof(
    fc.base64String({ maxLength: 60 }),
    fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json)).toString('base64url')),
    fc
      .record({
        s: fc.constantFrom('-created_at', 'updated_at', 'x'),
        v: fc.constantFrom('', '2025-01-01 00:00:00+00', '2025-99-01 00:00:00+00', 'x'),
        i: fc.constantFrom('0198c2c4-2820-7002-8533-ab1b86d419da', "' or 1=1", null),
        b: fc.constantFrom(true, false, 1),
      })
      .map((mark) => Buffer.from(JSON.stringify(mark)).toString('base64url')),
  );
  const pair = fc.oneof(
    fc.tuple(name, fc.oneof(value, usual)).map((pair) => pair.map(encode).join('=')),
    cursor.map((text) => `cursor=${text}`),
    fc.tuple(name, usual).map(([key, text]) => `${encode(key)}[]=${text}&${encode(key)}=${text}`),
    // As it comes, but for what would end the request line.
    fc
      .string({ unit: 'binary-ascii', maxLength: 30 })
      .map((text) => text.replaceAll(/[^!-~]|#/g, '%')),
  );
  return fc.array(pair, { maxLength: 5 }).map((pairs) => pairs.join('&'));
}

const oddId = fc.constantFrom(
  '0198c2c4-2820-7002-8533-ab1b86d419da',
  '0',
  'null',
  '%00',
  '%zz',
  '%',
  '%ff',
  '..%2f..%2f',
  '%2e%2e',
  '*',
  'a'.repeat(300),
  '%F0%9F%A7%A8',
  '0198C2C4-2820-7002-8533-AB1B86D419DA',
  '0198c2c4-2820-7002-8533-ab1b86d419da%0a',
);

const headerValues: Record<string, string[]> = {
  'if-match': ['*', '"1"', '"2"', 'W/"1"', '"1", "2"', '"99999999999999"', '""', '"', '', '"\xff"'],
  'if-none-match': ['*', '"1"', '"'],
  prefer: ['handling=strict', 'handling="strict', 'handling=lenient', ';;;,=', 'respond-async', ''],
  'idempotency-key': ['', ' ', 'a', 'a'.repeat(255), 'a'.repeat(256), 'k\xfc', '\x01', 'a, b'],
  accept: ['text/html', '*/*;q=0', 'application/xml', '', ';', '\xe9'],
  'accept-encoding': ['gzip', 'br;q=1, *;q=0'],
  'accept-language': ['xx', '\xff'],
  'content-encoding': ['gzip', 'br', 'deflate, gzip', 'x', ''],
  'content-type': [
    'application/json; charset=utf-16',
    'application/json;charset=iso-8859-1',
    'application/json; boundary=x',
    'APPLICATION/JSON',
    'application/jsonp',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded; charset=',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary="\xff"',
    'multipart/mixed; boundary=limit',
    'text/plain',
    'text/xml',
    '',
    '/',
    ';',
    '\xff',
    'a'.repeat(3_000),
  ],
  host: ['', 'evil.example.org', 'a b', '[::1', 'localhost:99999', '\xff', 'a'.repeat(3_000)],
  'x-forwarded-for': ['', 'x', '::1', '10.0.0.1, , 10.0.0.2', '\xff', '1'.repeat(2_000)],
  'x-forwarded-host': ['evil.example.org', '', 'a b', '\xff'],
  'x-forwarded-proto': ['https', 'javascript', ''],
  'x-request-id': ['', 'mine', 'a'.repeat(200), 'a b', '\xff'],
  'x-http-method-override': ['DELETE'],
  expect: ['100-continue', '200-ok'],
  range: ['bytes=0-1'],
  te: ['trailers'],
  upgrade: ['websocket', 'h2c'],
  cookie: ['a=b', '\xff'],
  authorization: ['Basic !!!', 'Basic Og==', 'Basic OjpqOg==', 'Bearer', 'Bearer \xff', ''],
  'x-long': ['a'.repeat(20_000)],
  // After these what is sent is not what was announced.
  'content-length': ['-1', '1e3', '99999999999999999999', '0', '5, 5', '1000000'],
  'transfer-encoding': ['chunked', 'gzip', 'chunked, identity', 'xchunked'],
};
const framing = ['content-length', 'transfer-encoding', 'connection', 'upgrade'];

const oddHeaders = fc.oneof(
  { weight: 4, arbitrary: fc.constant<[string, string][]>([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.oneof(
        {
          weight: 12,
          arbitrary: fc.constantFrom(
            ...Object.entries(headerValues).flatMap(([name, values]) =>
              values.map((value): [string, string] => [name, value]),
            ),
          ),
        },
        {
          weight: 1,
          arbitrary: fc.tuple(
            fc.constantFrom(...Object.keys(headerValues)),
            fc
              .string({ unit: 'binary', maxLength: 40 })
              .map((text) => text.replaceAll(/[\r\n]/g, '')),
          ),
        },
      ),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'get',
  'LOCK',
];

/** Attacks on these operations; `kind` says whether bodies are spoilt examples or made from nothing. */
export function attacksOn(
  operations: readonly Operation[],
  kind: 'generated' | 'mutated',
): fc.Arbitrary<Attack> {
  // Where more can be said, more can go wrong.
  const choices = operations.map((operation) => ({
    weight: operation.scopes === null ? 1 : operation.body ? 6 : 3,
    arbitrary: attackOn(operation, kind),
  }));
  return fc.oneof(...choices);
}

function attackOn(operation: Operation, kind: 'generated' | 'mutated'): fc.Arbitrary<Attack> {
  const { body: schema, example = {} } = operation;
  const value = schema
    ? kind === 'mutated'
      ? spoilt(example, schema)
      : madeUp(schema)
    : fc.constant(undefined);
  const written = fc.oneof(
    {
      weight: 60,
      arbitrary: fc
        .tuple(value, fc.constantFrom('json', 'json', 'form', 'multipart'))
        .map(([body, writer]) => writers[writer]?.(body) as Written),
    },
    { weight: 1, arbitrary: monsters },
  );
  const often =
    (weight: number) =>
    <Value>(usual: Value, odd: fc.Arbitrary<Value>) =>
      fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
  return fc
    .record({
      method: often(30)(operation.method, fc.constantFrom(...methods)),
      id: often(9)('{id}', oddId),
      end: often(40)('', fc.constantFrom('/', '//', '/%2e%2e', '/x', ';a=b', '%20', '#x')),
      query: fc.oneof(
        { weight: schema ? 12 : 1, arbitrary: fc.constant('') },
        { weight: 2, arbitrary: queryOf(operation) },
      ),
      headers: oddHeaders,
      written,
      spoil: vandalism,
      hasBody: schema
        ? fc.constant(true)
        : fc.integer({ max: 9, min: 0 }).map((dice) => dice === 0),
    })
    .map(({ method, id, end, query, headers, written: { type, text }, spoil, hasBody }) => {
      const body = hasBody ? spoil(Buffer.from(text)) : null;
      const names = new Set(headers.map(([name]) => name));
      const address = operation.path.replace(/\{\w+\}/, id) + end + (query ? `?${query}` : '');
      const isFramed = framing.every((name) => !names.has(name));
      return {
        operation: operation.name,
        method,
        address,
        headers: [
          ...headers,
          ...(body && !names.has('content-type') ? [['content-type', type] as const] : []),
          ...(body && isFramed ? [['content-length', String(body.length)] as const] : []),
        ] as [string, string][],
        body: body?.toString('latin1') ?? null,
        isWhole: isFramed && method !== 'TRACE' && method !== 'get',
      };
    });
}

interface Circumstances {
  /** Counts the attacks. */
  number: number;
  port: number;
  /** What stands for `{id}`. */
  id: string;
  authorization: string;
}

/**
 * The request as text in Latin-1. Each has a reference of its own, so that a good part of what is
 * created is created, and a source of its own behind the proxy that it pretends to be, so that
 * guesses at the token endpoint are not slowed down.
 */
export function writeAttack(
  { method, address, headers, body }: Attack,
  { number, port, id, authorization }: Circumstances,
): string {
  const source = [10, number >> 16, number >> 8, number].map((part) => part & 255).join('.');
  const usual: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    authorization,
    'x-forwarded-for': source,
  };
  for (const [name] of headers) delete usual[name];
  const lines = [['connection', 'close'], ...Object.entries(usual), ...headers];
  const reference = number.toString(36).padStart(scheduleExample.reference.length, '0');
  return [
    `${method} ${address.replace('{id}', id)} HTTP/1.1\r\n`,
    ...lines.map(([name, value]) => `${name}: ${value}\r\n`),
    `\r\n${(body ?? '').replaceAll(scheduleExample.reference, reference)}`,
  ].join('');
}
