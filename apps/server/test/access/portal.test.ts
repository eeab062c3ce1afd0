import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appointmentBody, eventually, startTestServer, type TestServer } from '../harness.ts';
import { linkOf, makeStaff, openPage, type Page, signIn } from './pages.ts';

const noon = '2030-07-01T11:00:00.000000Z';
const at = (minutes: number) => new Date(Date.parse(noon) + minutes * 60_000).toISOString();

describe('the portal', () => {
  let anteroom: TestServer;
  let administrator: Page;
  let scheduler: Page;
  let agent: Page;
  let agentId: string;
  beforeAll(async () => {
    anteroom = await startTestServer({ sandboxAt: at(-10) });
    const [mine] = anteroom.organisations;
    await anteroom.testDatabase.query(
      `insert into departments (organisation_id, id, name) values ($1, 1, 'One'), ($1, 2, 'Two')`,
      [mine.id],
    );
    const make = async (...who: [Parameters<typeof makeStaff>[2]?, number[]?]) => {
      const { email, id } = await makeStaff(anteroom, mine, ...who);
      return { page: await signIn(anteroom, email), id };
    };
    administrator = (await make()).page;
    scheduler = (await make('scheduler', [1])).page;
    ({ page: agent, id: agentId } = await make('agent', [1]));
    await eventually(async () => {
      const [departments, agents] = [
        await administrator.call('GET', '/portal/api/departments'),
        await administrator.call('GET', '/portal/api/agents'),
      ];
      return departments.json.data.length === 2 && agents.json.data.length === 2;
    });
  });
  afterAll(() => anteroom.close());

  async function schedule(changes: Record<string, unknown> = {}, as = anteroom.organisations[0]) {
    await anteroom.setClock(at(-10));
    const body = appointmentBody({ appointment_at: noon, department_id: 1, ...changes });
    const { json } = await anteroom.call('POST', '/api/v1/appointments', { body, as });
    return json.data;
  }

  const ofOne = (id: string, action = '') =>
    `/portal/api/appointments/${id}${action && `/${action}`}`;
  const typesOf = async (id: string) => {
    const { json } = await administrator.call('GET', ofOne(id, 'events'));
    return json.data.map(({ type }: { type: string }) => type.replace('appointment.', ''));
  };

  it('lets agents cancel with a reason, and not change', async () => {
    const { id } = await schedule();
    const changed = await agent.call('PATCH', ofOne(id), { duration_in_minutes: 45 });
    expect(changed.status).toBe(403);
    const { status, json } = await agent.call('POST', ofOne(id, 'cancel'), { reason: 'I am ill' });
    expect(status).toBe(200);
    expect(json.data).toMatchObject({ status: 'cancelled', cancellation_reason: 'I am ill' });
  });

  it('shows a day in the organisation’s zone, and each person theirs', async () => {
    const mine = await schedule({ department_id: 1 });
    const others = await schedule({ department_id: 2 });
    const none = await schedule({ department_id: null });
    // In London 2 July has begun.
    const late = await schedule({ appointment_at: '2030-07-01T23:30:00Z' });
    const theirs = await schedule({ department_id: null }, anteroom.organisations[1]);
    const idsOf = async (page: Page, query = '') => {
      const { json } = await page.call('GET', `/portal/api/day${query}`);
      return new Set(json.data.appointments.map(({ id }: { id: string }) => id));
    };
    const all = await idsOf(administrator);
    for (const { id } of [mine, others, none]) expect(all).toContain(id);
    for (const { id } of [late, theirs]) expect(all).not.toContain(id);
    expect(await idsOf(administrator, '?date=2030-07-02')).toEqual(new Set([late.id]));
    expect(await idsOf(administrator, '?department_id=2')).toEqual(new Set([others.id]));
    const own = await idsOf(agent);
    expect(own).toContain(mine.id);
    for (const { id } of [others, none]) expect(own).not.toContain(id);
    expect((await administrator.call('GET', '/portal/api/day?date=tomorrow')).status).toBe(422);
  });

  it('finds by name, and only what is in scope', async () => {
    const name = 'Wilhelmina Unusual';
    const mine = await schedule({ claimant: { name } });
    await schedule({ claimant: { name }, department_id: 2 });
    await schedule({ claimant: { name }, department_id: null }, anteroom.organisations[1]);
    const found = await agent.call('POST', '/portal/api/search', { q: 'wilhelmina' });
    expect(found.json.data.map(({ id }: { id: string }) => id)).toEqual([mine.id]);
    const everywhere = await administrator.call('POST', '/portal/api/search', { q: 'wilhelmina' });
    expect(everywhere.json.data).toHaveLength(2);
  });

  it('schedules once for one key, changes under If-Match, and keeps to the departments of whoever asks', async () => {
    const body = appointmentBody({ appointment_at: noon, department_id: 1 });
    const key = { 'idempotency-key': 'a double click' };
    const first = await scheduler.call('POST', '/portal/api/appointments', body, key);
    const second = await scheduler.call('POST', '/portal/api/appointments', body, key);
    expect(first.status).toBe(201);
    expect(second.text).toBe(first.text);
    const { id } = first.json.data;
    const stale = await scheduler.call(
      'PATCH',
      ofOne(id),
      { duration_in_minutes: 45 },
      { 'if-match': '"7"' },
    );
    expect(stale.status).toBe(412);
    const changed = await scheduler.call(
      'PATCH',
      ofOne(id),
      { duration_in_minutes: 45 },
      { 'if-match': '"1"' },
    );
    expect(changed.json.data).toMatchObject({ version: 2, duration_in_minutes: 45 });
    expect(changed.headers.get('etag')).toBe('"2"');

    for (const department of [2, null]) {
      const elsewhere = await scheduler.call(
        'POST',
        '/portal/api/appointments',
        appointmentBody({ appointment_at: noon, department_id: department }),
      );
      expect(elsewhere.status).toBe(422);
      expect(elsewhere.json.errors).toHaveProperty('department_id');
      const moved = await scheduler.call('PATCH', ofOne(id), { department_id: department });
      expect(moved.status).toBe(422);
    }
    expect((await scheduler.call('GET', ofOne(id))).json.data.department).toEqual({
      id: 1,
      name: 'One',
    });
    const shown = await scheduler.call('POST', '/portal/api/appointments', { reference: '' });
    expect(shown.json.errors).toHaveProperty('appointment_at');
  });

  it('leaves a trace of who opened a record, once an hour', async () => {
    const { id } = await schedule();
    await agent.call('GET', ofOne(id));
    await agent.call('GET', ofOne(id));
    await administrator.call('GET', ofOne(id));
    expect(await typesOf(id)).toEqual(['scheduled', 'viewed', 'viewed']);
    await anteroom.setClock(at(51));
    await agent.call('GET', ofOne(id));
    expect(await typesOf(id)).toHaveLength(4);
  });

  it('runs an appointment: arrive, message, admit, end, and what came of it, notes after the end included', async () => {
    const { id } = await schedule();
    const done = async (action: string, body?: object) => {
      const answer = await agent.call('POST', ofOne(id, action), body);
      expect(answer.status, answer.text).toBe(200);
      return answer.json.data;
    };
    expect((await done('arrive')).status).toBe('waiting');
    const told = await agent.call('POST', '/portal/api/messages', {
      kind: 'running_late',
      minutes: 10,
    });
    expect(told.json.data.count).toBeGreaterThan(0);
    expect((await done('admit')).admitted_at).not.toBeNull();
    await anteroom.testDatabase.query(
      `update appointments set status = 'in_progress', session_started_at = domain_now() where id = $1`,
      [id],
    );
    expect((await done('end')).status).toBe('completed');
    const settled = await done('outcome', { outcome: 'done', notes: 'Ada was kind' });
    expect(settled).toMatchObject({ outcome: 'done', notes: 'Ada was kind' });
    expect(await done('outcome', { notes: null })).toMatchObject({ outcome: 'done', notes: null });
    const { json } = await administrator.call('GET', ofOne(id, 'events'));
    expect(json.data.map(({ type }: { type: string }) => type)).toEqual(
      ['scheduled', 'arrived', 'told', 'admitted', 'completed', 'settled', 'settled'].map(
        (type) => `appointment.${type}`,
      ),
    );
    expect(JSON.stringify(json.data)).not.toContain('Ada');
    expect(
      json.data.slice(1).every(({ actor }: { actor: { id: string } }) => actor.id === agentId),
    ).toBe(true);
  });

  it('tells one who waits, and only those who wait in one’s departments', async () => {
    const [mine, others] = [await schedule(), await schedule({ department_id: 2 })];
    for (const { id } of [mine, others]) await administrator.call('POST', ofOne(id, 'arrive'));
    await agent.call('POST', '/portal/api/messages', { kind: 'soon' });
    const messages = await anteroom.testDatabase.query<{ id: string; message: object }>(
      'select id, waiting_message as message from appointments where id = any($1)',
      [[mine.id, others.id]],
    );
    const of = (id: string) => messages.find((row) => row.id === id)?.message;
    expect(of(mine.id)).toEqual({
      kind: 'soon',
      minutes: null,
      at: expect.stringMatching(/^2030-.*\.\d{6}Z$/),
    });
    expect(of(others.id)).toBeNull();
    const foreign = { kind: 'soon', appointment_id: others.id };
    expect((await agent.call('POST', '/portal/api/messages', foreign)).status).toBe(404);
    const own = await agent.call('POST', '/portal/api/messages', {
      kind: 'soon',
      appointment_id: mine.id,
    });
    expect(own.json.data.count).toBe(1);
  });

  it('marks a no-show, and corrects it with a reason, before and after the room has closed', async () => {
    const [early, late] = [await schedule(), await schedule()];
    expect((await agent.call('POST', ofOne(early.id, 'mark-no-show'))).status).toBe(409);
    await anteroom.setClock(at(15));
    for (const { id } of [early, late]) {
      const marked = await agent.call('POST', ofOne(id, 'mark-no-show'));
      expect(marked.json.data.status).toBe('no_show');
    }
    expect((await agent.call('POST', ofOne(early.id, 'correct'), {})).status).toBe(409);
    const reason = { reason: 'The bus was late' };
    const corrected = await agent.call('POST', ofOne(early.id, 'correct'), reason);
    expect(corrected.json.data.status).toBe('scheduled');
    await anteroom.setClock('2030-07-02T00:00:00Z');
    const afterwards = await agent.call('POST', ofOne(late.id, 'correct'), reason);
    expect(afterwards.json.data).toMatchObject({
      status: 'cancelled',
      cancellation_reason: 'corrected',
    });
  });

  describe('gives an appointment to an agent', () => {
    const assign = (page: Page, id: string, agent_id: string | null) =>
      page.call('POST', ofOne(id, 'assign'), { agent_id });

    it('who works there and takes calls, and takes it back', async () => {
      const { id } = await schedule({ appointment_at: at(600) });
      const assigned = await assign(scheduler, id, agentId);
      expect(assigned.json.data.agent).toEqual({ id: agentId, name: 'The agent' });
      expect((await assign(scheduler, id, agentId)).json.data.version).toBe(2);
      expect((await assign(scheduler, id, null)).json.data.agent).toBeNull();
      expect(await typesOf(id)).toEqual(['scheduled', 'assigned', 'assigned']);
      const foreign = await makeStaff(anteroom, anteroom.organisations[1], 'agent');
      const noAgent = await makeStaff(anteroom, anteroom.organisations[0], 'scheduler', [1]);
      for (const nobody of [foreign.id, noAgent.id, id]) {
        const refused = await assign(scheduler, id, nobody);
        expect(refused.json.errors).toHaveProperty('agent_id');
      }
      const others = await schedule({ department_id: 2, appointment_at: at(600) });
      expect((await assign(administrator, others.id, agentId)).status).toBe(422);
    });

    it('who has one at a time: of 40 that overlap and race, exactly one (T15)', async () => {
      const ids: string[] = [];
      for (let time = 0; time < 40; time++) {
        ids.push((await schedule({ appointment_at: at(1_000 + (time % 3) * 10) })).id);
      }
      const answers = await Promise.all(ids.map((id) => assign(scheduler, id, agentId)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 422)).toHaveLength(39);
      const winner = ids[answers.findIndex(({ status }) => status === 200)] as string;
      // One that follows at once does not overlap; one that is cancelled is in nobody’s way.
      const next = await schedule({ appointment_at: at(1_050) });
      expect((await assign(scheduler, next.id, agentId)).status).toBe(200);
      const moved = await scheduler.call('PATCH', ofOne(next.id), { appointment_at: at(1_005) });
      expect(moved.status).toBe(422);
      expect(moved.json.errors).toHaveProperty('appointment_at');
      await scheduler.call('POST', ofOne(winner, 'cancel'), { reason: 'No longer needed' });
      const other = ids.find((id) => id !== winner) as string;
      expect((await assign(scheduler, other, agentId)).status).toBe(200);
    });
  });

  it('keeps the time of a no-show for its agent, since it may be taken back', async () => {
    const [absent, other] = [await schedule(), await schedule()];
    const assign = (id: string) =>
      scheduler.call('POST', ofOne(id, 'assign'), { agent_id: agentId });
    expect((await assign(absent.id)).status).toBe(200);
    await anteroom.setClock(at(15));
    await agent.call('POST', ofOne(absent.id, 'mark-no-show'));
    expect((await assign(other.id)).status).toBe(422);
    const corrected = await agent.call('POST', ofOne(absent.id, 'correct'), {
      reason: 'Here after all',
    });
    expect(corrected.json.data).toMatchObject({ status: 'scheduled', agent: { id: agentId } });
    await scheduler.call('POST', ofOne(absent.id, 'assign'), { agent_id: null });
  });

  it('makes a practice appointment, to which the claimant comes by a real link', async () => {
    const { json } = await agent.call('POST', '/portal/api/practice');
    const { appointment, claimant_link: link } = json.data;
    expect(appointment).toMatchObject({
      is_practice: true,
      status: 'scheduled',
      department: { id: 1 },
    });
    const claimant = openPage(anteroom);
    await claimant.call('POST', '/client-web/api/session', linkOf(link));
    const arrived = await claimant.call('POST', '/client-web/api/visit/arrive');
    expect(arrived.json.data).toMatchObject({ is_practice: true, status: 'waiting' });
    expect((await agent.call('POST', ofOne(appointment.id, 'admit'))).status).toBe(200);
  });

  it('asks a practice person nothing that the organisation asks of real ones', async () => {
    const [, theirs] = anteroom.organisations;
    const page = await signIn(anteroom, (await makeStaff(anteroom, theirs)).email);
    await anteroom.testDatabase.query(
      `insert into custom_fields (organisation_id, id, name, type, is_required, choices, position)
       values ($1, 1, 'Case', 'text', true, '{}', 1)`,
      [theirs.id],
    );
    await eventually(async () => {
      const body = appointmentBody({ appointment_at: noon });
      return (
        (await anteroom.call('POST', '/api/v1/appointments', { body, as: theirs })).status === 422
      );
    });
    expect((await page.call('POST', '/portal/api/practice')).status).toBe(200);
  });

  it('gives links to who schedules, and not to who only takes calls', async () => {
    const { id } = await schedule();
    const { json } = await scheduler.call('GET', ofOne(id, 'links'));
    expect(json.data.entry_code.text).toMatch(/^\w{10}$/);
    expect(json.data.host_link).toBeNull();
    expect(
      (await administrator.call('GET', ofOne(id, 'links'))).json.data.host_link,
    ).not.toBeNull();
    expect((await agent.call('GET', ofOne(id, 'links'))).status).toBe(403);
  });
});
