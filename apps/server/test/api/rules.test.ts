import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceOf } from '../../src/access/failures.ts';
import { makeIdentifiers } from '../../src/appointments/identifiers.ts';
import { closingTime } from '../../src/appointments/schedule.ts';
import { plainSearchText } from '../../src/appointments/search-text.ts';
import { isoFromDatabase, isoFromMicros } from '../../src/platform/clock.ts';
import { readInstant } from '../../src/platform/http/formats.ts';
import { createTestDatabase, type TestDatabase } from '../harness.ts';

const instants = fc
  .bigInt({ min: 0n, max: 4_102_444_800_000_000n })
  .map((micros) => isoFromMicros(Number(micros)));

describe('rules that stand in two places', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('close the room at the same instant here and in the database', async () => {
    const pairs = fc.sample(fc.tuple(instants, fc.integer({ min: 1, max: 1440 })), 2_000);
    const rows = await database.query<{ closes_at: string }>(
      `select room_closes_at(at, minutes)::text as closes_at
       from unnest($1::timestamptz[], $2::integer[]) with ordinality as t(at, minutes, n) order by n`,
      [pairs.map(([at]) => at), pairs.map(([, minutes]) => minutes)],
    );
    expect(pairs.map(([at, minutes]) => closingTime(at, minutes))).toEqual(
      rows.map((row) => isoFromDatabase(row.closes_at)),
    );
  });

  it('make the same text to search by', async () => {
    const text = (maxLength: number) =>
      fc.oneof(
        fc.string({ minLength: 1, maxLength }),
        fc.constantFrom(
          `O'Brien-Smith, J.(Jo) <x> "y" ;[z]\``,
          '  A  B ',
          '-',
          '.',
          "'",
          '#1/2_%\\',
        ),
      );
    const email = fc.constantFrom(null, 'A.B@Mail.Example.org', "o'b-c+d@localhost", 'x@y.z');
    const phone = fc.constantFrom(null, '+442079460123', '+1');
    const rows = fc.sample(
      fc.record({
        claimant_name: text(40),
        reference: text(20),
        claimant_email: email,
        claimant_phone_number: phone,
      }),
      2_000,
    );
    const made = rows.map((row) => plainSearchText(row));
    expect(made.filter((one) => one !== null).length).toBeGreaterThan(1_000);
    const stored = await database.query<{ text: string }>(
      `select search_text_of(name, email, phone, reference) as text
       from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality
         as t(name, email, phone, reference, n) order by n`,
      ['claimant_name', 'claimant_email', 'claimant_phone_number', 'reference'].map((column) =>
        rows.map((row) => row[column as keyof typeof row]),
      ),
    );
    for (const [index, one] of made.entries()) {
      if (one !== null) expect([rows[index], one]).toEqual([rows[index], stored[index]?.text]);
    }
    expect(plainSearchText({ ...(rows[0] as (typeof rows)[0]), claimant_name: 'Zoë' })).toBeNull();
  });

  it('read and write instants without losing a microsecond', async () => {
    const sample = fc.sample(instants, 2_000);
    const rows = await database.query<{ at: string }>(
      `select at::text as at from unnest($1::timestamptz[]) with ordinality as t(at, n) order by n`,
      [sample],
    );
    expect(rows.map(({ at }) => isoFromDatabase(at))).toEqual(sample);
    expect(sample.map(readInstant)).toEqual(sample);
  });
});

describe('made-up values', () => {
  it('are ids in the order of their instants, to the microsecond', () => {
    const key = createSecretKey(randomBytes(32));
    const sorted = [...new Set(fc.sample(instants, 1_000))].toSorted();
    const ids = sorted.map((at) => makeIdentifiers(at, key).id);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });
});

describe('one source of guesses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});
