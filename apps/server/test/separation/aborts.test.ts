import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

type TestOrganisation = TestServer['organisations'][number];

const path = '/api/v1/appointments';
const organisations = 20;
const requests = 2_000;

describe('callers who hang up', () => {
  let anteroom: TestServer;
  const idOf = new Map<TestOrganisation, string>();
  beforeAll(async () => {
    anteroom = await startTestServer({ organisations });
    for (const organisation of anteroom.organisations) {
      const body = appointmentBody({ reference: 'same', claimant: { name: organisation.id } });
      const answer = await anteroom.call('POST', path, { body, as: organisation });
      idOf.set(organisation, answer.json.data.id);
    }
  }, 60_000);
  afterAll(() => anteroom.close());

  /** What one organisation asks; a third of it fails, and everything of it carries its own id. */
  function ask(mine: TestOrganisation, other: TestOrganisation, kind: number) {
    const own = `${path}/${idOf.get(mine)}`;
    const foreign = `${path}/${idOf.get(other)}`;
    const body = appointmentBody({ reference: 'same', claimant: { name: mine.id } });
    const requests: [string, string, unknown?, Record<string, string>?][] = [
      ['GET', `${path}?per_page=5`],
      ['GET', `${path}?cursor=&status=scheduled`],
      ['GET', `${own}/events`],
      ['PATCH', own, { claimant: { name: mine.id, email: `${randomInt(1e6)}@example.org` } }],
      ['GET', own],
      ['PATCH', own, { status: 'scheduled', duration_in_minutes: randomInt(1, 1000) }],
      ['GET', foreign],
      ['POST', path, body],
      ['POST', `${foreign}/cancel`, {}, { 'idempotency-key': `abort-${randomInt(1e9)}` }],
    ];
    return requests[kind % requests.length] as (typeof requests)[number];
  }

  it(`get nobody else’s bytes, and nobody gets theirs, in ${requests} requests of ${organisations} organisations`, async () => {
    const ids = anteroom.organisations.map(({ id }) => id);
    let next = 0;
    const found: string[] = [];
    const counted = { answered: 0, refused: 0, aborted: 0, wrong: [] as number[] };
    const worker = async () => {
      while (next < requests) {
        const number = next++;
        const mine = anteroom.organisations[number % organisations] as TestOrganisation;
        const other = anteroom.organisations[(number + 7) % organisations] as TestOrganisation;
        const [method, address, body, headers = {}] = ask(mine, other, randomInt(9));
        const hangUp = new AbortController();
        const isAborted = number % 4 === 0;
        if (isAborted) delay(randomInt(15)).then(() => hangUp.abort());
        try {
          const response = await fetch(anteroom.url + address, {
            method,
            signal: hangUp.signal,
            headers: {
              authorization: `Bearer ${mine.token}`,
              ...(body ? { 'content-type': 'application/json' } : {}),
              ...headers,
            },
            ...(body ? { body: JSON.stringify(body) } : {}),
          });
          const text = await response.text();
          if (response.ok) counted.answered++;
          else counted.refused++;
          if (response.status >= 500) counted.wrong.push(response.status);
          found.push(...ids.filter((id) => id !== mine.id && text.includes(id)));
          if (response.ok && !text.includes(idOf.get(mine) as string)) {
            found.push(`${method} ${address} shows nothing of its own`);
          }
        } catch (error) {
          if (!isAborted) throw error;
          counted.aborted++;
        }
      }
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    expect(found).toEqual([]);
    expect(counted.wrong).toEqual([]);
    expect(counted.refused).toBeGreaterThan(requests / 5);
    expect(counted.aborted).toBeGreaterThan(20);

    // What they had asked for before they hung up was done for them alone, or not at all.
    const rows = await anteroom.testDatabase.query<{ organisation_id: string; name: string }>(
      'select organisation_id, claimant_name as name from appointments',
    );
    expect(rows).toHaveLength(organisations);
    expect(rows.filter((row) => row.organisation_id !== row.name)).toEqual([]);
  }, 60_000);
});
