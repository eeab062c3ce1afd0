import { clockAnswer, moveClockExample, moveClockRequest, one } from '@anteroom/contract';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';
import type { Http } from '../platform/http/route.ts';
import { answerOnce, repeatableOf, send } from '../platform/idempotency.ts';
import { moveSandboxClock } from '../platform/installation.ts';
import { sweepAppointments } from './sweep.ts';

/**
 * The clock of a sandbox. Mount it behind `authenticate`, and nowhere else than in a sandbox: it
 * moves the time of every organisation.
 */
export function sandboxRoutes({ database, clock }: { database: Database; clock: Clock }) {
  return async (app: Http): Promise<void> => {
    app.post(
      '/api/v1/sandbox/clock',
      {
        schema: { body: moveClockRequest, response: { 200: one(clockAnswer) } },
        config: {
          scope: 'clients:manage',
          operation: 'Move the sandbox’s clock',
          description:
            'Only in a sandbox; elsewhere the address is not found. Forward only, to an instant or by minutes, for all organisations of the installation. What is due by then has happened when the answer comes.',
          refusals: ['not_found'],
          examples: { request: moveClockExample },
        },
      },
      async (request, reply) => {
        const { organisationId, clientId } = request.caller;
        const repeatable = repeatableOf(request, clientId, '');
        const answer = await answerOnce(database.in(organisationId), repeatable, async (runner) => {
          const data = { clock_at: await moveSandboxClock(runner, request.body) };
          return { status: 200, headers: {}, body: JSON.stringify({ data }) };
        });
        await sweepAppointments(database);
        return send(reply.header('sandbox-clock', await clock.now()), answer);
      },
    );
  };
}
