// Bodies that no integrator means to send, made from a published schema and its example.

import fc from 'fast-check';
import type { Schema } from '../openapi.ts';

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
export const writeText = (value: unknown) =>
  typeof value === 'object' ? writeJson(value) : String(value).replace(/^raw:/, '');

/** Values that have broken readers before. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
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

export const oddName = fc.oneof(
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
export function spoilt(example: Record<string, unknown>, schema: Schema): fc.Arbitrary<unknown> {
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
export const madeUp = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof(
    oddValue,
    fc.dictionary(
      fc.oneof(fc.constantFrom('x', ...Object.keys(schema.properties ?? {})), oddName),
      oddValue,
      { maxKeys: 12 },
    ),
  );

export interface Written {
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
export const encode = (text: string) => encodeURIComponent(text.toWellFormed());

export const writers: Record<string, (value: unknown) => Written> = {
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
export const vandalism: fc.Arbitrary<(body: Buffer) => Buffer> = fc.oneof(
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
export const monsters = fc
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
