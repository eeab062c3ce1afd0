// The model's deeds, done to the real server and its database.

import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '@anteroom/contract';
import { viewOf } from '../../src/appointments/answer.ts';
import { cancelClosed } from '../../src/appointments/cancel.ts';
import { endAbandoned, endDeserted } from '../../src/appointments/end.ts';
import {
  admit,
  arrive,
  cancel,
  correct,
  correctClosed,
  end,
  hold,
  leave,
  markNoShow,
  putBack,
  resume,
  start,
  sweepAppointments,
} from '../../src/appointments/index.ts';
import { markNoShowClosed } from '../../src/appointments/mark-no-show.ts';
import { patch } from '../../src/appointments/patch.ts';
import { connect, disconnect, sweepConnections } from '../../src/calls/index.ts';
import {
  type OrganisationDatabase,
  type Runner,
  unnamed,
} from '../../src/platform/database/index.ts';
import { Refusal } from '../../src/platform/errors.ts';
import { appointmentBody, startTestServer, type TestServer } from '../harness.ts';
import type { CommandName } from './model.ts';
import { clockAfter, type Deed, type Stand } from './walk.ts';

const commands = {
  arrive,
  leave,
  admit,
  start,
  hold,
  resume,
  putBack,
  end,
  endDeserted,
  endAbandoned,
  cancel,
  cancelClosed,
  markNoShow,
  markNoShowClosed,
  correct,
  correctClosed,
} satisfies Record<CommandName, unknown>;

const takesReason: readonly CommandName[] = ['cancel', 'correct', 'correctClosed'];

/** Processes that hold connections: one beats for ever, the other is gone. */
export const lastingProcess = randomUUID();
const deadProcess = randomUUID();
const connectionOf = (lasts: boolean) => ({
  processId: lasts ? lastingProcess : deadProcess,
  number: 1,
});

const iso = (time: number) => new Date(time).toISOString();

/** A server whose sandbox stands at the first appointment's making. */
export async function openStage({ now }: Stand): Promise<TestServer> {
  const anteroom = await startTestServer({ sandboxAt: iso(now) });
  await anteroom.testDatabase.query(
    `insert into heartbeats (process_id, beat_at) values ($1, now() + interval '1 year')`,
    [lastingProcess],
  );
  return anteroom;
}

/** Makes the appointment of this stand through the API; answers its id. */
export async function make(anteroom: TestServer, { now, appointment }: Stand): Promise<string> {
  await anteroom.setClock(iso(now));
  const answer = await anteroom.call('POST', '/api/v1/appointments', {
    body: appointmentBody({
      appointment_at: iso(appointment.startsAt),
      duration_in_minutes: appointment.minutes,
      claimant: { name: appointment.name },
    }),
  });
  if (answer.status !== 201) throw new Error(`the appointment was not made: ${answer.text}`);
  return answer.json.data.id;
}

export type Answered = 'ok' | ErrorCode;

async function answerOf(work: Promise<unknown>): Promise<Answered> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const fieldsOf = ({ action, startsAt }: Deed) => {
  if (action.does !== 'patch') throw new Error('this is no PATCH');
  return {
    ...(action.name === undefined ? {} : { claimant: { name: action.name } }),
    ...(action.minutes === undefined ? {} : { duration_in_minutes: action.minutes }),
    ...(action.movesBy === undefined ? {} : { appointment_at: iso(startsAt) }),
    ...(action.status === undefined ? {} : { status: action.status }),
  };
};

/** The deed itself, on this runner: a command, a PATCH or a connection. */
export async function doIn(
  runner: OrganisationDatabase,
  organisationId: string,
  id: string,
  deed: Deed,
): Promise<Answered> {
  const { action, version } = deed;
  if (action.does === 'command') {
    const values = takesReason.includes(action.name) ? [action.reason] : [];
    return answerOf(commands[action.name](runner, { kind: action.by }, { id, version }, values));
  }
  if (action.does !== 'patch') throw new Error(`${action.does} is no command`);
  const organisation = {
    id: organisationId,
    name: 'Organisation',
    publicUrl: 'https://visits.example.org',
    country: 'GB',
    timeZone: 'Europe/London',
    features: {},
    departments: [],
    customFields: [],
    redirectHosts: [],
    phoneNumber: null,
    privacyUrl: null,
    accessibilityUrl: null,
    colour: null,
    agentIds: [],
  };
  const caller = { organisationId, clientId: 'a client', scopes: new Set<never>() };
  const actor = { kind: 'api', id: 'a client' } as const;
  const context = {
    view: viewOf(caller, organisation, {}),
    actor,
    faults: null,
    now: '2030-01-01T00:00:00.000000Z',
  };
  return answerOf(patch(runner, context, { id, version }, fieldsOf(deed)));
}

const ifMatch = (version: number | null): Record<string, string> =>
  version === null ? {} : { 'if-match': `"${version}"` };

/** Does the deed as whoever it is would: the API's commands over HTTP, all else in the program. */
export async function perform(
  anteroom: TestServer,
  id: string,
  deed: Deed,
  before: Stand,
): Promise<Answered> {
  const organisationId = anteroom.organisations[0].id;
  const database = anteroom.database.in(organisationId);
  const { action, version } = deed;
  switch (action.does) {
    case 'wait':
    case 'waitFor':
      await anteroom.setClock(iso(clockAfter(deed, before)));
      return 'ok';
    case 'sweep':
      await sweepConnections(anteroom.database);
      await sweepAppointments(anteroom.database);
      return 'ok';
    case 'connect':
      await connect(database, action.side, id, connectionOf(action.lasts));
      return 'ok';
    case 'disconnect': {
      const { revision, [action.side]: presence } = before.appointment;
      await disconnect(database, action.side, id, revision, connectionOf(presence.lasts));
      return 'ok';
    }
    case 'patch':
      return callFor(anteroom, 'PATCH', `/api/v1/appointments/${id}`, fieldsOf(deed), version);
    case 'rotate':
      return callFor(anteroom, 'POST', `/api/v1/appointments/${id}/links/rotate`, {}, version);
    default:
      if (action.name === 'cancel' && action.by === 'api') {
        const body = { cancellation_reason: action.reason };
        return callFor(anteroom, 'POST', `/api/v1/appointments/${id}/cancel`, body, version);
      }
      return doIn(database, organisationId, id, deed);
  }
}

async function callFor(
  anteroom: TestServer,
  method: string,
  path: string,
  body: object,
  version: number | null,
): Promise<Answered> {
  const answer = await anteroom.call(method, path, { body, headers: ifMatch(version) });
  return answer.status === 200 ? 'ok' : answer.json.code;
}

const savepoint = unnamed('savepoint attempt');
const goBack = unnamed('rollback to savepoint attempt');

/** Does the work inside this transaction, and undoes it when it fails. */
async function nested<Result>(transaction: Runner, work: (runner: Runner) => Promise<Result>) {
  await transaction.one(savepoint, []);
  try {
    return await work(transaction);
  } catch (error) {
    await transaction.one(goBack, []);
    throw error;
  }
}

/** A transaction in which things are tried, and undone one by one. */
export interface Trial extends OrganisationDatabase {
  undo<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Does the work in a transaction of the organisation, and leaves nothing of what it did. */
export async function tentatively(
  anteroom: TestServer,
  work: (trial: Trial) => Promise<void>,
): Promise<void> {
  const undone = new Error('undone');
  await anteroom.database
    .in(anteroom.organisations[0].id)
    .transaction(async (transaction) => {
      await work({
        ...transaction,
        transaction: (inner) => nested(transaction, inner),
        async undo(attempt) {
          await transaction.one(savepoint, []);
          const result = await attempt();
          await transaction.one(goBack, []);
          return result;
        },
      });
      throw undone;
    })
    .catch((error) => {
      if (error !== undone) throw error;
    });
}
