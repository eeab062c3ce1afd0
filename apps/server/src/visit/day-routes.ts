import { randomBytes } from 'node:crypto';
import {
  dayAnswer,
  dayRequest,
  daySearchRequest,
  one,
  practiceAnswer,
  ticketAnswer,
  waitingMessageRequest,
} from '@anteroom/contract';
import { authenticateStaff, guardPages, isInScope, isPermitted } from '../access/index.ts';
import {
  type AppointmentRow,
  claimantLink,
  readDay,
  schedule,
  searchPage,
  tell,
  tellWaiting,
} from '../appointments/index.ts';
import { issueTicket } from '../calls/index.ts';
import type { Http } from '../platform/http/route.ts';
import { openPortal, ownOf, type PortalOptions } from './portal.ts';

const path = '/portal/api';
/** Pages show a search whole; who finds more says more. */
const mostFound = 100;

/** What *Today* asks for, in the departments of whoever asks. */
export function dayRoutes(options: PortalOptions) {
  const { clock } = options;
  const { asked } = openPortal(options);

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
        const { staff, organisation, show } = context;
        // Nobody is asked what the organisation asks about real people.
        const seen = { ...context.view, organisation: { ...organisation, customFields: [] } };
        let made: AppointmentRow | undefined;
        await schedule(
          {
            ...options,
            ...context,
            view: seen,
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
  };
}
