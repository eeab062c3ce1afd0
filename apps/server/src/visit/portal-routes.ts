import { type KeyObject, randomBytes } from 'node:crypto';
import {
  assignRequest,
  changeRequest,
  dayAnswer,
  dayAppointment,
  dayRequest,
  daySearchRequest,
  eventsRequest,
  one,
  outcomeRequest,
  practiceAnswer,
  reasonRequest,
  scheduleRequest,
  ticketAnswer,
  waitingMessageRequest,
} from '@anteroom/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import {
  authenticateStaff,
  guardPages,
  isInScope,
  isPermitted,
  type OrganisationOfHost,
  type Staff,
  type StaffMember,
  type StaffSessions,
  type VisitSessions,
} from '../access/index.ts';
import {
  type AppointmentRow,
  admit,
  answerLinks,
  arrive,
  assign,
  cancel,
  claimantLink,
  correct,
  correctClosed,
  dayAppointmentOf,
  end,
  idOf,
  markNoShow,
  patch,
  readAppointment,
  readDay,
  readEvents,
  schedule,
  searchPage,
  sendAgain,
  settle,
  type Target,
  targetOf,
  tell,
  tellWaiting,
  view,
  vouch,
} from '../appointments/index.ts';
import { issueTicket, startIfReady } from '../calls/index.ts';
import type { Organisations } from '../organisation/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, OrganisationDatabase } from '../platform/database/index.ts';
import { refuse, refuseFaults } from '../platform/errors.ts';
import type { Http } from '../platform/http/route.ts';
import { repeatableOf, send } from '../platform/idempotency.ts';

export interface PortalOptions {
  database: Database;
  organisations: Organisations;
  staff: Staff;
  clock: Clock;
  roomKeySecret: KeyObject;
  sessions: StaffSessions;
  visits: VisitSessions;
  pageOwner: OrganisationOfHost;
}

const path = '/portal/api';
const ofOne = `${path}/appointments/:id`;
const oneAppointment = { 200: one(dayAppointment) };
const idParams = Type.Object({ id: Type.String({ maxLength: 200 }) });
/** Pages show a search whole; who finds more says more. */
const mostFound = 100;
const mostEvents = 1_000;

/**
 * What the portal asks for. Every appointment is in the scope of whoever asks, or not found: another
 * department's like another organisation's.
 */
export function portalRoutes(options: PortalOptions) {
  const { organisations, clock } = options;

  /** What every handler needs to know of whoever asks. */
  async function asked(request: FastifyRequest) {
    const { staff } = request;
    const database = options.database.in(staff.organisationId);
    const [organisation, everybody] = await Promise.all([
      organisations.find(staff.organisationId),
      options.staff.of(staff.organisationId),
    ]);
    return {
      staff,
      database,
      organisation,
      everybody,
      actor: { kind: 'agent' as const, id: staff.id },
      scope: staff.departmentIds,
      show: (row: AppointmentRow) => dayAppointmentOf(row, organisation, everybody),
      view: {
        organisation,
        seesClaimantToken: true,
        seesHostKey: isPermitted(staff.role, 'calls:take'),
        includesExtensions: false,
      },
    };
  }

  type Asked = Awaited<ReturnType<typeof asked>>;

  /** The appointment that the address names; throws `not_found` where it is none of theirs. */
  async function ownOf({ database, staff }: Asked, id: string): Promise<AppointmentRow> {
    const row = await readAppointment(database, id);
    const isAnothers = staff.hostOf !== null && staff.hostOf !== id;
    if (isAnothers || !isInScope(staff, row.department_id)) throw refuse('not_found');
    return row;
  }

  /** Does a command to the appointment that the address names and answers how it then is. */
  async function change(
    request: FastifyRequest,
    reply: FastifyReply,
    command: (asked: Asked, target: Target, row: AppointmentRow) => Promise<AppointmentRow>,
  ) {
    const context = await asked(request);
    const target = targetOf(request);
    const row = await command(context, target, await ownOf(context, target.id));
    reply.header('etag', `"${row.version}"`);
    return { data: context.show(row) };
  }

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

  return async (app: Http): Promise<void> => {
    guardPages(app);
    app.addHook(
      'onRequest',
      authenticateStaff(options.sessions, options.visits, options.pageOwner),
    );

    app.get(
      `${path}/day`,
      {
        schema: { querystring: dayRequest, response: { 200: one(dayAnswer) } },
        config: { permission: 'appointments:view' },
      },
      async (request) => {
        const { database, organisation, scope, show } = await asked(request);
        const { date, now, rows } = await readDay(database, organisation, scope, request.query);
        return { data: { date, now, appointments: rows.map(show) } };
      },
    );

    app.post(
      `${path}/search`,
      { schema: { body: daySearchRequest }, config: { permission: 'appointments:view' } },
      async (request) => {
        const { database, organisation, staff, scope, show } = await asked(request);
        // Each department by itself, so that others' appointments crowd out none of theirs.
        const filters = scope?.length ? scope.map((id) => ({ department_id: id })) : [{}];
        const found = await Promise.all(
          filters.map((filter) =>
            searchPage({ database, organisation }, { ...request.body, ...filter }, 1, mostFound),
          ),
        );
        const own = found
          .flatMap(({ rows }) => rows)
          .filter((row) => isInScope(staff, row.department_id));
        return { data: own.map(show) };
      },
    );

    app.get(
      `${path}/departments`,
      { config: { permission: 'appointments:view' } },
      async (request) => {
        const { organisation, staff } = await asked(request);
        const own = organisation.departments.filter(({ id }) => isInScope(staff, id));
        return { data: own.map(({ id, name }) => ({ id, name })) };
      },
    );

    app.get(`${path}/agents`, { config: { permission: 'appointments:view' } }, async (request) => {
      const { everybody, scope } = await asked(request);
      const agents = everybody.filter(
        ({ role, isDisabled, departmentIds }) =>
          !isDisabled &&
          isPermitted(role, 'calls:take') &&
          (scope === null ||
            role === 'customer_administrator' ||
            departmentIds.some((id) => scope.includes(id)) ||
            (scope.length === 0 && departmentIds.length === 0)),
      );
      return { data: agents.map(({ id, name }) => ({ id, name })) };
    });

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
      `${path}/appointments`,
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
        config: { permission: 'appointments:schedule' },
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
          const hasClosed = new Date(row.room_closes_at) <= new Date(now);
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
      `${path}/messages`,
      { schema: { body: waitingMessageRequest }, config: { permission: 'appointments:settle' } },
      async (request) => {
        const context = await asked(request);
        const { database, actor, scope } = context;
        const { kind, minutes = null, appointment_id: id = null } = request.body;
        if (id === null) {
          return { data: { count: await tellWaiting(database, actor, scope, { kind, minutes }) } };
        }
        await ownOf(context, id);
        await tell(database, actor, id, { kind, minutes });
        return { data: { count: 1 } };
      },
    );

    app.post(
      `${path}/practice`,
      {
        schema: { response: { 200: practiceAnswer } },
        config: { permission: 'calls:practise' },
      },
      async (request) => {
        const context = await asked(request);
        const { staff, view: seen, show } = context;
        let made: AppointmentRow | undefined;
        await schedule(
          {
            ...options,
            ...context,
            faults: null,
            repeatable: null,
            answer: (row) => {
              made = row;
              return { status: 200, headers: {}, body: '' };
            },
          },
          {
            reference: `practice-${randomBytes(8).toString('hex')}`,
            appointment_at: await clock.now(),
            duration_in_minutes: 30,
            department_id: staff.departmentIds?.[0] ?? null,
            claimant: { name: 'Practice person' },
            extensions: { practice: true },
          },
        );
        if (!made) throw new Error('the practice appointment was not made');
        return { data: { appointment: show(made), claimant_link: claimantLink(made, seen) } };
      },
    );

    app.post(
      `${path}/ticket`,
      {
        schema: { response: { 200: one(ticketAnswer) } },
        config: { permission: 'appointments:view' },
      },
      async (request) => {
        const { database, staff, scope: departments } = await asked(request);
        const { id: personId, name, sessionId } = staff;
        return {
          data: await issueTicket(database, {
            kind: 'day',
            personId,
            name,
            sessionId,
            departments,
          }),
        };
      },
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
