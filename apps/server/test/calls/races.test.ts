import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancel, leave } from '../../src/appointments/index.ts';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import { joinRoom, type Page, type Scheduled, scheduleArrived } from './pages.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

const rounds = 15;
const door = ({ organisation }: Scheduled) => anteroom.database.in(organisation.id);

interface Stage {
  appointment: Scheduled;
  claimant: Page;
  agent: Page;
  colleague: Page;
}

/** One claimant and two agents; with media flowing where a call is to start at once. */
async function open(withMedia = true): Promise<Stage> {
  const appointment = await scheduleArrived(anteroom);
  const claimant = await joinRoom(anteroom, appointment, 'claimant');
  const agent = await joinRoom(anteroom, appointment, 'agent');
  const colleague = await joinRoom(anteroom, appointment, 'agent');
  if (withMedia)
    for (const page of [claimant, agent]) page.say({ type: 'media', is_connected: true });
  return { appointment, claimant, agent, colleague };
}

async function inCall(): Promise<Stage> {
  const stage = await open();
  await stage.agent.ask({ type: 'admit', ref: 100 });
  await eventually(() => stage.claimant.room().status === 'in_progress');
  return stage;
}

/** All pages come to show what the database holds, with as many events as it has versions. */
async function expectAgreement({ appointment, claimant, agent, colleague }: Stage) {
  let row: Record<string, unknown> | undefined;
  await eventually(async () => {
    [row] = await anteroom.testDatabase.query(
      `select status, revision, version, (select count(*)::integer from events e
         where e.appointment_id = a.id) as events from appointments a where id = $1`,
      [appointment.id],
    );
    return [claimant, agent, colleague].every(
      (page) => page.room().status === row?.status && page.room().revision === row?.revision,
    );
  });
  expect(row?.version).toBe(row?.events);
  return row?.status;
}

const settled = (work: Promise<unknown>[]) => Promise.allSettled(work);

describe('at the same moment', () => {
  it('two agents let the claimant in: once, and both are told so', async () => {
    for (let round = 0; round < rounds; round++) {
      const stage = await open();
      const answers = await Promise.all([
        stage.agent.ask({ type: 'admit', ref: 1 }),
        stage.colleague.ask({ type: 'admit', ref: 2 }),
      ]);
      expect(answers.map((answer) => answer?.type)).toEqual(['done', 'done']);
      await eventually(() => stage.claimant.room().status === 'in_progress');
      expect(await expectAgreement(stage)).toBe('in_progress');
      const events = await anteroom.testDatabase.query(
        `select type from events where appointment_id = $1 and type = 'appointment.admitted'`,
        [stage.appointment.id],
      );
      expect(events).toHaveLength(1);
    }
  });

  it('the claimant cancels or leaves while the agent lets them in: one outcome', async () => {
    for (let round = 0; round < rounds; round++) {
      const stage = await open();
      const goes = round % 2 === 0 ? cancel : leave;
      await settled([
        stage.agent.ask({ type: 'admit', ref: 1 }),
        goes(door(stage.appointment), { kind: 'claimant' }, { id: stage.appointment.id }, [null]),
      ]);
      const status = await expectAgreement(stage);
      expect(['cancelled', 'scheduled', 'in_progress']).toContain(status);
    }
  });

  it('one agent ends while the other holds, resumes or puts back: one outcome', async () => {
    for (let round = 0; round < rounds; round++) {
      const stage = await inCall();
      const other = (['hold', 'resume', 'put_back'] as const)[round % 3] ?? 'hold';
      await settled([
        stage.agent.ask({ type: 'end', ref: 1 }),
        stage.colleague.ask(
          other === 'hold' ? { type: other, reason: null, ref: 2 } : { type: other, ref: 2 },
        ),
      ]);
      expect(await expectAgreement(stage)).toBe('completed');
    }
  });

  it('the appointment is moved while the agent lets the claimant in: one outcome', async () => {
    for (let round = 0; round < rounds; round++) {
      const stage = await open();
      await settled([
        stage.agent.ask({ type: 'admit', ref: 1 }),
        anteroom.call('PATCH', `/api/v1/appointments/${stage.appointment.id}`, {
          body: { appointment_at: new Date(Date.now() + 7_200_000).toISOString() },
        }),
      ]);
      const status = await expectAgreement(stage);
      expect(['scheduled', 'in_progress']).toContain(status);
    }
  });

  it('everyone leaves and comes back: presence in the database is as the room has it', async () => {
    for (let round = 0; round < rounds; round++) {
      const stage = await inCall();
      await stage.claimant.close();
      const again = await joinRoom(anteroom, stage.appointment, 'claimant');
      again.say({ type: 'media', is_connected: true });
      stage.agent.say({ type: 'media', is_connected: round % 2 === 0 });
      await eventually(async () => {
        const [call] = await anteroom.testDatabase.query<Record<string, boolean>>(
          `select agent_left_at is null as agent, claimant_left_at is null as claimant
           from calls where appointment_id = $1`,
          [stage.appointment.id],
        );
        return call?.claimant === true && call.agent === (round % 2 === 0);
      });
      await again.close();
      await stage.agent.close();
      await stage.colleague.close();
    }
  });
});
