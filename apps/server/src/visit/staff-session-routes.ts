import {
  hostSession,
  hostSessionRequest,
  one,
  type Permission,
  permissions,
  signInRequest,
  staffSession,
} from '@anteroom/contract';
import {
  authenticateStaff,
  guardPages,
  isInScope,
  isPermitted,
  type OrganisationOfHost,
  readCookie,
  type SignedIn,
  type StaffSessions,
  setCookie,
  type VisitSessions,
} from '../access/index.ts';
import type { Organisations } from '../organisation/index.ts';
import type { Clock } from '../platform/clock.ts';
import { refuse } from '../platform/errors.ts';
import type { Http } from '../platform/http/route.ts';

export interface StaffSessionOptions {
  organisations: Organisations;
  clock: Clock;
  sessions: StaffSessions;
  visits: VisitSessions;
  pageOwner: OrganisationOfHost;
  /** Whether claimants are written to. */
  sendsMail: boolean;
}

const path = '/portal/api';

/** Signing in and out, by password or by a host's link, and who is signed in. */
export function staffSessionRoutes(options: StaffSessionOptions) {
  const { sessions, organisations, clock, pageOwner } = options;

  async function show(staff: SignedIn) {
    const organisation = await organisations.find(staff.organisationId);
    const departments = organisation.departments
      .filter(({ id }) => isInScope(staff, id))
      .map(({ id, name }) => ({ id, name }));
    return {
      data: {
        staff: {
          id: staff.id,
          email: staff.email,
          name: staff.name,
          role: staff.role,
          departments,
        },
        permissions: (Object.keys(permissions) as Permission[]).filter((permission) =>
          isPermitted(staff.role, permission),
        ),
        organisation: {
          name: organisation.name,
          time_zone: organisation.timeZone,
          colour: organisation.colour,
        },
        is_sandbox: clock.sandboxAt() !== null,
        sends_mail: options.sendsMail,
        now: await clock.now(),
      },
    };
  }

  return async (app: Http): Promise<void> => {
    guardPages(app);

    app.post(
      `${path}/session`,
      { schema: { body: signInRequest, response: { 200: one(staffSession) } } },
      async (request, reply) => {
        const { email, password } = request.body;
        const organisationId = await pageOwner(request.host);
        const session = await sessions.begin({
          email,
          password,
          organisationId,
          address: request.ip,
        });
        const staff = session && (await sessions.find(session));
        if (!staff) {
          throw refuse('unauthenticated', {
            message: 'The email address or the password is not right.',
          });
        }
        // Whoever was signed in here before no longer is.
        const before = readCookie(request, 'staff');
        const other = before && (await sessions.find(before));
        if (other) await sessions.end(other);
        setCookie(request, reply, 'staff', session);
        return show(staff);
      },
    );

    app.post(
      `${path}/host-session`,
      { schema: { body: hostSessionRequest, response: { 200: one(hostSession) } } },
      async (request, reply) => {
        const { room, room_key: roomKey } = request.body;
        const owner = await pageOwner(request.host);
        const opened = await options.visits.openAsHost(room.toLowerCase(), roomKey, owner);
        if (!opened) {
          throw refuse('unauthenticated', {
            message: 'This link does not open anything any more.',
          });
        }
        setCookie(request, reply, 'host', opened.session);
        const { name } = await organisations.find(opened.organisationId);
        return { data: { appointment_id: opened.appointmentId, organisation: { name } } };
      },
    );

    await app.register(async (signedIn: Http) => {
      signedIn.addHook('onRequest', authenticateStaff(sessions, options.visits, pageOwner));

      signedIn.get(
        `${path}/session`,
        { schema: { response: { 200: one(staffSession) } } },
        async ({ staff }) => show(staff),
      );

      signedIn.delete(`${path}/session`, async (request, reply) => {
        await sessions.end(request.staff);
        setCookie(request, reply, 'staff', null);
        return reply.code(204).send();
      });

      signedIn.delete(`${path}/sessions`, async (request, reply) => {
        await sessions.endAll(request.staff);
        setCookie(request, reply, 'staff', null);
        return reply.code(204).send();
      });
    });
  };
}
