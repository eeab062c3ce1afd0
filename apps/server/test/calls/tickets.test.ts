import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetTickets, issueTicket, type Pass } from '../../src/calls/index.ts';
import { redeemTicket } from '../../src/calls/tickets.ts';
import { forget } from '../../src/platform/database/forgetting.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

const person = { personId: 'p1', name: 'Ada Example', sessionId: 'c2Vzc2lvbg' };
const door = (index: 0 | 1 = 0) => anteroom.database.in(anteroom.organisations[index].id);

async function schedule(as = anteroom.organisations[0]): Promise<string> {
  const answer = await anteroom.call('POST', '/api/v1/appointments', {
    body: appointmentBody(),
    as,
  });
  return answer.json.data.id;
}

const claimantOf = (appointmentId: string): Pass => ({
  kind: 'room',
  role: 'claimant',
  appointmentId,
  ...person,
});

describe('a ticket', () => {
  it('opens once what it was made for, and the organisation is its own', async () => {
    const appointmentId = await schedule(anteroom.organisations[1]);
    const { ticket, expires_in } = await issueTicket(door(1), claimantOf(appointmentId));
    expect(expires_in).toBe(30);
    expect(await redeemTicket(anteroom.database, ticket)).toEqual({
      organisationId: anteroom.organisations[1].id,
      kind: 'room',
      role: 'claimant',
      appointmentId,
      revision: 1,
      ...person,
    });
    expect(await redeemTicket(anteroom.database, ticket)).toBe(null);
  });

  it('opens once when a hundred hand it in at the same moment', async () => {
    const { ticket } = await issueTicket(door(), claimantOf(await schedule()));
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => redeemTicket(anteroom.database, ticket)),
    );
    expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
  });

  it('opens a day with the departments that its holder has', async () => {
    const issue = (departments: number[] | null) =>
      issueTicket(door(), { kind: 'day', departments, ...person });
    const some = await issue([1, 2]);
    const all = await issue(null);
    expect(await redeemTicket(anteroom.database, some.ticket)).toMatchObject({
      kind: 'day',
      departments: [1, 2],
    });
    expect(await redeemTicket(anteroom.database, all.ticket)).toMatchObject({ departments: null });
  });

  it('opens nothing after thirty seconds, and is forgotten', async () => {
    const { ticket } = await issueTicket(door(), claimantOf(await schedule()));
    await issueTicket(door(1), { kind: 'day', departments: null, ...person });
    await anteroom.testDatabase.query(
      `update tickets set expires_at = expires_at - interval '31 seconds' where kind = 'room'`,
    );
    expect(await forget(anteroom.database, forgetTickets)).toBe(1);
    expect(await redeemTicket(anteroom.database, ticket)).toBe(null);

    const { ticket: old } = await issueTicket(door(), claimantOf(await schedule()));
    await anteroom.testDatabase.query(
      `update tickets set expires_at = clock_timestamp() where kind = 'room'`,
    );
    expect(await redeemTicket(anteroom.database, old)).toBe(null);
  });

  it('is not made for an appointment of another organisation', async () => {
    const foreign = await schedule(anteroom.organisations[1]);
    await expect(issueTicket(door(), claimantOf(foreign))).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('is kept as a hash alone', async () => {
    const { ticket } = await issueTicket(door(), claimantOf(await schedule()));
    const rows = await anteroom.testDatabase.query('select t::text from tickets t');
    expect(JSON.stringify(rows)).not.toContain(ticket);
  });
});
