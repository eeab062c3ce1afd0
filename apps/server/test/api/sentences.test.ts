// Every sentence that an integrator may be told, provoked from the published interface.

import { errors, scopeNames } from '@anteroom/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';
import { type Operation, readOperations, type Schema } from '../openapi.ts';
import { makeThing } from '../things.ts';

const path = '/api/v1/appointments';
const startedAt = Date.now();
const inMinutes = (minutes: number) => new Date(startedAt + minutes * 60_000).toISOString();
const now = inMinutes(0);

/** The forms that a sentence about a field may have: what is wrong, and what would be right. */
const forms = [
  /^ must be (?:an?|the|one of|text|true or false) ?.*\.$/,
  /^ must (?:hold|name) .+\.$/,
  /^ is required: .+\.$/,
  /^ was sent more than once; send it once\.$/,
  /^ is not a known field; leave it out\.$/,
  /^ cannot be changed; leave it out\.$/,
  /^ is already used by another appointment.*; choose another\.$/,
];

/** Words of the house, which nobody outside has to know. */
const houseWords =
  /\b(?:sql|database|postgres\w*|constraint|column|table|row|null pointer|undefined|NaN|stack|exception|schema|ajv|fastify|json ?schema|property|properties|instance|pattern|regex\w*|enum|format|additional|keyword|uuid|integer|boolean|string|object Object|tenant|parse\w*|query string|any characters|to any)\b/i;

interface Told {
  field: string;
  sentence: string;
}

describe('what an integrator is told', () => {
  let anteroom: TestServer;
  let operations: Operation[];
  let ownWords: RegExp;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: now });
    operations = await readOperations(anteroom.url);
    const columns = await anteroom.testDatabase.query<{ name: string }>(
      `select distinct column_name as name from information_schema.columns
       where table_schema = 'public' and column_name like '%\\_%'`,
    );
    const published = JSON.stringify(operations);
    const own = columns.filter(({ name }) => !published.includes(`"${name}"`));
    ownWords = new RegExp(`\\b(?:${own.map(({ name }) => name).join('|')})\\b`);
  });
  afterAll(() => anteroom.close());

  /** What is wrong with a sentence for people, if anything. */
  function faultsOf(sentence: string): string[] {
    const word = houseWords.exec(sentence)?.[0] ?? ownWords.exec(sentence)?.[0];
    return [
      ...(word ? [`says “${word}”: ${sentence}`] : []),
      ...(/^[\w`].*[.)]$/s.test(sentence) ? [] : [`is no sentence: ${sentence}`]),
    ];
  }

  async function refusals(operation: Operation, body: unknown): Promise<Told[]> {
    const answer = await anteroom.call(operation.method, await addressOf(operation), {
      body,
      headers: { prefer: 'handling=strict' },
    });
    return toldBy(answer.json);
  }

  async function addressOf({ path: pattern }: Operation): Promise<string> {
    return pattern.replace('{id}', await makeThing(anteroom, pattern, anteroom.organisations[0]));
  }

  const toldBy = (json: { errors?: Record<string, string[]> }): Told[] =>
    Object.entries(json.errors ?? {}).flatMap(([field, sentences]) =>
      sentences.map((sentence) => ({ field, sentence })),
    );

  /** Values that are wrong in one way or another for most fields. */
  const wrong: unknown[] = [
    null,
    {},
    [],
    ['a', 'b'],
    [{}, 'a', null],
    [{ id: 'x' }],
    true,
    -1,
    1.5,
    1e300,
    '!',
    'x'.repeat(3_000),
    'nul\u0000',
    'half \ud800',
    '2001-02-03T04:05:06Z',
    '2090-01-01',
    '2031-02-30T10:00:00Z',
    Array.from({ length: 1_000 }, (_, index) => index),
    ['pl', 'pl'],
    ['captions', 'captions'],
  ];

  /** Paths of the schema's fields, those inside objects as well. */
  const fieldsOf = ({ properties = {} }: Schema): string[] =>
    Object.entries(properties).flatMap(([name, property]) => [
      name,
      ...fieldsOf(property).map((inner) => `${name}.${inner}`),
    ]);

  /** Objects as they should be, with this value in each of their other fields. */
  const fill = ({ properties = {} }: Schema, value: unknown): object =>
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        property.properties ? fill(property, value) : value,
      ]),
    );

  it('of a field names it, says what is wrong, and what would be right, on every operation', async () => {
    const poor: string[] = [];
    const silent: string[] = [];
    let count = 0;
    for (const operation of operations) {
      const { body: schema, scopes } = operation;
      if (!schema || scopes === null) continue;
      const bodies = [
        ...wrong.map((value) => fill(schema, value)),
        ...wrong.map((value) =>
          Object.fromEntries(Object.keys(schema.properties ?? {}).map((name) => [name, value])),
        ),
        {},
        [],
        { nobody: 1, claimant: { nobody: 1 } },
      ];
      const told: Told[] = [];
      for (const body of bodies) told.push(...(await refusals(operation, body)));
      for (const { field, sentence } of told) {
        const rest = sentence.slice(field.length);
        const isOfForm = sentence.startsWith(field) && forms.some((form) => form.test(rest));
        if (!isOfForm) poor.push(`${operation.name}: ${sentence}`);
        poor.push(...faultsOf(sentence.slice(0, 300)));
      }
      const named = new Set(told.map(({ field }) => field.replace(/\.\d+(\.|$).*/, '')));
      silent.push(...fieldsOf(schema).filter((field) => !named.has(field)));
      count += told.length;
    }
    expect([...new Set(poor)]).toEqual([]);
    expect([...new Set(silent)]).toEqual([]);
    expect(count).toBeGreaterThan(500);
  });

  it('of a query does the same', async () => {
    const poor: string[] = [];
    const silent: string[] = [];
    for (const operation of operations) {
      const names = Object.keys(operation.query);
      if (names.length === 0) continue;
      const told: Told[] = [];
      for (const value of ['!', '-1', 'x'.repeat(600), 'nul\u0000', '1&{}=2', '2031-02-30']) {
        const pairs = names.map((name) =>
          value.includes('{}')
            ? value.replace('{}', name).replace(/^/, `${name}=`)
            : `${name}=${encodeURIComponent(value)}`,
        );
        const address = `${await addressOf(operation)}?${pairs.join('&')}`;
        told.push(...toldBy((await anteroom.call(operation.method, address)).json));
      }
      for (const { field, sentence } of told) {
        const rest = sentence.slice(field.length);
        if (!sentence.startsWith(field) || !forms.some((form) => form.test(rest)))
          poor.push(`${operation.name}: ${sentence}`);
        poor.push(...faultsOf(sentence));
      }
      const named = new Set(told.map(({ field }) => field.replace(/\.\d+$/, '')));
      silent.push(...names.filter((name) => !named.has(name)));
    }
    expect([...new Set(poor)]).toEqual([]);
    expect([...new Set(silent)]).toEqual([]);
  });

  it('of anything else is a sentence without a word of the house', async () => {
    const said: string[] = Object.values(errors).flatMap(({ message, mend }) => [message, mend]);
    const ask = async (...call: Parameters<TestServer['call']>) => {
      const { json } = await anteroom.call(...call);
      const { code, message, error_description: description } = json;
      const inAll = message ?? description;
      if (inAll) said.push(inAll, ...toldBy(json).map(({ sentence }) => sentence));
      return code as string;
    };
    const make = async (changes: object) =>
      (
        await anteroom.call('POST', path, {
          body: appointmentBody({ appointment_at: now, ...changes }),
        })
      ).json.data;
    const { id, reference } = await make({});
    const one = `${path}/${id}`;
    const readOnly = await anteroom.token(anteroom.organisations[0], ['appointments:read']);
    const key = { 'idempotency-key': 'used' };
    const again = appointmentBody({ appointment_at: now });
    await anteroom.call('POST', path, { body: again, headers: key });
    const patch = (status: string) => ask('PATCH', one, { body: { status } });

    const codes = [
      await ask('POST', path, { body: '%zz' }),
      await ask('GET', `${path}?%zz`),
      await ask('GET', path, { token: 'none' }),
      await ask('POST', path, { body: {}, token: readOnly }),
      await ask('GET', `${path}/none`),
      await ask('PUT', path),
      await ask('PATCH', one, { body: {}, headers: { 'if-match': '"7"' } }),
      await ask('POST', path, { body: 'x='.padEnd(300_000, 'x') }),
      await ask('POST', path, { body: 'x', headers: { 'content-type': 'text/plain' } }),
      await ask('POST', path, { body: appointmentBody({ appointment_at: now, reference }) }),
      await ask('POST', path, { body: { ...again, duration_in_minutes: 5 }, headers: key }),
      await ask('POST', path, { body: again, headers: { 'idempotency-key': 'é' } }),
      await ask('POST', path, {
        body: appointmentBody({ appointment_at: '2001-01-01T00:00:00Z' }),
      }),
      await ask('PATCH', one, { body: { reference: 'other' } }),
      await ask('GET', `${path}?cursor=none`),
      await patch('no_show'),
      await patch('in_progress'),
      await patch('scheduled'),
    ];
    const { id: later } = await make({ appointment_at: inMinutes(300) });
    codes.push(await ask('PATCH', `${path}/${later}`, { body: { status: 'waiting' } }));
    await anteroom.setClock(inMinutes(20));
    await patch('no_show');
    codes.push(
      await ask('POST', `${one}/cancel`, { body: {} }),
      await ask('PATCH', one, { body: { duration_in_minutes: 5 } }),
    );
    await patch('waiting');
    codes.push(await patch('no_show'));
    for (const grant of [
      {},
      { grant_type: 'x' },
      { grant_type: 'client_credentials', scope: 'x' },
      { grant_type: {} },
    ]) {
      const { clientId, clientSecret } = anteroom.organisations[0];
      const pair = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
      await ask('POST', '/oauth2/token', {
        body: grant,
        headers: { authorization: `Basic ${pair}` },
      });
      await ask('POST', '/oauth2/revoke', {
        body: {},
        headers: { authorization: `Basic ${pair}` },
      });
    }
    await ask('POST', '/oauth2/token', { body: {}, headers: { authorization: 'Basic eDp5' } });

    // These need time, a lock, a flood or a fault, and have tests of their own.
    const elsewhere = [
      ...['request_timeout', 'idempotency_in_progress', 'too_many_requests', 'headers_too_large'],
      ...['internal_error', 'unavailable', 'storage_full'],
      // And these are told to people in front of pages.
      ...['not_permitted', 'cross_site_request'],
    ];
    expect(new Set(codes.filter(Boolean))).toEqual(
      new Set(Object.keys(errors).filter((code) => !elsewhere.includes(code))),
    );
    expect(said.flatMap(faultsOf)).toEqual([]);
    expect(scopeNames.some((scope) => said.some((sentence) => sentence.includes(scope)))).toBe(
      true,
    );
  });
});
