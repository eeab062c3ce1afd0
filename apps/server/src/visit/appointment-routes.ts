import {
  assignRequest,
  changeRequest,
  dayAppointment,
  eventsRequest,
  one,
  outcomeRequest,
  reasonRequest,
  scheduleRequest,
  ticketAnswer,
} from '@anteroom/contract';
import Type from 'typebox';
import {
  authenticateStaff,
  guardPages,
  isInScope,
  isPermitted,
  type StaffMember,
} from '../access/index.ts';
import {
  type AppointmentRow,
  admit,
  answerLinks,
  arrive,
  assign,
  cancel,
  correct,
  correctClosed,
  end,
  idOf,
  markNoShow,
  patch,
  readAppointment,
  readEvents,
  schedule,
  sendAgain,
  settle,
  view,
  vouch,
} from '../appointments/index.ts';
import { issueTicket, startIfReady } from '../calls/index.ts';
import { isoFromDatabase } from '../platform/clock.ts';
import type { OrganisationDatabase } from '../platform/database/index.ts';
import { refuseFaults } from '../platform/errors.ts';
import type { Http } from '../platform/http/route.ts';
import { repeatableOf, send } from '../platform/idempotency.ts';
import { type Asked, openPortal, ownOf, type PortalOptions } from './portal.ts';

const path = '/portal/api/appointments';
const ofOne = `${path}/:id`;
const oneAppointment = { 200: one(dayAppointment) };
const idParams = Type.Object({ id: Type.String({ maxLength: 200 }) });
const mostEvents = 1_000;

/** Throws `validation_failed` where the department is not one of theirs. */
function requireDepartment({ staff }: Asked, departmentId: number | null): void {
  if (isInScope(staff, departmentId)) return;
  throw refuseFaults({ department_id: ['department_id must be one of your departments.'] });
}

/** Throws `validation_failed` where this is nobody who could take the appointment. */
function requireAgent(everybody: readonly StaffMember[], id: string, row: AppointmentRow): void {
  const agent = everybody.find((member) => member.id === id);
  const departmentIds = agent?.role === 'customer_administrator' ? null : agent?.departmentIds;
  const canTake =
    agent &&
    !agent.isDisabled &&
    isPermitted(agent.role, 'calls:take') &&
    isInScope({ departmentIds: departmentIds ?? null }, row.department_id);
  if (!canTake) {
    throw refuseFaults({
      agent_id: ['agent_id must be somebody who takes calls in this department.'],
    });
  }
}

/**
 * What staff do with one appointment. It is in the scope of whoever asks, or not found: another
 * department's like another organisation's.
 */
export function staffAppointmentRoutes(options: PortalOptions) {
  const { clock } = options;
  const { asked, change } = openPortal(options);

  return async (app: Http): Promise<void> => {
    guardPages(app);
    app.addHook(
      'onRequest',
      authenticateStaff(options.sessions, options.visits, options.pageOwner),
    );

    app.get(
      ofOne,
      {
        schema: { params: idParams, response: oneAppointment },
        config: { permission: 'appointments:view', isForHost: true },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor }, { id }) => view(database, actor, { id })),
    );

    app.get(
      `${ofOne}/events`,
      {
        schema: { params: idParams, querystring: eventsRequest },
        config: { permission: 'appointments:view' },
      },
      async (request) => {
        const context = await asked(request);
        const { id } = await ownOf(context, idOf(request));
        const { items } = await readEvents(context.database, id, 1, mostEvents);
        return { data: items };
      },
    );

    app.get(
      `${ofOne}/links`,
      { schema: { params: idParams }, config: { permission: 'appointments:schedule' } },
      async (request, reply) => {
        const context = await asked(request);
        return send(reply, answerLinks(await ownOf(context, idOf(request)), context.view));
      },
    );

    app.post(
      path,
      {
        schema: { body: scheduleRequest, response: { 201: one(dayAppointment) } },
        config: { permission: 'appointments:schedule', gathersFaults: true },
      },
      async (request, reply) => {
        const context = await asked(request);
        return send(
          reply,
          await schedule(
            {
              ...options,
              ...context,
              faults: request.faults,
              repeatable: repeatableOf(request, context.staff.id, 'portal'),
              answer: (row) => {
                requireDepartment(context, row.department_id);
                const body = JSON.stringify({ data: context.show(row) });
                return { status: 201, headers: { etag: `"${row.version}"` }, body };
              },
            },
            request.body,
          ),
        );
      },
    );

    app.patch(
      ofOne,
      {
        schema: { params: idParams, body: changeRequest, response: oneAppointment },
        config: { permission: 'appointments:schedule', gathersFaults: true },
      },
      async (request, reply) =>
        change(request, reply, async (context, target) => {
          const faults = request.faults;
          const now = await clock.now();
          // Another department's is out of reach from then on, so it is refused within.
          return context.database.transaction(async (transaction) => {
            const within: OrganisationDatabase = {
              ...transaction,
              transaction: (work) => work(transaction),
            };
            const row = await patch(within, { ...context, faults, now }, target, request.body);
            requireDepartment(context, row.department_id);
            return row;
          });
        }),
    );

    app.post(
      `${ofOne}/cancel`,
      {
        schema: { params: idParams, body: reasonRequest, response: oneAppointment },
        config: { permission: 'appointments:settle' },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor }, target) =>
          cancel(database, actor, target, [request.body.reason ?? null]),
        ),
    );

    app.post(
      `${ofOne}/send-again`,
      {
        schema: { params: idParams, response: oneAppointment },
        config: { permission: 'appointments:schedule' },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor }, target) => sendAgain(database, actor, target)),
    );

    app.post(
      `${ofOne}/mark-no-show`,
      {
        schema: { params: idParams, response: oneAppointment },
        config: { permission: 'appointments:settle' },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor }, target) =>
          markNoShow(database, actor, target),
        ),
    );

    app.post(
      `${ofOne}/correct`,
      {
        schema: { params: idParams, body: reasonRequest, response: oneAppointment },
        config: { permission: 'appointments:settle' },
      },
      async (request, reply) =>
        change(request, reply, async ({ database, actor }, target, row) => {
          const now = await clock.now();
          const hasClosed = isoFromDatabase(row.room_closes_at) <= now;
          const command = hasClosed ? correctClosed : correct;
          return command(database, actor, target, [request.body.reason ?? null]);
        }),
    );

    app.post(
      `${ofOne}/arrive`,
      {
        schema: { params: idParams, response: oneAppointment },
        config: { permission: 'appointments:settle' },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor }, { id }) =>
          database.transaction(async (transaction) => {
            await vouch(transaction, actor, { id });
            return arrive(transaction, actor, { id });
          }),
        ),
    );

    app.post(
      `${ofOne}/admit`,
      {
        schema: { params: idParams, response: oneAppointment },
        config: { permission: 'calls:take', isForHost: true },
      },
      async (request, reply) =>
        change(request, reply, async ({ database, actor }, target) => {
          await admit(database, actor, target);
          await startIfReady(database, target.id);
          return readAppointment(database, target.id);
        }),
    );

    app.post(
      `${ofOne}/assign`,
      {
        schema: { params: idParams, body: assignRequest, response: oneAppointment },
        config: { permission: 'appointments:assign' },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor, everybody }, target, row) => {
          const { agent_id: agentId } = request.body;
          if (agentId !== null) requireAgent(everybody, agentId, row);
          return assign(database, actor, target, agentId);
        }),
    );

    app.post(
      `${ofOne}/outcome`,
      {
        schema: { params: idParams, body: outcomeRequest, response: oneAppointment },
        config: { permission: 'appointments:settle', isForHost: true },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor }, target) =>
          settle(database, actor, target, request.body),
        ),
    );

    app.post(
      `${ofOne}/end`,
      {
        schema: { params: idParams, response: oneAppointment },
        config: { permission: 'calls:take', isForHost: true },
      },
      async (request, reply) =>
        change(request, reply, ({ database, actor }, target) => end(database, actor, target)),
    );

    app.post(
      `${ofOne}/ticket`,
      {
        schema: { params: idParams, response: { 200: one(ticketAnswer) } },
        config: { permission: 'calls:take', isForHost: true },
      },
      async (request) => {
        const context = await asked(request);
        const row = await ownOf(context, idOf(request));
        const { staff, organisation } = context;
        const department = organisation.departments.find(({ id }) => id === row.department_id);
        // Claimants see the name that the department chose.
        const name = department?.agentAlias ?? (staff.name || organisation.name);
        return {
          data: await issueTicket(context.database, {
            kind: 'room',
            appointmentId: row.id,
            role: 'agent',
            personId: staff.id,
            name,
            sessionId: staff.sessionId,
          }),
        };
      },
    );
  };
}
