import {
  claimantCancelRequest,
  deviceCheck,
  one,
  receiptAnswer,
  ticketAnswer,
  type Visit,
  visit,
  visitRequest,
} from '@anteroom/contract';
import type { FastifyRequest } from 'fastify';
import {
  authenticateVisitor,
  type Found,
  guardPages,
  type OrganisationOfHost,
  type Staff,
  setCookie,
  type VisitSessions,
} from '../access/index.ts';
import {
  type AppointmentRow,
  arrive,
  cancel,
  isFinal,
  knock,
  leave,
  noteDeviceCheck,
  readAppointment,
  wantCallBack,
} from '../appointments/index.ts';
import { issueTicket } from '../calls/index.ts';
import type { Organisations } from '../organisation/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';
import type { Http } from '../platform/http/route.ts';
import { calendarForClaimant } from './calendar.ts';
import { receiptOf } from './receipt.ts';
import { unverifiedVisit, visitOf } from './visit.ts';

export interface ClaimantOptions {
  database: Database;
  organisations: Organisations;
  staff: Staff;
  clock: Clock;
  visits: VisitSessions;
  pageOwner: OrganisationOfHost;
}

const path = '/client-web/api';
const claimant = { kind: 'claimant' as const };
const oneVisit = { 200: one(visit) };

/** What the claimant's pages ask for (contract section 3); who asks is known by their cookie. */
export function claimantRoutes(options: ClaimantOptions) {
  const { database, organisations, clock, visits, pageOwner } = options;

  async function show(row: AppointmentRow, organisationId: string): Promise<{ data: Visit }> {
    const [organisation, staff, now] = await Promise.all([
      organisations.find(organisationId),
      options.staff.of(organisationId),
      clock.now(),
    ]);
    return { data: visitOf(row, organisation, staff, now) };
  }

  const showFound = async ({ organisationId, appointmentId }: Found) =>
    show(await readAppointment(database.in(organisationId), appointmentId), organisationId);

  async function showUnverified(request: FastifyRequest): Promise<{ data: Visit }> {
    const owner = await pageOwner(request.host);
    const organisation = owner === null ? null : await organisations.find(owner);
    return { data: unverifiedVisit(organisation, await clock.now()) };
  }

  /** The appointment of whoever asks; throws `not_permitted`. */
  function verified({ visitor }: FastifyRequest) {
    if (!visitor.isVerified) {
      throw refuse('not_permitted', {
        message: 'We do not know yet who you are. Open the whole link, or knock.',
      });
    }
    const { organisationId, appointmentId: id, sessionId } = visitor;
    return { organisationId, id, sessionId, database: database.in(organisationId) };
  }

  /** Does a command to the appointment of whoever asks and answers how it then is. */
  async function change(
    request: FastifyRequest,
    command: (asked: ReturnType<typeof verified>) => Promise<AppointmentRow>,
  ) {
    const asked = verified(request);
    return show(await command(asked), asked.organisationId);
  }

  return async (app: Http): Promise<void> => {
    guardPages(app);

    app.post(
      `${path}/session`,
      { schema: { body: visitRequest, response: oneVisit } },
      async (request, reply) => {
        const { reference = null, token = null, entry_code: entryCode = null } = request.body;
        const link = { reference, token, entryCode };
        const opened = await visits.open(link, await pageOwner(request.host), request.ip);
        setCookie(request, reply, 'visit', opened.session);
        if (!opened.found) return showUnverified(request);
        const shown = await showFound(opened.found);
        // Who holds a link that opens nothing any more is told so, and nothing personal.
        return opened.found.isOpen ? shown : { data: { ...shown.data, claimant: null } };
      },
    );

    await app.register(async (visiting: Http) => {
      visiting.addHook('onRequest', authenticateVisitor(visits, pageOwner));

      visiting.get(`${path}/visit`, { schema: { response: oneVisit } }, async (request) => {
        const { visitor } = request;
        return visitor.isVerified ? showFound(visitor) : showUnverified(request);
      });

      visiting.post(`${path}/visit/arrive`, { schema: { response: oneVisit } }, async (request) =>
        change(request, ({ database, id }) => arrive(database, claimant, { id })),
      );

      visiting.post(`${path}/visit/leave`, { schema: { response: oneVisit } }, async (request) =>
        change(request, ({ database, id }) => leave(database, claimant, { id })),
      );

      visiting.post(
        `${path}/visit/cancel`,
        { schema: { body: claimantCancelRequest, response: oneVisit } },
        async (request) => {
          const reason = request.body.cancellation_reason ?? null;
          return change(request, ({ database, id }) =>
            cancel(database, claimant, { id }, [reason]),
          );
        },
      );

      visiting.post(
        `${path}/visit/device-check`,
        { schema: { body: deviceCheck, response: oneVisit } },
        async (request) =>
          change(request, ({ database, id }) => noteDeviceCheck(database, { id }, request.body)),
      );

      visiting.post(
        `${path}/visit/call-back`,
        { schema: { response: oneVisit } },
        async (request) =>
          change(request, ({ database, id }) => wantCallBack(database, claimant, { id })),
      );

      visiting.post(`${path}/visit/knock`, { schema: { response: oneVisit } }, async (request) => {
        const { visitor } = request;
        if (visitor.isVerified) return showFound(visitor);
        await visits.knock(visitor.door, await pageOwner(request.host), request.ip, (found) =>
          knock(database.in(found.organisationId), claimant, { id: found.appointmentId }, [
            visitor.door.knockerHash,
          ]),
        );
        return showUnverified(request);
      });

      visiting.get(`${path}/visit/calendar.ics`, async (request, reply) => {
        const asked = verified(request);
        const row = await readAppointment(asked.database, asked.id);
        const organisation = await organisations.find(asked.organisationId);
        return reply
          .type('text/calendar; charset=utf-8')
          .header('content-disposition', 'attachment; filename="appointment.ics"')
          .send(calendarForClaimant(row, organisation));
      });

      visiting.get(
        `${path}/visit/events`,
        { schema: { response: { 200: receiptAnswer } } },
        async (request) => {
          const asked = verified(request);
          return { data: await receiptOf(asked.database, asked.id) };
        },
      );

      visiting.post(
        `${path}/visit/ticket`,
        { schema: { response: { 200: one(ticketAnswer) } } },
        async (request) => {
          const asked = verified(request);
          const row = await readAppointment(asked.database, asked.id);
          if (isFinal(row.status)) {
            throw refuse('transition_not_allowed', { message: 'This appointment is over.' });
          }
          const data = await issueTicket(asked.database, {
            kind: 'room',
            appointmentId: asked.id,
            role: 'claimant',
            personId: asked.sessionId,
            name: row.claimant_name,
            sessionId: asked.sessionId,
          });
          return { data };
        },
      );
    });
  };
}
