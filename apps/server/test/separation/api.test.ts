import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';

const path = '/api/v1/appointments';

describe('two organisations', () => {
  let anteroom: TestServer;
  let theirs: { id: string; reference: string };
  beforeAll(async () => {
    anteroom = await startTestServer();
    await anteroom.testDatabase.query(
      `insert into departments (organisation_id, id, name) values ($1, 41, 'Theirs Alone')`,
      [anteroom.organisations[1].id],
    );
    const body = appointmentBody({ claimant: { name: 'Theirs Alone' } });
    theirs = (await anteroom.call('POST', path, { body, as: anteroom.organisations[1] })).json.data;
  });
  afterAll(() => anteroom.close());

  it('do not meet in lists, filters and cursors', async () => {
    const [mine, other] = anteroom.organisations;
    for (let count = 0; count < 3; count++) {
      for (const as of [mine, other])
        await anteroom.call('POST', path, { body: appointmentBody(), as });
    }
    const foreign = await anteroom.call('GET', `${path}?cursor=&per_page=2`, { as: other });
    for (const query of [
      '',
      `?reference=${theirs.reference}`,
      '?status=scheduled',
      `?cursor=${foreign.json.meta.next_cursor}`,
    ]) {
      const answer = await anteroom.call('GET', path + query);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('Theirs Alone');
      expect(answer.text).not.toContain(theirs.id);
    }
  });

  it('cannot tell another’s department from none', async () => {
    const [, other] = anteroom.organisations;
    const theirOwn = await anteroom.call('POST', path, {
      body: appointmentBody({ department: 'Theirs Alone' }),
      as: other,
    });
    expect(theirOwn.json.data.department).toEqual({ id: 41, name: 'Theirs Alone' });
    const own = (await anteroom.call('POST', path, { body: appointmentBody() })).json.data;
    const asks: [string, string, object][] = [
      ['POST', path, appointmentBody()],
      ['PATCH', `${path}/${own.id}`, {}],
    ];
    for (const [method, address, body] of asks) {
      const ask = async (department: object) => {
        const answer = await anteroom.call(method, address, { body: { ...body, ...department } });
        return [answer.status, { ...answer.json, request_id: '' }];
      };
      for (const [foreign, missing] of [
        [{ department: 'Theirs Alone' }, { department: 'Nobody’s at all' }],
        [{ department: '41' }, { department: '77' }],
        [{ department_id: 41 }, { department_id: 77 }],
      ] as const) {
        const [theirAnswer, none] = [await ask(foreign), await ask(missing)];
        expect(theirAnswer[0]).toBe(422);
        expect(theirAnswer).toEqual(none);
      }
    }
    const filtered = await anteroom.call('GET', `${path}?department_id=41`);
    expect([filtered.status, filtered.json.data]).toEqual([200, []]);
  });

  it('have an Idempotency-Key each', async () => {
    const headers = { 'idempotency-key': 'shared' };
    const body = appointmentBody();
    const [mine, other] = await Promise.all(
      anteroom.organisations.map((as) => anteroom.call('POST', path, { body, headers, as })),
    );
    expect([mine?.status, other?.status]).toEqual([201, 201]);
    expect(mine?.json.data.id).not.toBe(other?.json.data.id);
    expect(other?.headers.get('idempotency-replayed')).toBeNull();
  });

  it('never replay a fuller answer to a narrower token', async () => {
    const headers = { 'idempotency-key': 'fuller' };
    const body = appointmentBody();
    await anteroom.call('POST', path, { body, headers });
    const token = await anteroom.token(anteroom.organisations[0], ['appointments:write']);
    const replay = await anteroom.call('POST', path, { body, headers, token });
    expect(replay.status).toBe(422);
    expect(replay.text).not.toContain('roomKey');
  });
});
