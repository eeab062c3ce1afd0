import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import { joinRoom, type Page, type Scheduled, scheduleArrived } from './pages.ts';

let anteroom: TestServer;
beforeAll(async () => {
  anteroom = await startTestServer();
});
afterAll(() => anteroom.close());

async function statusOf({ id }: Scheduled): Promise<unknown> {
  const [row] = await anteroom.testDatabase.query(
    'select status, session_started_at is not null as has_session from appointments where id = $1',
    [id],
  );
  return row;
}

const offer = (page: Page) =>
  page.heard.findLast((one) => one.type === 'signal')?.description?.sdp ?? null;

describe('a call', () => {
  it('goes from two greetings to a session in the database, in either organisation', async () => {
    for (const organisation of anteroom.organisations) {
      const appointment = await scheduleArrived(anteroom, organisation);
      const claimant = await joinRoom(anteroom, appointment, 'claimant');
      const agent = await joinRoom(anteroom, appointment, 'agent');
      expect(claimant.room().people.map(({ role }) => role)).toEqual(['claimant']);
      await eventually(() => agent.room().people.length === 2);

      // Before the claimant is let in, neither reaches the other.
      agent.say({
        type: 'signal',
        to: claimant.id(),
        description: { type: 'offer', sdp: 'early' },
      });
      claimant.say({
        type: 'signal',
        to: agent.id(),
        description: { type: 'offer', sdp: 'early' },
      });
      claimant.say({ type: 'media', is_connected: true });
      expect(await agent.ask({ type: 'admit', ref: 1 })).toEqual({ type: 'done', ref: 1 });
      await eventually(() => claimant.room().is_admitted && claimant.room().people.length === 2);

      agent.say({ type: 'signal', to: claimant.id(), description: { type: 'offer', sdp: 'o' } });
      await eventually(() => offer(claimant) === 'o');
      claimant.say({ type: 'signal', to: agent.id(), description: { type: 'answer', sdp: 'a' } });
      await eventually(() => offer(agent) === 'a');
      expect(claimant.heard.find((one) => one.type === 'signal')).toMatchObject({
        from: agent.id(),
      });

      agent.say({ type: 'media', is_connected: true });
      await eventually(() => claimant.room().status === 'in_progress');
      await eventually(() => agent.room().status === 'in_progress');
      expect(await statusOf(appointment)).toEqual({ status: 'in_progress', has_session: true });

      expect(await agent.ask({ type: 'hold', reason: 'A colleague', ref: 2 })).toMatchObject({
        type: 'done',
      });
      await eventually(() => claimant.room().status === 'on_hold');
      expect(claimant.room().hold).toMatchObject({ reason: 'A colleague', by: 'Grace' });
      await agent.ask({ type: 'resume', ref: 3 });
      await eventually(() => claimant.room().status === 'in_progress');
      expect(claimant.room().hold).toBe(null);

      await agent.ask({ type: 'end', ref: 4 });
      await eventually(() => claimant.closedWith() === 4002 && agent.closedWith() === 4002);
      expect(claimant.room().status).toBe('completed');
      expect(await statusOf(appointment)).toMatchObject({ status: 'completed' });
    }
  });
});
