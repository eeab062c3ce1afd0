import { appointmentAnswer, errors, listOf, one } from '@anteroom/contract';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestAnswer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';
const bodies = 1_000;

const ajv = new Ajv({ strict: false, formats: { 'date-time': true, uuid: true, date: true } });
const isOne = ajv.compile(one(appointmentAnswer));
const isList = ajv.compile(listOf(appointmentAnswer));

/** Values that have broken readers before. */
const oddValue = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e21,
    Number.MAX_SAFE_INTEGER,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '0',
    'true',
    'null',
    'NaN',
    '2025-02-30',
    '2025-02-28T24:00:00Z',
    '9999-12-31T23:59:59-23:59',
    '0000-01-01',
    '-000001-01-01T00:00:00Z',
    "'; drop table appointments; --",
    '__proto__',
    '{"$gt":""}',
    '%00',
    '%zz',
    'A\u030a',
    '\u202e',
    'a'.repeat(10_000),
    [],
    {},
    [[]],
    [null],
  ),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.jsonValue({ maxDepth: 4 }),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const fieldName = fc.oneof(
  fc.constantFrom(
    'reference',
    'appointment_at',
    'duration_in_minutes',
    'department',
    'department_id',
    'claimant',
    'status',
    'features_bandwidth',
    'features_screen_sharing_enable',
    'interpreter_language',
    'custom_user_post_call_redirect_url',
    '__proto__',
    'constructor',
    'toString',
    'id',
    'organisation_id',
    'version',
    'claimant[name]',
    'claimant.name',
    '',
  ),
  fc.string({ maxLength: 20 }),
);
/** A good body with some of it spoilt. */
const mutated = fc.dictionary(fieldName, oddValue, { maxKeys: 6 }).map((spoilt) => {
  const body = appointmentBody();
  for (const [name, value] of Object.entries(spoilt)) {
    Object.defineProperty(body, name, { value, enumerable: true, configurable: true });
  }
  return body;
});
const claimants = fc.dictionary(
  fc.constantFrom('name', 'email', 'phone_number', 'date_of_birth', 'data', 'x'),
  oddValue,
);
const body = fc.oneof(
  mutated,
  claimants.map((claimant) => appointmentBody({ claimant })),
  oddValue,
);
const text = fc.oneof(
  body.map((value) => ({ type: 'application/json', text: JSON.stringify(value) ?? '' })),
  fc
    .array(fc.tuple(fieldName, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 20 })
    .map((pairs) => ({
      type: 'application/x-www-form-urlencoded',
      text: pairs.map(([name, value]) => `${name}=${value}`).join('&'),
    })),
  fc
    .string({ unit: 'binary', maxLength: 200 })
    .map((raw) => ({ type: 'multipart/form-data; boundary=x', text: `--x\r\n${raw}` })),
  fc
    .string({ unit: 'binary', maxLength: 200 })
    .map((raw) => ({ type: 'application/json', text: raw })),
);

describe('hostile input', () => {
  let anteroom: TestServer;
  let id: string;
  beforeAll(async () => {
    anteroom = await startTestServer();
    id = (await anteroom.call('POST', path, { body: appointmentBody() })).json.data.id;
  });
  afterAll(() => anteroom.close());

  /** Every answer is of the published shape and never our own fault. */
  function judge(answer: TestAnswer): void {
    expect(answer.status).toBeLessThan(500);
    if (answer.status < 300) {
      expect(isOne(answer.json) || isList(answer.json), answer.text).toBe(true);
      return;
    }
    expect(Object.hasOwn(errors, answer.json.code), answer.text).toBe(true);
    expect(errors[answer.json.code as keyof typeof errors].status).toBe(answer.status);
    expect(answer.text).not.toMatch(/node_modules|select |insert into|\.ts:\d/);
  }

  it(`gets ${bodies} generated and mutated bodies a 4xx or an answer, on every route that takes one`, async () => {
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom(['POST', path], ['PATCH', `${path}/:id`], ['POST', `${path}/:id/cancel`]),
        async ({ type, text: sent }, [method = '', route = '']) => {
          const isCancel = route.endsWith('cancel');
          const target = isCancel
            ? (await anteroom.call('POST', path, { body: appointmentBody() })).json.data.id
            : id;
          const answer = await anteroom.call(method, route.replace(':id', target), {
            body: sent,
            headers: { 'content-type': type },
          });
          judge(answer);
        },
      ),
      { numRuns: bodies },
    );
    const row = await anteroom.call('GET', `${path}/${id}`);
    expect(row.json.data.id).toBe(id);
  }, 120_000);

  it(`gets ${bodies} generated queries a 4xx or a list`, async () => {
    const names = fc.oneof(
      fc.constantFrom(
        'page',
        'per_page',
        'cursor',
        'status',
        'status[]',
        'sort',
        'reference',
        'department_id',
        'appointment_from',
        'updated_since',
        'page[x]',
      ),
      fc.string({ maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, fc.oneof(fc.string({ maxLength: 12 }), oddValue.map(String))), {
          maxLength: 5,
        }),
        fc.boolean(),
        async (pairs, isRaw) => {
          const query = isRaw
            ? pairs
                .map((pair) =>
                  pair.map((part) => encodeURI(part.toWellFormed()).slice(0, 200)).join('='),
                )
                .join('&')
            : new URLSearchParams(
                pairs.map(([name, value]): [string, string] => [
                  name.toWellFormed(),
                  value.toWellFormed().slice(0, 500),
                ]),
              ).toString();
          judge(await anteroom.call('GET', `${path}?${query}`));
        },
      ),
      { numRuns: bodies },
    );
  }, 120_000);
});
