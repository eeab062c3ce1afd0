// Requests that no integrator means to send, made from the published OpenAPI file.

import { scheduleExample } from '@anteroom/contract';
import fc from 'fast-check';
import type { Operation, Schema } from '../openapi.ts';

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

/** Stands under names of fields that the server owns, and must never be found stored. */
export const planted = { text: 'planted-by-attack', date: '2001-02-03', number: 47_110_815 };

const plantedAt = `${planted.date}T04:05:06Z`;
const ownedByServer: Record<string, unknown> = {
  id: '11111111-2222-4333-8444-555555555555',
  organisation_id: '11111111-2222-4333-8444-555555555555',
  version: planted.number,
  revision: planted.number,
  created_at: plantedAt,
  updated_at: plantedAt,
  arrived_at: plantedAt,
  session_started_at: plantedAt,
  session_ended_at: plantedAt,
  on_hold_started_at: plantedAt,
  cancelled_at: plantedAt,
  room_closes_at: plantedAt,
  url: `https://${planted.text}.example.org`,
  meeting: { id: String(planted.number), room_name: planted.text, room_url: planted.text },
  claimant_token: planted.text,
  entry_code: planted.text,
  room_key: planted.text,
  room_name: planted.text,
  meeting_id: planted.number,
  outcome: planted.text,
  features: { planted: planted.text },
  actor: { kind: 'agent', id: planted.text },
};

/** Written into JSON as it stands, where a value of JavaScript could not say it. */
const raw = (text: string) => `raw:${text}`;
const writeJson = (value: unknown) =>
  (JSON.stringify(value) ?? '').replaceAll(/"raw:([^"]+)"/g, '$1');
const writeText = (value: unknown) =>
  typeof value === 'object' ? writeJson(value) : String(value).replace(/^raw:/, '');

/** Values that have broken readers before. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e21,
      Number.MAX_SAFE_INTEGER,
      raw('-0'),
      raw('1e400'),
      raw('-1e400'),
      raw('9'.repeat(400)),
      raw('0.1e-400'),
      '',
      ' ',
      '\u0000',
      'a\u0000b',
      '\ud800',
      '\udc00\ud800',
      '0',
      '-0',
      '+1',
      '0x10',
      '1e3',
      '１２',
      'true',
      'TRUE ',
      'null',
      'undefined',
      'NaN',
      'Infinity',
      '2025-02-30',
      '2025-02-29T10:00:00Z',
      '2025-13-01T00:00:00Z',
      '2025-02-28T24:00:00Z',
      '2025-12-31T23:59:60Z',
      '9999-12-31T23:59:59-23:59',
      '0000-01-01',
      '-000001-01-01T00:00:00Z',
      '+275760-09-13T00:00:00.001Z',
      '2025-01-01T00:00:00.0000000000000001Z',
      "'; drop table appointments; --",
      '{"$gt":""}',
      '%00',
      '%zz',
      '%',
      '../../etc/passwd',
      '<script>alert(1)</script>',
      '=1+1',
      'A\u030a',
      '\u202e\u2066',
      '\ufeff',
      '\u{1f469}\u200d\u{1f692}',
      'ß'.repeat(200),
      'a'.repeat(10_000),
      'javascript:alert(1)',
      'https://user:secret@example.org',
      'https://[::1',
      '+44\u0660\u0661\u0662',
      'a@b@c',
      [],
      {},
      [[]],
      [null],
      [[[[[[[[]]]]]]]],
      { length: 1e9 },
      { toString: null },
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.double().map((number) => raw(JSON.stringify(number) ?? '0')) },
  { weight: 1, arbitrary: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()) },
);

const oddName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '__proto__[admin]',
    'constructor[prototype][admin]',
    'claimant[name]',
    'claimant.name',
    'claimant[',
    ']',
    '[]',
    '[0]',
    '',
    ' ',
    '\u0000',
    '☃',
    'line\r\nbreak: 1',
  ),
  fc.string({ maxLength: 20 }),
);

type Step = string | number;

/** Every place in a value, the whole itself included. */
function placesIn(value: unknown, before: Step[] = []): Step[][] {
  const inside =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, part]) => placesIn(part, [...before, name]))
      : [];
  return [before, ...inside];
}

/** The value with what stands at a place put through `mend`; undefined there takes it out. */
function changeAt(value: unknown, [step, ...rest]: Step[], mend: (old: unknown) => unknown) {
  if (step === undefined) return mend(value);
  const copy: Record<Step, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) };
  const changed: unknown = changeAt(copy[step], rest, mend);
  if (changed === undefined) delete copy[step];
  else setOwn(copy, step, changed);
  return copy;
}

/** An own key, also when it is called `__proto__`. */
function setOwn(object: object, name: Step, value: unknown): void {
  const own = { value, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(object, name, own);
}

/** A good body with some of it spoilt. */
function spoilt(example: Record<string, unknown>, schema: Schema): fc.Arbitrary<unknown> {
  const known = Object.keys(schema.properties ?? {});
  const addition = fc.oneof(
    fc.constantFrom(...Object.entries(ownedByServer)),
    fc.tuple(oddName, oddValue),
    fc.tuple(fc.constantFrom('x', ...known), oddValue),
  );
  const change = fc.oneof(
    fc.record({ place: fc.nat(), mend: oddValue.map((odd) => () => odd) }),
    fc.record({
      place: fc.nat(),
      mend: fc.constantFrom<(old: unknown) => unknown>(
        () => undefined,
        (old) => [old],
        (old) => [old, old],
        (old) => ({ '0': old }),
        (old) => ({ value: old }),
        writeText,
        (old) => ` ${writeText(old)}\t`,
        (old) => (typeof old === 'string' ? old.toUpperCase() : old),
        (old) => Number(writeText(old)),
      ),
    }),
    fc.record({
      place: fc.constant(-1),
      mend: addition.map(([name, value]) => (old: unknown) => {
        if (typeof old !== 'object' || old === null || Array.isArray(old)) return old;
        const copy = { ...old };
        setOwn(copy, name, value);
        return copy;
      }),
    }),
  );
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce<unknown>((body, { place, mend }) => {
      const places = placesIn(body);
      return changeAt(body, place < 0 ? [] : (places[place % places.length] ?? []), mend);
    }, example),
  );
}

/** A body from nothing: anything under any name, or no object at all. */
const madeUp = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof(
    oddValue,
    fc.dictionary(
      fc.oneof(fc.constantFrom('x', ...Object.keys(schema.properties ?? {})), oddName),
      oddValue,
      { maxKeys: 12 },
    ),
  );

interface Written {
  type: string;
  text: string;
}

/** The pairs of a form, with bracket keys. */
function pairsOf(value: unknown, name = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) {
    return [[name, value === null ? '' : writeText(value)]];
  }
  return Object.entries(value).flatMap(([key, part]) =>
    pairsOf(part, name ? `${name}[${key}]` : key),
  );
}

const boundary = 'limit';
const encode = (text: string) => encodeURIComponent(text.toWellFormed());

const writers: Record<string, (value: unknown) => Written> = {
  json: (value) => ({ type: 'application/json', text: writeJson(value) }),
  form: (value) => ({
    type: 'application/x-www-form-urlencoded',
    text: pairsOf(value)
      .map(([name, part]) => `${encode(name)}=${encode(part)}`)
      .join('&'),
  }),
  multipart: (value) => ({
    type: `multipart/form-data; boundary=${boundary}`,
    text: [
      ...pairsOf(value).map(
        ([name, part]) =>
          `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${part}\r\n`,
      ),
      `--${boundary}--\r\n`,
    ].join(''),
  }),
};

/** What may still happen to a body once it is written. */
const vandalism: fc.Arbitrary<(body: Buffer) => Buffer> = fc.oneof(
  { weight: 40, arbitrary: fc.constant((body: Buffer) => body) },
  { weight: 1, arbitrary: fc.nat(400).map((at) => (body: Buffer) => body.subarray(0, at)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(2_000), fc.uint8Array({ minLength: 1, maxLength: 6 }))
      .map(([at, bytes]) => (body: Buffer) => {
        const place = at % (body.length + 1);
        return Buffer.concat([body.subarray(0, place), bytes, body.subarray(place)]);
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      (body: Buffer) => Buffer.from(body.toString('utf8'), 'utf16le'),
      (body: Buffer) => Buffer.concat([Buffer.from('\ufeff'), body]),
      (body: Buffer) => Buffer.concat([body, body]),
      // The same key again, before the one that counts.
      (body: Buffer) => Buffer.from(body.toString('utf8').replace('{', '{"reference":[],')),
      (body: Buffer) => Buffer.from(body.toString('utf8').replaceAll(/%../g, '%zz')),
      (body: Buffer) => Buffer.from(body.toString('utf8').replaceAll('&', '&&=&')),
      (body: Buffer) => Buffer.from(body.toString('utf8').replaceAll('"', '')),
      (body: Buffer) => Buffer.from(body.toString('utf8').replaceAll('\r\n', '\n')),
      (body: Buffer) => Buffer.from(body.toString('utf8').replaceAll('name=', 'filename=')),
    ),
  },
);

/** Whole bodies that are odd as such; some are large, so they are few. */
const monsters = fc
  .constantFrom<() => Written>(
    () => ({ type: 'application/json', text: '['.repeat(50_000) }),
    () => ({
      type: 'application/json',
      text: `{"claimant":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}`,
    }),
    () => ({ type: 'application/json', text: `{"reference":"${'a'.repeat(250_000)}"}` }),
    () => ({ type: 'application/json', text: `{"reference":"${'a'.repeat(300_000)}"}` }),
    () => ({
      type: 'application/json',
      text: `{${Array.from({ length: 20_000 }, (_, index) => `"${index}":0`)}}`,
    }),
    () => ({ type: 'application/json', text: `{"claimant":{"data":[${'{},'.repeat(9_000)}{}]}}` }),
    () => ({
      type: 'application/json',
      text: '{"__proto__":{"admin":true},"constructor":{"prototype":{}}}',
    }),
    () => ({ type: 'application/x-www-form-urlencoded', text: `a${'[a]'.repeat(20_000)}=1` }),
    () => ({ type: 'application/x-www-form-urlencoded', text: 'a=1&'.repeat(30_000) }),
    () => ({ type: 'application/json', text: `{"${'x'.repeat(200_000)}":1}` }),
    () => ({ type: 'application/x-www-form-urlencoded', text: 'claimant[data][999999999][id]=1' }),
    () => ({ type: 'application/x-www-form-urlencoded', text: 'a[]=1&'.repeat(5_000) }),
    () => ({ type: 'application/x-www-form-urlencoded', text: '&'.repeat(200_000) }),
    () => ({ type: 'application/x-www-form-urlencoded', text: '%'.repeat(200_000) }),
    () => ({
      type: `multipart/form-data; boundary=${boundary}`,
      text: `--${boundary}\r\n`.repeat(20_000),
    }),
    () => ({ type: `multipart/form-data; boundary=${'b'.repeat(5_000)}`, text: '--' }),
  )
  .map((make) => make());

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
